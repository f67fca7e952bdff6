import { stormyPairing } from "../../scenario/pairing.ts";

describe("long storms over pairing", () => {
  for (let seed = 1; seed <= 300; seed++)
    it(`end with both paired (seed ${seed})`, () => stormyPairing(20_000 + seed));
});
