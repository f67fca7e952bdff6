/** What a user does with conversations: list, mute, pin, archive, mark as unread, and drafts. */
import { fromUtf8, limits, SottoError, utf8 } from "../../base/index.ts";
import type { ConversationView, DraftView } from "../../model/index.ts";
import type { ConversationFilter, ConversationFlags, Draft } from "../model/options.ts";
import {
  type ConversationChange,
  type ConversationOwner,
  conversationOf,
  shownRef,
} from "../model/owner.ts";
import { decodeRow, drop, encodeRow, put } from "../model/rows.ts";
import { commitConversation, withKnownOwner } from "../state/change-contact.ts";
import type { Context } from "../state/context.ts";
import { type DraftRow, draftKey } from "../state/conversations.ts";
import { conversationEvent } from "../state/store-events.ts";

/** See `Messenger.conversation`. */
export async function conversation(
  context: Context,
  owner: ConversationOwner,
): Promise<ConversationView> {
  await context.conversations.load(owner);
  return context.conversations.view(owner);
}

/** See `Messenger.conversations`. */
export async function conversations(
  context: Context,
  { kind, archived }: ConversationFilter,
): Promise<ConversationView[]> {
  const found: ConversationView[] = [];
  for (const owner of context.owners.all()) {
    if (kind !== undefined && kind !== owner.kind) continue;
    if (owner.kind === "contact" && owner.contact.pairing === "requested") continue;
    if (archived !== undefined && archived !== (conversationOf(owner).archived === true)) continue;
    await context.conversations.load(owner);
    if (!owner.removed) found.push(context.conversations.view(owner));
  }
  return found.sort(compareConversations);
}

/** What decides the place of a conversation in a list. */
type Place = Pick<ConversationView, "pinned" | "lastAt" | "ref">;

/** Negative where `a` comes before `b`: pinned ones first, then the newest; none are equal. */
export function compareConversations(a: Place, b: Place): number {
  const order = Number(b.pinned) - Number(a.pinned) || (b.lastAt ?? 0) - (a.lastAt ?? 0);
  return order || (a.ref < b.ref ? -1 : Number(a.ref > b.ref));
}

/** The place as text. It stays where it is, whatever becomes of the conversation. */
export function encodePlace({ pinned, lastAt = 0, ref }: Place): string {
  return `${pinned ? "p" : "-"}.${lastAt}.${ref}`;
}

const PLACE = /^([p-])\.([0-9]{1,16})\.(\S{1,64})$/;

/** Throws `cursor-unknown` where the text is no place. */
export function decodePlace(text: string): Place {
  const [, pinned, lastAt, ref] = PLACE.exec(text) ?? [];
  if (pinned === undefined || lastAt === undefined || ref === undefined)
    throw new SottoError("cursor-unknown", "This is no place in the list of conversations.");
  return { pinned: pinned === "p", lastAt: Number(lastAt), ref };
}

/** See `Messenger.setConversation`. */
export function setConversation(
  context: Context,
  owner: ConversationOwner,
  { muted, pinned, archived }: ConversationFlags,
): Promise<ConversationView> {
  return change(context, owner, (before) => ({
    ...before,
    ...(muted !== undefined && { muted }),
    ...(pinned !== undefined && { pinned }),
    ...(archived !== undefined && { archived }),
  }));
}

/** See `Messenger.markUnread`. */
export function markUnread(context: Context, owner: ConversationOwner): Promise<ConversationView> {
  return change(context, owner, (before) => ({ ...before, markedUnread: true }));
}

function change(
  context: Context,
  owner: ConversationOwner,
  next: ConversationChange,
): Promise<ConversationView> {
  return withKnownOwner(context, owner, async () => {
    await commitConversation(context, owner, next);
    return conversation(context, owner);
  });
}

// Drafts: texts that were not sent yet, encrypted as messages are.

/** See `Messenger.setDraft`. Throws message-too-long, message-not-text. */
export async function setDraft(
  context: Context,
  owner: ConversationOwner,
  { text, replyTo }: Draft,
): Promise<DraftView> {
  const bytes = text.length > limits.textBytes ? undefined : utf8(text);
  if (bytes === undefined || bytes.length > limits.textBytes)
    throw new SottoError("message-too-long", "The draft is longer than 64 KiB (65,536 bytes).");
  if (fromUtf8(bytes) !== text)
    throw new SottoError("message-not-text", "The draft contains invalid characters.");
  return withKnownOwner(context, owner, async () => {
    const { conversations, eventLog, clock, shredder } = context;
    const { ref } = conversationOf(owner);
    await conversations.load(owner);
    const had = conversations.hasDraft(ref);
    const savedAt = clock.now();
    const row: DraftRow = { ref, text, savedAt, ...(replyTo !== undefined && { replyTo }) };
    const shown = viewOf(owner, row);
    if (text === "" && !had) return shown;
    const key = draftKey(ref);
    const written = { ...put(key, encodeRow(row)), ...(had && { shreds: true as const }) };
    const events = [conversationEvent(context, owner)];
    const tell = await eventLog.commit([text === "" ? drop(key) : written], events);
    conversations.setDraft(ref, text);
    tell();
    if (had) shredder.soon();
    return shown;
  });
}

/** See `Messenger.draft`. */
export async function draft(
  { store }: Context,
  owner: ConversationOwner,
): Promise<DraftView | undefined> {
  const bytes = await store.get(draftKey(conversationOf(owner).ref));
  return bytes && viewOf(owner, decodeRow<DraftRow>(bytes));
}

function viewOf(owner: ConversationOwner, { text, replyTo, savedAt }: DraftRow): DraftView {
  return { ref: shownRef(owner), text, savedAt, ...(replyTo !== undefined && { replyTo }) };
}
