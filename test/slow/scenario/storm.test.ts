import { storm } from "../../scenario/storm.ts";
import { shareOf } from "../../support/share.ts";

const SEEDS = shareOf(150);

describe("long storms", () => {
  for (let seed = 1; seed <= SEEDS; seed++)
    it(`lose nothing, show nothing twice and use no key twice (seed ${seed})`, () =>
      storm(10_000 + seed, {
        steps: 120,
        cut: 0.1 + (seed % 5) * 0.1,
        kill: (seed % 4) * 0.08,
        lose: (seed % 3) * 0.3,
      }));
});
