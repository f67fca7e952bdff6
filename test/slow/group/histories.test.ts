import fc from "fast-check";
import { replay } from "../../../src/group/replay.ts";
import { historiesOf } from "../../group/histories.ts";
import { laws } from "../../group/laws.ts";
import { shareOf } from "../../support/share.ts";

/** How many histories are made for all laws together, and the seed of the first of them. */
const SEEDS = Number(process.env.SOTTO_SEEDS ?? shareOf(5_000));
const FIRST = Number(process.env.SOTTO_FIRST_SEED ?? 1);
/** Histories of one test: each test has its time limit. */
const SHARE = 250;

describe("random histories of a group", () => {
  for (let from = FIRST; from < FIRST + SEEDS; from += SHARE) {
    const numRuns = Math.min(SHARE, FIRST + SEEDS - from);
    it(`keep every law (${numRuns} from seed ${from})`, () => {
      const property = fc.property(historiesOf(replay), fc.nat(10_000), (history, other) => {
        for (const holds of Object.values(laws)) holds(history, other);
      });
      fc.assert(property, { numRuns, seed: from });
    });
  }
});
