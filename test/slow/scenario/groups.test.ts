import assert from "node:assert/strict";
import { faultsOf, groupOf, settle, storm } from "../../scenario/groups.ts";
import { shareOf } from "../../support/share.ts";

const SEEDS = shareOf(30);

describe("groups in long storms", () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const count = 3 + (seed % 6);
    it(`lose nothing and show nothing twice (seed ${seed}, ${count} members)`, async () => {
      const made = await groupOf(9000 + seed, count);
      await storm(made, 150);
      await settle(made, made.nodes);
      assert.deepEqual(await faultsOf(made, made.nodes), []);
      await made.world.stop();
    });
  }
});
