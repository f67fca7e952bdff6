import assert from "node:assert/strict";
import { conversations, stepsOf, strikeAt } from "../scenario/crashes.ts";
import { holds, replay, shrink } from "../scenario/replay.ts";
import { faults, scenarioOf, simulate } from "../scenario/simulation.ts";

const { SOTTO_SEED, SOTTO_KEEP } = process.env;

describe("a simulated network of messengers", () => {
  if (SOTTO_SEED !== undefined) {
    it(`keeps every law (seed ${SOTTO_SEED})`, () => replay(Number(SOTTO_SEED), SOTTO_KEEP));
    return;
  }

  for (let seed = 1; seed <= 24; seed++) it(`keeps every law (seed ${seed})`, () => holds(seed));

  it("does the very same again for the same seed", async () => {
    for (const seed of [3, 5]) {
      const [first, second] = [await simulate(scenarioOf(seed)), await simulate(scenarioOf(seed))];
      assert.ok(first.steps > 100);
      assert.equal(first.trace, second.trace);
    }
    const other = await simulate(scenarioOf(4));
    assert.notEqual(other.trace, (await simulate(scenarioOf(5))).trace);
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
  // Every step is tried by the slow tests; here each of them has its turn with one fault.
  const STRIDE = 9;
  for (const [name, scenario] of Object.entries(conversations))
    it(`of ${name} survives whatever happens at a step`, async () => {
      const steps = await stepsOf(scenario);
      assert.ok(steps > 80, `${steps} steps`);
      for (let step = 1; step <= steps; step += STRIDE) {
        const what = faults[Math.floor(step / STRIDE) % faults.length] ?? "own";
        const { broken, last } = await strikeAt(scenario, step, what);
        assert.deepEqual(broken, [], `${what} at step ${step}:\n${last.join("\n")}`);
      }
    });
});
