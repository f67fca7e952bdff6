import assert from "node:assert/strict";
import { confirmed } from "../../../src/cli/args/confirm.ts";
import type { Context } from "../../../src/cli/runtime/context.ts";

const scripted = { interactive: false } as unknown as Context;

describe("cli, the option --yes", () => {
  it("is required without a terminal, and the error says what would be lost", async () => {
    await assert.rejects(confirmed("This removes bob\n✓.", {}, scripted), {
      code: "confirmation-needed",
      message: "This removes bob ✓.",
    });
    assert.equal(await confirmed("This removes bob.", { yes: true }, scripted), true);
  });
});
