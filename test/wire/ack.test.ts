import assert from "node:assert/strict";
import fc from "fast-check";
import { limits } from "../../src/base/index.ts";
import {
  acknowledged,
  add,
  decodeContent,
  emptySet,
  encodeContent,
  has,
  type ReceivedSet,
  raise,
  toAck,
  windowEnd,
} from "../../src/wire/index.ts";

const of = (...sequences: number[]): ReceivedSet => sequences.reduce(add, emptySet);

describe("wire/ack", () => {
  it("contains exactly what arrived, in any order and any number of times", () => {
    const sequences = fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 400 });
    fc.assert(
      fc.property(sequences, (arrived) => {
        const set = of(...arrived);
        const model = new Set(arrived);
        for (let sequence = 0; sequence <= 310; sequence++)
          assert.equal(has(set, sequence), model.has(sequence), `${sequence}`);
        assert.equal(has(set, set.upTo + 1), false);
        assert.notEqual(set.bits.at(-1), 0);
      }),
    );
  });

  it("has one form for one set, whatever the order of arrival", () => {
    const order = fc.shuffledSubarray(Array.from({ length: 40 }, (_, i) => i + 1));
    fc.assert(
      fc.property(order, (arrived) => {
        assert.deepEqual(of(...arrived), of(...[...arrived].sort((a, b) => a - b)));
      }),
    );
  });

  it("travels in a content and comes back as the same set", () => {
    const set = of(1, 2, 5, 9, 300);
    const ack = toAck(set, 2);
    const received = decodeContent(encodeContent({ ack }))?.ack;
    assert.ok(received);
    assert.deepEqual({ upTo: received.upTo, bits: received.bits }, set);
    assert.equal(received.readUpTo, 2);
    assert.deepEqual(
      [0, 1, 2, 3, 5, 300, 301].filter((sequence) => acknowledged(received, sequence)),
      [1, 2, 5, 300],
    );
  });

  it("counts bits from the second after the last, least significant first", () => {
    assert.deepEqual(of(1, 3, 4, 11), { upTo: 1, bits: Uint8Array.of(0b11, 0b1) });
  });

  it("notes the last place of the window and nothing beyond it", () => {
    const end = windowEnd(emptySet);
    const full = add(emptySet, end);
    assert.equal(full.bits.length, limits.ackBits / 8);
    assert.ok(has(full, end));
    assert.equal(add(emptySet, end + 1), emptySet);
    assert.ok(encodeContent({ ack: toAck(full, 0) }));
  });

  it("is raised over every gap that the sender gave up, and forgets nothing above", () => {
    const floors = fc.integer({ min: 0, max: 1200 });
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 600 })), floors, (arrived, floor) => {
        const set = of(...arrived);
        const raised = raise(set, floor);
        for (let sequence = 1; sequence <= 1210; sequence++)
          assert.equal(has(raised, sequence), sequence <= floor || has(set, sequence));
        assert.equal(has(raised, raised.upTo + 1), false);
        assert.notEqual(raised.bits.at(-1), 0);
        if (floor <= set.upTo) assert.equal(raised, set);
      }),
    );
  });

  it("returns the same object where nothing changes, and never changes one", () => {
    const set = of(1, 3);
    const before = structuredClone(set);
    for (const sequence of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 1, 3])
      assert.equal(add(set, sequence), set);
    add(set, 2);
    add(set, 4);
    assert.deepEqual(set, before);
  });
});
