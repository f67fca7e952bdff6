/**
 * What other members have proven of our messages: that their nodes store one, that they opened it,
 * that their users read it. Nothing is shown that is not proven.
 */
import type { MemberId, StreamId } from "../../group/index.ts";
import type { Reached } from "../../model/index.ts";
import type { Proof } from "../group-state/streams.ts";
import { isMessageAction } from "../model/actions.ts";
import { advance } from "../model/delivery-state.ts";
import type { MessagePlace, MessageRow } from "../model/message.ts";
import type { SealedPlace } from "../model/peer.ts";
import { decodeRow, drop, encodeRow, put, rowKey } from "../model/rows.ts";
import type { Context } from "../state/context.ts";
import { type GroupBatch, withdrawEntries } from "./group-batch.ts";

/** The index row of a message or action of ours, by its place among our messages. */
const sealedKey = (ref: string, { stream, seq }: SealedPlace) =>
  rowKey("message-id", `${ref}/sealed/${stream}/${seq}`);

/**
 * Notes where a message of ours is that was sealed now.
 * @param of how many other members can read it.
 */
export function noteSealed(
  { changes, ops, conversation }: GroupBatch,
  at: number,
  place: SealedPlace,
  of: number,
): void {
  ops.push(put(sealedKey(conversation.ref, place), encodeRow({ at } satisfies MessagePlace)));
  const row = changes.changed(at);
  if (row === undefined) return;
  const reached: Reached = { held: 0, delivered: 0, read: 0, of };
  // With nobody else in the group there is nothing to prove.
  const next = of === 0 ? advance(row, "hold") : row;
  const { stream, seq: sequence } = place;
  changes.set(at, { ...next, stream, sequence, reached }, of === 0 ? "state" : "number");
}

/**
 * Takes up what a member has proven of a stream of ours. A claim about what was never sealed is
 * not believed in anything.
 */
export async function prove(
  { store }: Pick<Context, "store">,
  batch: GroupBatch,
  member: MemberId,
  stream: StreamId,
  claim: Partial<Proof>,
): Promise<void> {
  const own = batch.streams.own(stream);
  const { held = 0, upTo = 0, readUpTo = 0 } = claim;
  if (Math.max(held, upTo, readUpTo) > own.sealed) return;
  const before = own.proofs[member] ?? { held: 0, upTo: 0, readUpTo: 0 };
  const opened = Math.max(before.upTo, upTo, readUpTo);
  const after: Proof = {
    held: Math.max(before.held, held, opened),
    upTo: opened,
    readUpTo: Math.max(before.readUpTo, readUpTo),
  };
  const first = Math.min(
    ...(["held", "upTo", "readUpTo"] as const).map((what) =>
      after[what] > before[what] ? before[what] + 1 : Number.POSITIVE_INFINITY,
    ),
  );
  if (!Number.isFinite(first)) return;
  batch.streams.set({ ...own, proofs: { ...own.proofs, [member]: after } });
  for (let seq = first; seq <= after.held; seq++) {
    const isNew = (what: keyof Proof): boolean => seq > before[what] && seq <= after[what];
    const bytes = await store.get(sealedKey(batch.conversation.ref, { stream, seq }));
    if (bytes === undefined) continue;
    const { at } = decodeRow<MessagePlace>(bytes);
    if (isNew("held")) await settle(batch, at, { stream, seq });
    const row = await batch.changes.row(at);
    if (row?.reached !== undefined)
      batch.changes.set(at, withProof(row, row.reached, isNew), "state");
  }
}

function withProof(
  row: MessageRow,
  { held, delivered, read, of }: Reached,
  isNew: (what: keyof Proof) => boolean,
): MessageRow {
  const counted = (count: number, what: keyof Proof): number =>
    Math.min(of, count + (isNew(what) ? 1 : 0));
  const reached: Reached = {
    held: counted(held, "held"),
    delivered: counted(delivered, "upTo"),
    read: counted(read, "readUpTo"),
    of,
  };
  let next = row;
  if (reached.held > 0) next = advance(next, "hold");
  if (reached.delivered > 0) next = advance(next, "acknowledge");
  if (reached.read > 0) next = advance(next, "read");
  return { ...next, reached };
}

/** Another node has a message or an action of ours, which is under way without this one. */
async function settle(batch: GroupBatch, at: number, place: SealedPlace): Promise<void> {
  const { group, changes, ops, conversation } = batch;
  const entry = group.outbox.get(at);
  if (entry === undefined || batch.gone.has(at)) return;
  withdrawEntries(batch, (each) => each.at === at);
  const { act } = entry;
  if (act === undefined || !isMessageAction(act.body)) return;
  ops.push(drop(sealedKey(conversation.ref, place)));
  const target = await changes.place(act.body.target);
  const row = target === undefined ? undefined : await changes.row(target);
  if (target !== undefined && row !== undefined) changes.set(target, row, "reached");
}
