/** Laws of names and account ids (docs/SPEC.md, Names). */
import type { Contact } from "../../src/messenger/model/contact.ts";
import type { Court } from "./known.ts";
import type { SimNode } from "./world.ts";

/** Characters of an account id that name its contact. */
const START = 16;

/** An account id, whole or its start, means its account; a name means its contact. */
export function judgeNames(court: Court, node: SimNode): void {
  for (const { account, name, pairing } of node.messenger.contacts()) {
    const means = (who: string, what: string): void => {
      try {
        if (node.messenger.contact(who).account === account) return;
        court.say(node, `${what} means another contact`);
      } catch (error) {
        court.say(node, `${what} means no contact: ${String(error)}`);
      }
    };
    means(account, "an account id");
    if (pairing === "requested") continue;
    means(account.slice(0, START), "the start of an account id");
    means(name, "a name");
  }
}

/** A contact that has a name keeps it: no user renames one in a run. */
export function judgePinned(
  court: Court,
  node: SimNode,
  before: Contact | undefined,
  after: Contact | undefined,
): void {
  if (before?.device === undefined || after === undefined || before.pairing === "requested") return;
  if (after.name !== before.name) court.say(node, "a contact renamed itself");
}
