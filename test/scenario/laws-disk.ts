/** Laws of what is on a disk: of each message's row, and of a whole conversation after a batch. */
import { equal, limits } from "../../src/base/index.ts";
import { countsAsUnread, isSeen, type MessageRow } from "../../src/messenger/model/message.ts";
import { decodeSession } from "../../src/ratchet/index.ts";
import { has } from "../../src/wire/index.ts";
import type { Conversation } from "./disk.ts";
import type { Court, Known } from "./known.ts";
import type { SimNode } from "./world.ts";

/** Ways of a message of ours over the disk. */
const ways: Readonly<Record<MessageRow["state"], readonly MessageRow["state"][]>> = {
  queued: ["queued", "delivered", "read", "failed", "cancelled"],
  held: ["held", "delivered", "read"],
  delivered: ["delivered", "read"],
  read: ["read"],
  failed: ["failed"],
  cancelled: ["cancelled"],
  received: ["received"],
};

/** One message's row, before it is applied. */
export function judgeRow(
  court: Court,
  node: SimNode,
  kept: Conversation,
  at: number,
  row: MessageRow,
): void {
  const before = kept.messages.get(at);
  const name = `message ${at} (${row.direction}, ${row.text})`;
  if (before !== undefined) {
    if (before.id !== row.id || before.direction !== row.direction)
      court.say(node, `${name} was overwritten by another`);
    if (before.deleted && !row.deleted) court.say(node, `${name} was deleted, and is back`);
    if (before.text !== row.text && row.direction === "out")
      court.authored.get(row.id)?.texts.add(row.text);
    if (before.text !== row.text && !row.edited && !row.rewritten && !row.deleted)
      court.say(node, `${name} was ${before.text}, and nobody changed it`);
    const sealed = kept.outbox.get(at)?.sealed !== undefined;
    if (row.rewritten && row.text !== before.text && !row.edited && !row.deleted && sealed)
      court.say(node, `${name} was rewritten after it was sealed`);
    if (row.state === "cancelled" && before.state !== "cancelled" && sealed)
      court.say(node, `${name} was cancelled after it was sealed`);
    written(court, node, kept, row, name);
    if (!ways[before.state].includes(row.state))
      court.say(node, `${name} went from ${before.state} to ${row.state}`);
    if (before.state !== row.state) proven(court, node, kept, row);
    return;
  }
  if (kept.places.has(row.id)) court.say(node, `${name} is kept twice`);
  const last = Math.max(0, ...kept.messages.keys());
  if (at <= last) court.say(node, `${name} stands before ${last}`);
  for (const parent of row.parents) {
    const place = kept.places.get(parent);
    const older = place === undefined ? undefined : kept.messages.get(place);
    if (older !== undefined && older.lamport >= row.lamport)
      court.say(node, `${name} is not later than its parent ${place}`);
  }
  for (const [place, child] of kept.messages)
    if (child.parents.includes(row.id)) court.say(node, `${name} comes after its child ${place}`);
  if (row.direction === "out") {
    court.authored.set(row.id, { by: node, texts: new Set([row.text]) });
    // The other side told which timer was set here before this disk was new.
    const told = row.notice !== undefined && row.state === "delivered";
    if (row.state !== "queued" && !told) court.say(node, `${name} begins as ${row.state}`);
  }
  written(court, node, kept, row, name);
}

/** What a conversation shows was written by the one who is said to have written it. */
function written(
  court: Court,
  node: SimNode,
  { contact }: Conversation,
  row: MessageRow,
  name: string,
): void {
  if (row.notice !== undefined) return;
  const author = court.authored.get(row.id);
  if (!author?.texts.has(row.text)) court.say(node, `${name} was written by nobody`);
  const by = author?.by.messenger.self().account;
  if (row.direction === "out" ? author?.by !== node : by !== contact?.account)
    court.say(node, `${name} was written by another node`);
}

/** Delivered and read are said only of what is so. */
function proven(court: Court, node: SimNode, kept: Conversation, row: MessageRow): void {
  const far = court.far(node, kept);
  // The notice of a timer that came too late to hold is shown by its author only.
  if (far === undefined || row.direction !== "out" || row.notice !== undefined) return;
  const there =
    far.conversation?.places.has(row.id) || far.lost.has(row.id) || far.removed.has(row.id);
  if ((row.state === "delivered" || row.state === "read") && !there)
    court.say(node, `"${row.text}" is ${row.state} without being there`);
  // What an older copy of a disk has lost counts as read with what came after it.
  if (row.state === "read" && !far.read.has(row.id) && !far.lost.has(row.id))
    court.say(node, `"${row.text}" is read, and nobody read it`);
}

/** A conversation after a batch. */
export function judgeConversation(
  court: Court,
  node: SimNode,
  known: Known,
  before: Conversation,
  kept: Conversation,
): void {
  const { contact } = kept;
  if (contact === undefined) return;
  const { conversation } = contact;
  const waiting = [...kept.messages].filter(
    // A notice waits with its action.
    ([, { direction, state, notice }]) =>
      direction === "out" && state === "queued" && notice === undefined,
  );
  const texts = [...kept.outbox.values()].filter(({ act }) => act === undefined);
  if (waiting.length !== texts.length || waiting.some(([at]) => !kept.outbox.has(at)))
    court.say(
      node,
      `waiting ${waiting.map(([at]) => at)}, but the outbox has ${[...kept.outbox.keys()]}`,
    );
  for (const [at, row] of waiting)
    if (row.sequence !== kept.outbox.get(at)?.sequence) court.say(node, `${at} has two numbers`);
  let last = 0;
  let open = false;
  for (const [at, { sequence, sealed }] of [...kept.outbox].sort(([one], [other]) => one - other)) {
    if (sequence <= last) court.say(node, `${at} has the number of another`);
    if (open && sealed !== undefined) court.say(node, `${at} was sealed out of turn`);
    open ||= sealed === undefined;
    last = sequence;
  }
  if (last > conversation.sequence) court.say(node, `${last} was never counted`);
  for (const [at, row] of waiting)
    if (row.sequence <= conversation.settled) court.say(node, `${at} is settled, and waits`);
  if (kept.outbox.size > limits.outboxMessages) court.say(node, "the outbox has no bound");
  const current = kept.session && decodeSession(kept.session)?.id;
  if (kept.session && current === undefined) court.say(node, "its session cannot be read");
  const sealed = [...kept.outbox.values()].filter(
    ({ session }) => session && current && equal(session, current),
  );
  if (sealed.length > limits.sendWindow) court.say(node, "the send window has no bound");
  for (const row of kept.messages.values())
    if (row.lamport > conversation.lamport) court.say(node, `"${row.text}" is later than our time`);
  const readBefore = before.contact?.conversation.readUpTo ?? 0;
  if (conversation.readUpTo > readBefore && known.reading === 0) court.say(node, "read by nobody");
  seen(court, node, known, kept);
  received(court, node, before, kept);
}

/** A message's row that is deleted: nothing vanishes that the user was not shown. */
export function judgeRemoval(
  court: Court,
  node: SimNode,
  { messages }: Conversation,
  at: number,
): void {
  const row = messages.get(at);
  if (row === undefined) return;
  const { read, removed } = court.of(node);
  removed.add(row.id);
  if (countsAsUnread(row) && !read.has(row.id)) court.say(node, `"${row.text}" vanished unseen`);
}

/** Nothing is marked as read that the user was not shown. */
function seen(
  court: Court,
  node: SimNode,
  known: Known,
  { contact, messages }: Conversation,
): void {
  if (contact === undefined) return;
  const { conversation } = contact;
  let unread = 0;
  for (const [at, row] of messages) {
    if (!countsAsUnread(row)) continue;
    if (!isSeen(conversation, at, row)) unread++;
    else if (!known.read.has(row.id)) court.say(node, `"${row.text}" is marked as read unseen`);
  }
  if (conversation.unread !== unread)
    court.say(node, `${unread} messages are unread, but ${conversation.unread} are counted`);
}

/** What is noted as received is here, or will never come. */
function received(court: Court, node: SimNode, before: Conversation, kept: Conversation): void {
  const ours = kept.contact?.conversation;
  const far = court.far(node, kept)?.conversation;
  if (ours?.theirStream === undefined || far?.contact === undefined) return;
  if (!equal(ours.theirStream, far.contact.conversation.stream)) return;
  const earlier = before.contact?.conversation;
  const same = earlier?.theirStream && equal(earlier.theirStream, ours.theirStream);
  const old = same ? earlier.received : undefined;
  if (old === ours.received) return;
  const here = new Set<number>();
  for (const { direction, sequence } of kept.messages.values())
    if (direction === "in") here.add(sequence);
  const open = new Set<number>();
  for (const { direction, sequence, state, notice } of far.messages.values())
    if (direction === "out" && state === "queued" && notice === undefined) open.add(sequence);
  for (const sequence of open)
    if (has(ours.received, sequence) && !(old && has(old, sequence)) && !here.has(sequence))
      court.say(node, `${sequence} is noted as received, and is not here`);
}
