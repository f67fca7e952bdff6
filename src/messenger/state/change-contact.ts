/** Changes of a contact: committed first, then applied in memory, then reported to listeners. */
import { SottoError } from "../../base/index.ts";
import type { ContactView } from "../../model/index.ts";
import type { StoreOp } from "../../ports/index.ts";
import type { Contact } from "../model/contact.ts";
import { eraseChain } from "../model/epoch-keys.ts";
import type { Peer } from "../model/peer.ts";
import { putContact } from "./contact-store.ts";
import { type Context, withContactLock } from "./context.ts";
import { conversationDiffers } from "./conversations.ts";
import { contactEvent, conversationEvent, type StoreEvent } from "./store-events.ts";

export interface ContactChange {
  readonly contact: Contact;
  /** Rows that are written in the same batch. */
  readonly ops?: readonly StoreOp[];
  /** Absent: `contact.changed`. Empty: no event. */
  readonly events?: readonly StoreEvent[];
  /** The row before holds keys that must be unreadable on the disk from now on. */
  readonly shreds?: true;
  /** Applies the rest in memory; called between the commit and the events. */
  readonly applied?: () => void;
}

/** Commits a change of the contact and takes it up. Requires the contact lock. */
export async function commitContact(
  context: Context,
  peer: Peer,
  { contact: changed, ops = [], events, shreds, applied }: ContactChange,
): Promise<void> {
  const { contactStore, conversations, eventLog } = context;
  // Held at once: the caller has just checked that the name is free.
  const contact = contactStore.names.withHandle(peer, changed);
  const release = contactStore.names.hold(peer, contact);
  const row = shreds ? { ...putContact(contact), shreds } : putContact(contact);
  const told = [
    ...(events ?? [contactEvent(context, peer, contact)]),
    ...(conversationDiffers(peer.contact, contact) ? [conversationEvent(context, peer)] : []),
  ];
  const emit = await conversations
    .load(peer)
    .then(() => eventLog.commit([row, ...ops], told))
    .finally(release);
  const { chain } = peer.contact;
  contactStore.update(peer, contact);
  if (chain !== undefined && chain !== contact.chain) eraseChain(chain);
  applied?.();
  emit();
}

/**
 * Changes a contact under its lock.
 * @returns the contact as it is shown then. Throws contact-unknown if it was removed.
 */
export function changeContact(
  context: Context,
  peer: Peer,
  change: (contact: Contact) => ContactChange,
): Promise<ContactView> {
  return withKnownContact(context, peer, async () => {
    await commitContact(context, peer, change(peer.contact));
    return context.contactStore.view(peer);
  });
}

/** Runs a job under the contact lock. Throws contact-unknown if the contact was removed. */
export async function withKnownContact<Result>(
  context: Context,
  peer: Peer,
  job: () => Promise<Result>,
): Promise<Result> {
  const done = await withContactLock(context, peer, async () => ({ result: await job() }));
  if (done === undefined) throw new SottoError("contact-unknown", "This contact has been removed.");
  return done.result;
}
