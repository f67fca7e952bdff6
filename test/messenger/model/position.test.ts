import assert from "node:assert/strict";
import { limits, type MessageId, messageId } from "../../../src/base/index.ts";
import {
  comparePositions,
  decodePosition,
  encodePosition,
  lineOf,
  positionOf,
  rankOf,
  rankOfShown,
} from "../../../src/messenger/model/position.ts";

const idOf = (byte: number): MessageId => messageId.from(new Uint8Array(16).fill(byte));

/** Positions of messages as they are written, by their first byte, value and position of arrival. */
const position = (byte: number, at: number, lamport = 0, after?: number) => {
  const row = { id: idOf(byte), lamport, ...(after !== undefined && { after }) };
  return positionOf(rankOfShown(row, at), lineOf(row, at));
};

const ordered = [
  position(9, 3, 4),
  // Ids by their bytes, of which base32 puts the digits first.
  position(1, 1, 5),
  position(0xd0, 4, 5),
  // Given up after the value 5, in the order in which they were written.
  position(3, 6, 0, 5),
  position(1, 7, 0, 5),
  position(0, 8, 6),
  position(0, 2, limits.lamport - 1),
  // Not sealed yet.
  position(9, 5),
  position(1, 9),
];

describe("a position", () => {
  it("is by value, then by id; what waits comes last, and what was given up where it was", () => {
    const sorted = ordered.toReversed().sort(comparePositions);
    assert.deepEqual(sorted, ordered);
  });

  it("compares as text in the same way, and is read again as it was", () => {
    const texts = ordered.map(encodePosition);
    assert.deepEqual(texts.toReversed().sort(), texts);
    assert.deepEqual(texts.map(decodePosition), ordered);
  });

  it("is none where nothing is shown", () => {
    assert.equal(rankOf({ lamport: 5, hidden: true }, 1), undefined);
    assert.equal(rankOf({ lamport: 5 }, 1), 5);
  });

  it("is refused where the text is none", () => {
    for (const text of ["", "1.2", `${"g".repeat(14)}.${"0".repeat(32)}`, `${"f".repeat(14)}.~`])
      assert.throws(() => decodePosition(text), { code: "cursor-unknown" });
  });
});
