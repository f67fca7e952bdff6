/** When to publish, and which epochs to ask for. */
import { limits } from "../base/index.ts";
import { epochOf } from "./epoch.ts";

/**
 * When a record that was published at `now` is to be published anew, ms: after 50 to 90 minutes, at
 * random so that a node's records do not march in step, and before `limits.recordAge` ends. It
 * comes first under a new tag at such a time, too, and not at the border (see `afterBorder`): until
 * then the record under the old one is young enough, and is looked for.
 * @param chance a number in [0, 1) that the caller drew.
 */
export function nextRefresh(now: number, chance: number): number {
  return now + limits.refreshMin + Math.floor(chance * (limits.refreshMax - limits.refreshMin));
}

/**
 * When addresses that were left on the public DHT at `now` are to be left anew, ms: after 8 to 12
 * hours, at random.
 * @param chance a number in [0, 1) that the caller drew.
 */
export function nextPublicRefresh(now: number, chance: number): number {
  const { publicRefreshMin, publicRefreshMax } = limits;
  return now + publicRefreshMin + Math.floor(chance * (publicRefreshMax - publicRefreshMin));
}

/**
 * When the first record under a new tag is due, ms: some time after the border, at random, and long
 * before `limits.recordAge` has passed, until when others look under the old one as well. A border
 * is one moment for both sides of a pair, and at the same time of each day: tags that appear
 * exactly there could be told to belong together.
 * @param chance a number in [0, 1) that the caller drew.
 */
export function afterBoundary(border: number, chance: number): number {
  return border + Math.floor(chance * limits.borderSpread);
}

/** The moment, ms, at which the next epoch of a pair begins. */
export function nextBoundary(now: number, offset: number): number {
  return (epochOf(now, offset) + 1) * limits.epoch - offset;
}

/**
 * Epochs to look a contact up under: the current one first, then a neighbour where the border
 * between them is at most `limits.recordAge` away. Just after a border the last record may still
 * lie under the old tag; just before one a contact whose clock is ahead may have published under
 * the new.
 */
export function epochsAround(now: number, offset: number): number[] {
  const epoch = epochOf(now, offset);
  const after = now + offset - epoch * limits.epoch;
  const before = limits.epoch - after;
  if (after <= limits.recordAge) return [epoch, epoch - 1];
  return before <= limits.recordAge ? [epoch, epoch + 1] : [epoch];
}

/**
 * Epochs whose hellos are accepted, the current one first: either clock may be off by most of an
 * epoch.
 */
export function epochsAccepted(now: number, offset: number): number[] {
  const epoch = epochOf(now, offset);
  return [epoch, epoch - 1, epoch + 1];
}
