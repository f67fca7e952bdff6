import assert from "node:assert/strict";
import fc from "fast-check";
import { equal, limits, toHex } from "../../src/base/index.ts";
import { nodeCrypto } from "../../src/crypto/index.ts";
import { advance, epochOf, epochOffset, secretAt, startChain } from "../../src/dht/index.ts";
import { crypto, DAY, NOW, root } from "./keys.ts";

const start = startChain(crypto, root, NOW);
const current = epochOf(NOW, start.offset);
/** The start of an epoch of the chain, ms. */
const begin = (epoch: number) => epoch * DAY - start.offset;

describe("dht/epoch", () => {
  it("counts days shifted by the pair's offset, exactly at the boundary", () => {
    assert.equal(epochOf(0, 0), 0);
    assert.equal(epochOf(DAY - 1, 0), 0);
    assert.equal(epochOf(DAY, 0), 1);
    assert.equal(epochOf(DAY - 1, 1), 1);
    assert.equal(epochOf(begin(current), start.offset), current);
    assert.equal(epochOf(begin(current) - 1, start.offset), current - 1);
  });

  it("derives a secret offset per pair, within one epoch", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (secret) => {
        const offset = epochOffset(crypto, secret);
        assert.ok(Number.isInteger(offset) && offset >= 0 && offset < limits.epoch);
      }),
      { numRuns: 50 },
    );
    const offsets = Array.from({ length: 50 }, (_, i) =>
      epochOffset(crypto, new Uint8Array(32).fill(i)),
    );
    assert.equal(new Set(offsets).size, 50);
    assert.ok(Math.max(...offsets) - Math.min(...offsets) > limits.epoch / 2);
  });

  it("derives the same chain on both sides, with either provider", () => {
    assert.deepEqual(startChain(nodeCrypto(), root.slice(), NOW), start);
  });

  it("includes the adjacent epochs at pairing, even with a clock a day off", () => {
    for (const now of [NOW - limits.pairClockSkew, NOW, NOW + limits.pairClockSkew]) {
      const epoch = epochOf(now, start.offset);
      const chain = advance(crypto, start, now);
      for (const near of [epoch - 1, epoch, epoch + 1])
        assert.equal(secretAt(crypto, chain, near)?.length, 32, `${near - current}`);
    }
  });

  it("derives an independent secret for every epoch", () => {
    const secrets = Array.from({ length: 20 }, (_, i) => secretAt(crypto, start, start.epoch + i));
    assert.equal(new Set(secrets.map((secret) => toHex(secret ?? new Uint8Array(0)))).size, 20);
  });

  it("derives the same secrets before and after advancing", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 25 }),
        fc.integer({ min: 0, max: 20 }),
        (days, more) => {
          const now = NOW + days * DAY;
          const epoch = epochOf(now, start.offset) - 1 + more;
          const late = advance(crypto, start, now, true);
          assert.deepEqual(secretAt(crypto, late, epoch), secretAt(crypto, start, epoch));
        },
      ),
      { numRuns: 40 },
    );
  });

  it("erases epochs before the previous one without a trace", () => {
    const now = NOW + 10 * DAY;
    const late = advance(crypto, start, now, true);
    const oldest = epochOf(now, start.offset) - 1;
    assert.equal(late.epoch, oldest);
    assert.ok(secretAt(crypto, late, oldest));
    assert.equal(secretAt(crypto, late, oldest - 1), undefined);
    const held = Object.values(late).filter((value) => value instanceof Uint8Array);
    assert.deepEqual(held, [late.root]);
    for (let epoch = start.epoch; epoch < oldest; epoch++)
      assert.ok(!equal(late.root, secretAt(crypto, start, epoch) as Uint8Array));
  });

  it("advances exactly at the boundary, and is the same object until then", () => {
    const chain = advance(crypto, start, begin(current));
    assert.equal(chain.epoch, current - 1);
    assert.equal(advance(crypto, chain, begin(current + 1) - 1), chain);
    assert.equal(advance(crypto, chain, begin(current + 1)).epoch, current);
  });

  it("never goes back", () => {
    const chain = advance(crypto, start, NOW + 5 * DAY, true);
    for (const now of [0, NOW - 1000 * DAY, NOW, NOW + 4 * DAY])
      assert.equal(advance(crypto, chain, now), chain);
  });

  it("keeps its roots when the clock jumps, until the peer proves the jump", () => {
    const edge = begin(start.epoch + 1 + limits.epochsUnproven);
    assert.equal(advance(crypto, start, edge).epoch, start.epoch + limits.epochsUnproven);
    const beyond = edge + DAY;
    assert.equal(advance(crypto, start, beyond), start);
    assert.ok(secretAt(crypto, start, epochOf(beyond, start.offset)));
    assert.equal(
      advance(crypto, start, beyond, true).epoch,
      start.epoch + limits.epochsUnproven + 1,
    );
  });

  it("limits the work of one call, proven or not", () => {
    const last = start.epoch + limits.epochsAhead;
    assert.equal(secretAt(crypto, start, last)?.length, 32);
    assert.equal(secretAt(crypto, start, last + 1), undefined);
    assert.equal(secretAt(crypto, start, Number.MAX_SAFE_INTEGER), undefined);
    assert.equal(secretAt(crypto, start, start.epoch + 0.5), undefined);
    assert.equal(secretAt(crypto, start, Number.NaN), undefined);
    assert.equal(advance(crypto, start, begin(last + 2), true), start);
  });

  it("leaves its input unchanged, and returns no view of it", () => {
    const given = root.slice();
    const chain = startChain(crypto, given, NOW);
    const before = structuredClone(chain);
    secretAt(crypto, chain, chain.epoch)?.fill(0);
    secretAt(crypto, chain, chain.epoch + 3);
    advance(crypto, chain, NOW + 3 * DAY);
    given.fill(0);
    assert.deepEqual(chain, before);
  });
});
