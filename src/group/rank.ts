/**
 * Seniority: the path of grants by which a member came to its role, from the founder (docs/SPEC.md,
 * groups). An earlier step is more senior, and a path is more senior than every path that begins
 * with it, so a member that an admin promotes stays junior to that admin.
 */
import { compareText, type Op } from "./op.ts";

/** One step: the operation that gave the role. */
type Step = Pick<Op, "depth" | "id">;

/** The steps from the founder, whose rank has none. */
export type Rank = readonly Step[];

/** Negative if `a` is senior to `b`, positive if junior, 0 if they are one rank. */
export function compareRanks(a: Rank, b: Rank): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const ours = a[i] as Step;
    const theirs = b[i] as Step;
    const difference = ours.depth - theirs.depth || compareText(ours.id, theirs.id);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Whether `a` may restrict a holder of `b`; `undefined` is the rank of a member without a role. */
export function isSenior(a: Rank, b: Rank | undefined): boolean {
  return b === undefined || compareRanks(a, b) < 0;
}
