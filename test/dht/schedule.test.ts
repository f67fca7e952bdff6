import assert from "node:assert/strict";
import fc from "fast-check";
import { limits } from "../../src/base/index.ts";
import {
  epochOf,
  epochsAccepted,
  epochsAround,
  nextBoundary,
  nextRefresh,
} from "../../src/dht/index.ts";
import { DAY, NOW } from "./keys.ts";

describe("dht/schedule", () => {
  it("republishes after 50 to 90 minutes, before a record is stale", () => {
    assert.equal(nextRefresh(NOW, 0), NOW + 50 * 60_000);
    assert.equal(nextRefresh(NOW, 0.5), NOW + 70 * 60_000);
    const last = nextRefresh(NOW, 1 - Number.EPSILON);
    assert.ok(last < NOW + 90 * 60_000 && last < NOW + limits.recordAge);
  });

  it("looks up the current epoch, and an adjacent one only near their boundary", () => {
    const offset = 12_345;
    const border = 20_000 * DAY - offset;
    const around = (distance: number) => epochsAround(border + distance, offset);
    assert.deepEqual(around(-limits.recordAge - 1), [19_999]);
    assert.deepEqual(around(-limits.recordAge), [19_999, 20_000]);
    assert.deepEqual(around(-1), [19_999, 20_000]);
    assert.deepEqual(around(0), [20_000, 19_999]);
    assert.deepEqual(around(limits.recordAge), [20_000, 19_999]);
    assert.deepEqual(around(limits.recordAge + 1), [20_000]);
  });

  it("covers every valid record, whichever epoch it was published in", () => {
    const time = fc.integer({ min: NOW, max: NOW + 3 * DAY });
    const age = fc.integer({ min: -limits.recordAhead, max: limits.recordAge });
    fc.assert(
      fc.property(time, age, fc.integer({ min: 0, max: DAY - 1 }), (now, old, offset) => {
        assert.ok(epochsAround(now, offset).includes(epochOf(now - old, offset)));
      }),
      { numRuns: 2000 },
    );
  });

  it("computes the next boundary exactly", () => {
    fc.assert(
      fc.property(fc.integer({ min: NOW, max: NOW + DAY }), fc.nat(DAY - 1), (now, offset) => {
        const border = nextBoundary(now, offset);
        assert.ok(border > now && border <= now + DAY);
        assert.equal(epochOf(border, offset), epochOf(now, offset) + 1);
        assert.equal(epochOf(border - 1, offset), epochOf(now, offset));
      }),
    );
  });

  it("accepts hellos of the current and both adjacent epochs", () => {
    const epoch = epochOf(NOW, 5);
    assert.deepEqual(epochsAccepted(NOW, 5), [epoch, epoch - 1, epoch + 1]);
  });
});
