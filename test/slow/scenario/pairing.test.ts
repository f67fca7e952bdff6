import { stormyPairing } from "../../scenario/pairing.ts";
import { shareOf } from "../../support/share.ts";

const SEEDS = shareOf(300);

describe("long storms over pairing", () => {
  for (let seed = 1; seed <= SEEDS; seed++)
    it(`end with both paired (seed ${seed})`, () => stormyPairing(20_000 + seed));
});
