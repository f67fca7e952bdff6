/**
 * Acts that came before the message that they are about. A peer that sends in order never needs
 * them; they are kept all the same, a bounded number for each contact, so that the order of arrival
 * decides nothing.
 */

import { limits } from "../../base/index.ts";
import type { Store, StoreOp } from "../../ports/index.ts";
import type { MessageAction, Stamp } from "../model/actions.ts";
import { applyAction } from "../model/apply-action.ts";
import type { Contact, EarlyPlace } from "../model/contact.ts";
import type { MessageRow } from "../model/message.ts";
import { decodeRow, drop, encodeRow, put, rowKey } from "../model/rows.ts";

export interface EarlyAction extends Stamp {
  readonly body: MessageAction;
}

const earlyKey = (ref: string, at: number) => rowKey("early", ref, at);

/**
 * Keeps an act for later; the oldest ones make room.
 * @param kept acts that the batch at hand keeps, by their places: this one is added.
 */
export function keepEarlyAction(
  contact: Contact,
  kept: Map<number, EarlyAction>,
  stamp: Stamp,
  body: MessageAction,
): { readonly contact: Contact; readonly ops: StoreOp[] } {
  const early = contact.early ?? [];
  // A repetition, under another session.
  if (early.some(({ id }) => id === stamp.id)) return { contact, ops: [] };
  const place: EarlyPlace = { at: contact.nextAt, id: stamp.id, target: body.target };
  const all = [...early, place];
  const newest = all.slice(-limits.earlyActs);
  const act: EarlyAction = { ...stamp, body };
  kept.set(place.at, act);
  return {
    contact: { ...contact, nextAt: contact.nextAt + 1, early: newest },
    ops: [
      ...dropEarlyActions(contact.ref, all.slice(0, all.length - newest.length)),
      put(earlyKey(contact.ref, place.at), encodeRow(act)),
    ],
  };
}

/**
 * A message of theirs that has just arrived, once the acts that waited for it have had their
 * effect.
 */
export async function applyEarlyActions(
  store: Store,
  contact: Contact,
  kept: ReadonlyMap<number, EarlyAction>,
  row: MessageRow,
): Promise<{ readonly contact: Contact; readonly ops: StoreOp[]; readonly row: MessageRow }> {
  const places = contact.early?.filter(({ target }) => target === row.id) ?? [];
  if (places.length === 0) return { contact, ops: [], row };
  let changed = row;
  for (const { at } of places) {
    const bytes = kept.has(at) ? undefined : await store.get(earlyKey(contact.ref, at));
    const act = bytes === undefined ? kept.get(at) : decodeRow<EarlyAction>(bytes);
    if (act !== undefined) changed = applyAction(changed, "in", act, act.body);
  }
  const early = contact.early?.filter(({ target }) => target !== row.id) ?? [];
  return {
    contact: { ...contact, early },
    ops: dropEarlyActions(contact.ref, places),
    row: changed,
  };
}

/** Forgets acts that waited. */
export function dropEarlyActions(
  ref: string,
  places: readonly { readonly at: number }[],
): StoreOp[] {
  return places.map(({ at }) => drop(earlyKey(ref, at)));
}
