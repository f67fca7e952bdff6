/** Sessions of a store that is a copy from before. */
import type { Store } from "../../ports/index.ts";
import type { Contact } from "../model/contact.ts";
import { decodeRow } from "../model/rows.ts";
import { dropSession } from "../state/contact-store.ts";

/**
 * Drops the sessions of all contacts in one commit, so that each is made anew when the contact is next linked. What waits for
 * them is sealed again under the new ones.
 * @returns the number of contacts.
 */
export async function dropSessions(store: Store): Promise<number> {
  const contacts = (await store.all("contact")).map((bytes) => decodeRow<Contact>(bytes));
  await store.commit(contacts.map(({ ref }) => dropSession(ref)));
  return contacts.length;
}
