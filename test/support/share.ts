/** How much the slow tests do: a share of their seeds, kills and seconds (SOTTO_TEST_SHARE). */
const share = Number(process.env.SOTTO_TEST_SHARE ?? 1);
if (!(share > 0 && share <= 1)) throw new Error("SOTTO_TEST_SHARE is above 0 and at most 1");

/** The number to do of `whole`: at least one. */
export const shareOf = (whole: number): number => Math.max(1, Math.round(whole * share));

/** Cases that show one kind of fault: all of them, or the first in a run of a share. */
export const casesOf = <T>(first: T, ...others: readonly T[]): readonly T[] =>
  share === 1 ? [first, ...others] : [first];
