import assert from "node:assert/strict";
import { answerOf, canIsolate } from "../support/isolated.ts";

describe("two people on one LAN (needs the right to make a network namespace)", function () {
  this.timeout(60_000);

  before(async function () {
    if (!(await canIsolate())) this.skip();
  });

  it("pair and talk with no bootstrap node at all", async () => {
    assert.deepEqual(await answerOf("test/e2e/lan-users.ts", 50_000), {
      paired: true,
      delivered: true,
      bootstrap: 0,
    });
  });
});
