/** When to publish, and which epochs to look up. */
import { limits } from "../base/index.ts";
import { epochOf } from "./epoch.ts";

/**
 * When to publish a record again that was published at `now`, ms: after 50 to 90 minutes, at random
 * so that a node's records are not refreshed together, and before `limits.recordAge` ends. The
 * first record under a new tag is published at such a time too, and not at the boundary (see
 * `afterBoundary`): until then the record under the old tag is valid and is looked up.
 * @param random a random number in [0, 1).
 */
export function nextRefresh(now: number, random: number): number {
  return now + limits.refreshMin + Math.floor(random * (limits.refreshMax - limits.refreshMin));
}

/**
 * When to publish addresses on the public DHT again that were published at `now`, ms: after 8 to 12
 * hours, at random.
 * @param random a random number in [0, 1).
 */
export function nextPublicRefresh(now: number, random: number): number {
  const { publicRefreshMin, publicRefreshMax } = limits;
  return now + publicRefreshMin + Math.floor(random * (publicRefreshMax - publicRefreshMin));
}

/**
 * When to publish the first record under a new tag, ms: at a random time after the boundary, long
 * before `limits.recordAge` has passed, until when others look up the old tag as well. A boundary
 * is the same moment for both sides of a pair, and the same time of each day: tags that appear
 * exactly then could be linked.
 * @param random a random number in [0, 1).
 */
export function afterBoundary(boundary: number, random: number): number {
  return boundary + Math.floor(random * limits.borderSpread);
}

/** When the next epoch of a pair begins, ms. */
export function nextBoundary(now: number, offset: number): number {
  return (epochOf(now, offset) + 1) * limits.epoch - offset;
}

/**
 * The epochs under which to look up a contact: the current one first, then the adjacent one if its
 * boundary is at most `limits.recordAge` away. Just after a boundary the last record may still be
 * under the old tag; just before one, a contact whose clock is ahead may have published under the
 * new one.
 */
export function epochsAround(now: number, offset: number): number[] {
  const epoch = epochOf(now, offset);
  const after = now + offset - epoch * limits.epoch;
  const before = limits.epoch - after;
  if (after <= limits.recordAge) return [epoch, epoch - 1];
  return before <= limits.recordAge ? [epoch, epoch + 1] : [epoch];
}

/**
 * The epochs whose hellos are accepted, the current one first: either clock may be off by most of
 * an epoch.
 */
export function epochsAccepted(now: number, offset: number): number[] {
  const epoch = epochOf(now, offset);
  return [epoch, epoch - 1, epoch + 1];
}
