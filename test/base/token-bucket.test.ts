import assert from "node:assert/strict";
import { TokenBucket } from "../../src/base/index.ts";

describe("base/rate-limit: a token bucket", () => {
  const clock = { at: 1_000_000, now: () => clock.at };
  beforeEach(() => {
    clock.at = 1_000_000;
  });

  it("has a burst, and then its rate", () => {
    const bucket = new TokenBucket(clock, 2, 3);
    const takes = () => Array.from({ length: 5 }, () => bucket.take()).filter(Boolean).length;
    assert.equal(takes(), 3);
    clock.at += 499;
    assert.equal(takes(), 0);
    clock.at += 1;
    assert.equal(takes(), 1);
    clock.at += 3_600_000;
    assert.equal(takes(), 3);
  });

  it("spends more than there is as a debt, and says for how long", () => {
    const bucket = new TokenBucket(clock, 10, 10);
    bucket.spend(30);
    assert.equal(bucket.wait(), 2_000);
    assert.equal(bucket.take(0), false);
    clock.at += 2_000;
    assert.equal(bucket.wait(), 0);
    assert.equal(bucket.take(), false);
  });

  it("gains nothing from a clock that is set back", () => {
    const bucket = new TokenBucket(clock, 1, 1);
    assert.equal(bucket.take(), true);
    clock.at -= 60_000;
    assert.equal(bucket.take(), false);
    clock.at += 1_000;
    assert.equal(bucket.take(), true);
  });
});
