import assert from "node:assert/strict";
import { exitCodeOfKeys } from "../../../src/cli/runtime/watch.ts";

describe("keys in a view that is shown again", () => {
  it("end it on q and ^C, and on no other", () => {
    assert.deepEqual(["q", "Q", "\u0003", "x", "", "\u001b[A"].map(exitCodeOfKeys), [
      0,
      0,
      130,
      undefined,
      undefined,
      undefined,
    ]);
  });
});
