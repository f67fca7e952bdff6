import assert from "node:assert/strict";
import { SottoError } from "../../../src/base/index.ts";
import { parseDurationArg, parseTimeArg } from "../../../src/cli/format/time.ts";

describe("a time that was typed", () => {
  it("is a number with a unit; any other text has the remedy of its place", () => {
    assert.equal(parseDurationArg("90s", "usage"), 90_000);
    const remedy = (code: Parameters<typeof parseDurationArg>[1]): string => {
      try {
        parseDurationArg("1y", code);
      } catch (error) {
        if (error instanceof SottoError && error.code === code) return error.remedy;
      }
      assert.fail("accepted");
    };
    assert.match(remedy("timer-invalid"), /365d.* or off/);
    assert.match(remedy("expiry-invalid"), /to 30d/);
    assert.match(remedy("usage"), /--help/);
  });

  it("is read in the time zone in which times are shown", () => {
    const zone = process.env.TZ;
    process.env.TZ = "Asia/Tokyo";
    try {
      const midnight = Date.UTC(2026, 3, 30, 15);
      for (const text of ["2026-05-01", "2026-05-01T00:00", "2026-05-01 00:00"])
        assert.equal(parseTimeArg(text, 0), midnight, text);
    } finally {
      if (zone === undefined) delete process.env.TZ;
      else process.env.TZ = zone;
    }
    for (const text of ["2026-13-01", "yesterday", "2026-05-01 or so"])
      assert.throws(() => parseTimeArg(text, 0), { code: "usage" }, text);
  });
});
