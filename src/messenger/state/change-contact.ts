/**
 * Changes of contacts, groups and their conversations: committed first, then applied in memory,
 * then reported to listeners.
 */
import { never, SottoError } from "../../base/index.ts";
import type { ContactView } from "../../model/index.ts";
import type { StoreOp } from "../../ports/index.ts";
import type { Contact } from "../model/contact.ts";
import { eraseChain } from "../model/epoch-keys.ts";
import {
  type ConversationChange,
  type ConversationOwner,
  changedBy,
  type GroupOwnerRow,
  type OwnerChange,
  takeUp,
} from "../model/owner.ts";
import type { Peer } from "../model/peer.ts";
import { encodeRow, put, rowKey } from "../model/rows.ts";
import { putContact } from "./contact-store.ts";
import { type Context, withOwnerLock } from "./context.ts";
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
    ...(conversationDiffers({ kind: "contact", owner: peer, next: contact })
      ? [conversationEvent(context, peer)]
      : []),
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
  return withKnownOwner(context, peer, async () => {
    await commitContact(context, peer, change(peer.contact));
    return context.contactStore.view(peer);
  });
}

/** The operation that writes the row of a group. */
export function putGroup(row: GroupOwnerRow): StoreOp {
  return put(rowKey("group", row.ref), encodeRow(row));
}

/** The operation that writes the owner's row; none where it is the same. */
export function changedRow(change: OwnerChange): StoreOp[] {
  switch (change.kind) {
    case "contact":
      return change.next === change.owner.contact ? [] : [putContact(change.next)];
    case "group":
      return change.next === change.owner.row ? [] : [putGroup(change.next)];
    default:
      return never(change);
  }
}

/** What is committed with a change of a conversation. */
export interface MoreChanges {
  /** Rows that are written in the same batch. */
  readonly ops?: readonly StoreOp[];
  /** Applies the rest in memory; called between the commit and the events. */
  readonly applied?: () => void;
}

/** Commits a change of a conversation that changes no message. Requires the owner's lock. */
export async function commitConversation(
  context: Context,
  owner: ConversationOwner,
  next: ConversationChange,
  more: MoreChanges = {},
): Promise<void> {
  const change = changedBy(owner, next);
  switch (change.kind) {
    case "contact":
      return commitContact(context, change.owner, { contact: change.next, events: [], ...more });
    case "group": {
      const { ops = [], applied } = more;
      await context.conversations.load(owner);
      const events = conversationDiffers(change) ? [conversationEvent(context, owner)] : [];
      const tell = await context.eventLog.commit([...changedRow(change), ...ops], events);
      takeUp(change);
      applied?.();
      tell();
      return;
    }
    default:
      never(change);
  }
}

/** Runs a job under the owner's lock. Throws contact-unknown, group-unknown if it was removed. */
export async function withKnownOwner<Result>(
  context: Context,
  owner: ConversationOwner,
  job: () => Promise<Result>,
): Promise<Result> {
  const done = await withOwnerLock(context, owner, async () => ({ result: await job() }));
  if (done === undefined)
    throw owner.kind === "contact"
      ? new SottoError("contact-unknown", "This contact has been removed.")
      : new SottoError("group-unknown", "This group has been removed from this node.");
  return done.result;
}
