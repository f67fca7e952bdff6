/** Selects the newest of several valid records of one tag. */
import { timeOf } from "./record-layout.ts";

/**
 * The index of the newest record, 0 for an empty list. Of two records with the same time the
 * greater in byte order is selected, so that all nodes agree; a value of another size than a record
 * never precedes one.
 * @param records valid records of one tag.
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
