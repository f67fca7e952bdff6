import assert from "node:assert/strict";
import { conversations, stepsOf, strikeAt } from "../scenario/crashes.ts";
import { holds, replay, shrink } from "../scenario/replay.ts";
import { faults, type Outcome, scenarioOf, simulate } from "../scenario/simulation.ts";

const { SOTTO_SEED, SOTTO_KEEP } = process.env;

const outcomes = new Map<number, Promise<Outcome>>();

/** The outcome of a seed, which is simulated once for all tests that ask. */
function outcomeOf(seed: number): Promise<Outcome> {
  const outcome = outcomes.get(seed) ?? simulate(scenarioOf(seed));
  outcomes.set(seed, outcome);
  return outcome;
}

describe("a simulated network of messengers", () => {
  if (SOTTO_SEED !== undefined) {
    it(`keeps every law (seed ${SOTTO_SEED})`, () => replay(Number(SOTTO_SEED), SOTTO_KEEP));
    return;
  }

  for (let seed = 1; seed <= 6; seed++)
    it(`keeps every law (seed ${seed})`, () => holds(seed, () => outcomeOf(seed)));

  for (const seed of [3, 5])
    it(`repeats the same trace for the same seed (${seed})`, async () => {
      const [first, second] = [await outcomeOf(seed), await simulate(scenarioOf(seed))];
      assert.ok(first.steps > 100);
      assert.equal(first.trace, second.trace);
    });

  it("has another trace for another seed", async () => {
    const [first, other] = [await outcomeOf(4), await outcomeOf(5)];
    assert.notEqual(first.trace, other.trace);
  });

  it("makes a failing scenario as small as its cause", async () => {
    const scenario = scenarioOf(3);
    const culprit = scenario.plan.findIndex(({ kind }) => kind !== "send");
    const kept = await shrink(scenario, async ({ plan }) => ({
      broken: plan.includes(scenario.plan[culprit] as (typeof plan)[0]) ? ["it"] : [],
      trace: "",
      steps: 0,
      last: [],
    }));
    assert.deepEqual(kept, [culprit]);
  });
});

describe("a short conversation", () => {
  // The slow tests try every fault at every step; here each step is tried with one of them.
  const STRIDE = 9;
  for (const [name, scenario] of Object.entries(conversations))
    describe(`of ${name}`, () => {
      let steps: number;
      before(async () => {
        steps = await stepsOf(scenario);
      });

      it("has more than 80 steps", () => assert.ok(steps > 80));

      for (const [offset, what] of faults.entries())
        it(`survives: ${what}`, async () => {
          for (let step = 1 + offset * STRIDE; step <= steps; step += STRIDE * faults.length) {
            const { broken, last } = await strikeAt(scenario, step, what);
            assert.deepEqual(broken, [], `at step ${step}:\n${last.join("\n")}`);
          }
        });
    });
});
