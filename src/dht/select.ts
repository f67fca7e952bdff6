/** Which of several valid records of one tag wins. */
import { timeOf } from "./layout.ts";

/**
 * The index of the newest record, 0 for an empty list. Of two with one time the greater in the
 * order of bytes wins, so that every node settles on the same; what has not the size of a record
 * never wins over one that has.
 * @param records of one tag, judged before.
 */
export function newest(records: readonly Uint8Array[]): number {
  let best = 0;
  for (let i = 1; i < records.length; i++)
    if (compare(records[i] as Uint8Array, records[best] as Uint8Array) > 0) best = i;
  return best;
}

function compare(a: Uint8Array, b: Uint8Array): number {
  const times = (timeOf(a) ?? -1) - (timeOf(b) ?? -1);
  if (times !== 0) return times;
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}
