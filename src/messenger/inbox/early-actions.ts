/**
 * Out-of-order actions: message actions that arrive before their target. A peer that sends in order
 * never needs them. A bounded number is kept for each conversation, so that the order of arrival
 * does not matter.
 */
import { limits } from "../../base/index.ts";
import type { Store, StoreOp } from "../../ports/index.ts";
import type { Actor, MessageAction, Stamp } from "../model/actions.ts";
import { applyAction } from "../model/apply-action.ts";
import type { Conversation, EarlyPlace } from "../model/conversation.ts";
import type { MessageRow } from "../model/message.ts";
import { decodeRow, drop, encodeRow, put, rowKey } from "../model/rows.ts";

export interface EarlyAction extends Stamp {
  readonly by: Actor;
  readonly body: MessageAction;
}

const earlyKey = (ref: string, at: number) => rowKey("early", ref, at);

/**
 * Keeps an action until its target arrives; the oldest ones are dropped beyond `limits.earlyActs`.
 * @param kept actions that the batch at hand keeps, by their positions: this one is added.
 */
export function keepEarlyAction<Kind extends Conversation>(
  conversation: Kind,
  kept: Map<number, EarlyAction>,
  stamp: Omit<EarlyAction, "body">,
  body: MessageAction,
): { readonly conversation: Kind; readonly ops: StoreOp[] } {
  const { ref, nextAt, early = [] } = conversation;
  // A repetition, under another session.
  if (early.some(({ id }) => id === stamp.id)) return { conversation, ops: [] };
  const place: EarlyPlace = { at: nextAt, id: stamp.id, target: body.target };
  const all = [...early, place];
  const newest = all.slice(-limits.earlyActs);
  const action: EarlyAction = { ...stamp, body };
  kept.set(place.at, action);
  return {
    conversation: { ...conversation, nextAt: nextAt + 1, early: newest },
    ops: [
      ...dropEarlyActions(ref, all.slice(0, all.length - newest.length)),
      put(earlyKey(ref, place.at), encodeRow(action)),
    ],
  };
}

/** Applies the actions that waited for an incoming message which has just arrived. */
export async function applyEarlyActions<Kind extends Conversation>(
  store: Store,
  conversation: Kind,
  kept: ReadonlyMap<number, EarlyAction>,
  row: MessageRow,
): Promise<{ readonly conversation: Kind; readonly ops: StoreOp[]; readonly row: MessageRow }> {
  const { ref, early = [] } = conversation;
  const places = early.filter(({ target }) => target === row.id);
  if (places.length === 0) return { conversation, ops: [], row };
  let changed = row;
  for (const { at } of places) {
    const bytes = kept.has(at) ? undefined : await store.get(earlyKey(ref, at));
    const action = bytes === undefined ? kept.get(at) : decodeRow<EarlyAction>(bytes);
    if (action !== undefined) changed = applyAction(changed, action.by, action, action.body);
  }
  const left = early.filter(({ target }) => target !== row.id);
  return {
    conversation: { ...conversation, early: left },
    ops: dropEarlyActions(ref, places),
    row: changed,
  };
}

/** Deletes early actions. @param ref of their conversation. */
export function dropEarlyActions(
  ref: string,
  places: readonly { readonly at: number }[],
): StoreOp[] {
  return places.map(({ at }) => drop(earlyKey(ref, at)));
}
