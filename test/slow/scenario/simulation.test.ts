import assert from "node:assert/strict";
import { conversations, stepsOf, strikeAt } from "../../scenario/crashes.ts";
import { holds } from "../../scenario/replay.ts";
import { faults } from "../../scenario/simulation.ts";
import { shareOf } from "../../support/share.ts";

/** How many seeds are run, and the first of them. */
const SEEDS = Number(process.env.SOTTO_SEEDS ?? shareOf(2000));
const FIRST = Number(process.env.SOTTO_FIRST_SEED ?? 10_001);
/** Seeds of one test: each test has its time limit. */
const SHARE = 100;

describe("simulated networks of messengers", () => {
  for (let from = FIRST; from < FIRST + SEEDS; from += SHARE) {
    const end = Math.min(from + SHARE, FIRST + SEEDS);
    it(`keep every law (seeds ${from} to ${end - 1})`, async () => {
      for (let seed = from; seed < end; seed++) await holds(seed);
    });
  }
});

describe("every step of a short conversation", () => {
  for (const [name, scenario] of Object.entries(conversations))
    for (const what of faults)
      it(`of ${name} survives: ${what}`, async () => {
        const steps = await stepsOf(scenario);
        assert.ok(steps > 80, `${steps} steps`);
        for (let step = 1; step <= steps; step++) {
          const { broken, last } = await strikeAt(scenario, step, what);
          assert.deepEqual(broken, [], `step ${step}:\n${last.join("\n")}`);
        }
      });
});
