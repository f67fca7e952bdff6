/**
 * Changes of good inputs that reach further than noise: numbers at their edges, spans moved, two
 * inputs spliced.
 */
import fc from "fast-check";
import { concat, u32, u64 } from "../../../src/base/index.ts";

/** Numbers at which code goes wrong, in the widths in which they stand on the wire. */
const edges: readonly Uint8Array[] = [
  ...[0, 1, 0x7f, 0x80, 0xff].map((value) => Uint8Array.of(value)),
  ...[0, 1, 0x7fff, 0x8000, 0xffff].map((value) => Uint8Array.of(value >> 8, value & 255)),
  ...[0, 1, 1000, 1001, 2 ** 16, 2 ** 31, 2 ** 32 - 2, 2 ** 32 - 1].map(u32),
  ...[0, 1, 2 ** 32, 2 ** 53 - 1].map(u64),
  Uint8Array.of(0, 0x20, 0, 0, 0, 0, 0, 0),
  new Uint8Array(8).fill(0xff),
  // Varints: the longest, one that is not the shortest, 2^53.
  Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1),
  Uint8Array.of(0x80, 0),
  Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10),
  new Uint8Array(32),
  new Uint8Array(32).fill(0xff),
];

interface Change {
  readonly kind:
    | "flip"
    | "edge"
    | "cut"
    | "drop"
    | "repeat"
    | "splice"
    | "swap"
    | "insert"
    | "append";
  readonly at: number;
  readonly to: number;
  readonly edge: Uint8Array;
  readonly other: Uint8Array;
  readonly noise: Uint8Array;
}

function changed(bytes: Uint8Array, { kind, at, to, edge, other, noise }: Change): Uint8Array {
  const place = bytes.length === 0 ? 0 : at % bytes.length;
  const end = place + (bytes.length === place ? 0 : to % (bytes.length - place + 1));
  const [before, span, after] = [bytes.slice(0, place), bytes.slice(place, end), bytes.slice(end)];
  switch (kind) {
    case "flip":
      return bytes.length === 0
        ? bytes
        : bytes.with(place, (bytes[place] as number) ^ (1 << (to % 8)));
    case "edge":
      return concat(before, edge, bytes.slice(place + edge.length));
    case "cut":
      return before;
    case "drop":
      return concat(before, after);
    case "repeat":
      return concat(before, span, span, after);
    case "splice":
      return concat(before, other.slice(other.length === 0 ? 0 : to % other.length));
    case "swap":
      return concat(before, span.slice(span.length >> 1), span.slice(0, span.length >> 1), after);
    case "insert":
      return concat(before, noise, bytes.slice(place));
    case "append":
      return concat(bytes, noise);
  }
}

/** Up to 200 KB: more than any decoder takes. */
const LONGEST = 200_000;

/** One of the inputs, changed a few times; now and then as it is, now and then mere noise. */
export function mutated(inputs: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const change: fc.Arbitrary<Change> = fc.record({
    kind: fc.constantFrom<Change["kind"]>(
      "flip",
      "edge",
      "cut",
      "drop",
      "repeat",
      "splice",
      "swap",
      "insert",
      "append",
    ),
    at: fc.oneof(fc.nat(100_000), fc.nat(70)),
    to: fc.oneof(fc.nat(100_000), fc.nat(8)),
    edge: fc.constantFrom(...edges),
    other: fc.constantFrom(...inputs),
    noise: fc.uint8Array({ maxLength: 40 }),
  });
  const near = fc
    .tuple(fc.constantFrom(...inputs), fc.array(change, { maxLength: 4 }))
    .map(([input, changes]) => changes.reduce(changed, input).slice(0, LONGEST));
  return fc.oneof(
    { weight: 15, arbitrary: near },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 600 }) },
  );
}
