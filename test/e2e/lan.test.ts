import assert from "node:assert/strict";
import { answerOf, canIsolate } from "../support/isolated.ts";

describe("two users on one LAN (needs permission to create a network namespace)", function () {
  this.timeout(60_000);

  before(async function () {
    if (!(await canIsolate())) this.skip();
  });

  it("pair and exchange messages without a bootstrap node", async () => {
    assert.deepEqual(await answerOf("test/e2e/lan-users.ts", 50_000), {
      paired: true,
      delivered: true,
      bootstrap: 0,
    });
  });
});
