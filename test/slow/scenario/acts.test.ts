import { actStorm } from "../../scenario/acts.ts";
import { shareOf } from "../../support/share.ts";

const SEEDS = shareOf(40);

describe("edits, deletions and reactions in long storms", () => {
  for (let seed = 1; seed <= SEEDS; seed++)
    it(`leave the same on both sides (seed ${seed})`, () =>
      actStorm(8000 + seed, { cut: 0.2, kill: seed % 2 === 0 ? 0.15 : 0.03, steps: 300 }));
});
