/** A contact as the API shows it, for tests of what is printed. */
import type { Contact } from "../../src/api/index.ts";

/** A confirmed, verified contact with nothing special. */
export const shownContact: Contact = {
  account: "b".repeat(52) as Contact["account"],
  name: "bob",
  named: true,
  pairing: "confirmed",
  verified: true,
  blocked: false,
  keyChanged: false,
  online: false,
  recentlySeen: false,
  waiting: 0,
  handle: "bob",
  receipts: true,
  timer: 0,
  policy: "any",
  addedAt: 0,
};
