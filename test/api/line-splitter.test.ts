import assert from "node:assert/strict";
import fc from "fast-check";
import { lineSplitter, tooLong } from "../../src/api/index.ts";

describe("api/lines", () => {
  it("gives the same lines however the text was cut", () => {
    const cut = fc.array(fc.string({ unit: fc.constantFrom("a", "é", "\n", " ") }), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(cut, (chunks) => {
        const splitter = lineSplitter(1000);
        const lines = chunks.flatMap((chunk) => splitter.push(chunk));
        assert.deepEqual(lines, chunks.join("").split("\n").slice(0, -1));
      }),
    );
  });

  it("accepts a line at the cap, refuses one beyond it, and continues with the next", () => {
    const splitter = lineSplitter(4);
    assert.deepEqual(splitter.push("1234\n12345\nok\n"), ["1234", tooLong, "ok"]);
  });

  it("skips the rest of a long line that comes in many chunks", () => {
    const splitter = lineSplitter(4);
    assert.deepEqual(splitter.push("12345"), []);
    assert.deepEqual(splitter.push("67890"), []);
    assert.deepEqual(splitter.push("end\nok\n"), [tooLong, "ok"]);
  });
});
