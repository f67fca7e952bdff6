import assert from "node:assert/strict";
import type { MethodName, Result } from "../../src/api/index.ts";
import { confirmed } from "../../src/cli/demo/steps.ts";

describe("the demo", () => {
  it("waits for a confirmation that comes later than the answer of contact.add", async () => {
    const contact = (pairing: string) =>
      ({ account: "a".repeat(64), pairing }) as Result<"contact.add">["contact"];
    const answers = ["handshaken", "handshaken", "confirmed"];
    const asked: unknown[] = [];
    const bob = {
      name: "bob",
      call: async <Name extends MethodName>(method: Name, params: unknown) => {
        asked.push([method, params]);
        return { contact: contact(answers.shift() ?? "denied") } as Result<Name>;
      },
    };
    await confirmed(bob, contact("handshaken"));
    assert.deepEqual(
      asked,
      [1, 2, 3].map(() => ["contact.show", { who: "a".repeat(64) }]),
    );
    await confirmed(bob, contact("confirmed"));
    assert.equal(asked.length, 3);
    await assert.rejects(confirmed(bob, contact("denied")), { code: "timed-out" });
  });
});
