import assert from "node:assert/strict";
import { Interrupted } from "../../../src/cli/runtime/exit-codes.ts";
import { askYes } from "../../../src/cli/runtime/prompt.ts";

describe("cli, a question with the answers yes and no", () => {
  for (const [key, sequence] of [
    ["escape", "\u001b"],
    ["c", "\u0003"],
  ] as const)
    it(`reports that nothing was changed when it is left by ${key}`, async () => {
      const asked = askYes("Continue?");
      // It reads keys once its module is loaded.
      while (process.stdin.listenerCount("keypress") === 0)
        await new Promise((resolve) => setImmediate(resolve));
      process.stdin.emit("keypress", sequence, { name: key, sequence, ctrl: key === "c" });
      await assert.rejects(asked, (error) => {
        assert.ok(error instanceof Interrupted);
        assert.equal(error.message, "Nothing was changed.");
        return true;
      });
    });
});
