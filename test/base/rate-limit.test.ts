import assert from "node:assert/strict";
import { createRateLimit } from "../../src/base/index.ts";

describe("base/rate-limit", () => {
  it("limits the requests of one source, and of all, per minute", () => {
    let now = 0;
    const allowed = createRateLimit({ now: () => now }, 2, 3);
    assert.deepEqual(
      ["a", "a", "a", "b", "b"].map((source) => allowed(source)),
      [true, true, false, true, false],
    );
    now = 60_000;
    assert.equal(allowed("a"), true);
  });

  it("restarts the minute when the clock is set back by hours", () => {
    let now = Date.UTC(2030, 0, 1);
    const allowed = createRateLimit({ now: () => now }, 1, 9);
    assert.deepEqual([allowed("a"), allowed("a")], [true, false]);
    now -= 3_600_000;
    assert.deepEqual([allowed("a"), allowed("a")], [true, false]);
    now += 59_999;
    assert.equal(allowed("a"), false);
    now += 1;
    assert.equal(allowed("a"), true);
  });

  it("reserves half for sources that have made few requests", () => {
    const allowed = createRateLimit({ now: () => 0 }, 20, 100);
    const served = (source: string, count: number): number =>
      Array.from({ length: count }, () => allowed(source)).filter((one) => one).length;
    // Busy sources share half of it, and then each has as much as every newcomer.
    assert.deepEqual(
      ["a", "b", "c", "d"].map((source) => served(source, 30)),
      [20, 20, 10, 2],
    );
    const newcomers = Array.from({ length: 30 }, (_, i) => served(`new ${i}`, 30));
    assert.deepEqual(newcomers, [...new Array(24).fill(2), ...new Array(6).fill(0)]);
  });

  it("has limits of its own for each group", () => {
    const allowed = createRateLimit({ now: () => 0 }, 1, 2);
    assert.deepEqual(
      [allowed("a", "x"), allowed("a", "x"), allowed("a", "y")],
      [true, false, true],
    );
    assert.deepEqual(
      [allowed("b", "x"), allowed("c", "x"), allowed("c", "y")],
      [true, false, true],
    );
  });
});
