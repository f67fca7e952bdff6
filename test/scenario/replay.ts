/**
 * Runs scenarios for tests: a failing one is made smaller and says the one line that runs it again.
 */
import assert from "node:assert/strict";
import type { Action } from "./plan.ts";
import { type Outcome, type Scenario, scenarioOf, simulate } from "./simulation.ts";

/** Runs that making a failing scenario smaller may take. */
const TRIES = 120;

/** The line that runs a scenario again: its seed, and which of its actions are left. */
function line({ seed, plan }: Scenario, kept: readonly number[]): string {
  const part = kept.length < plan.length ? `SOTTO_KEEP=${kept.join(",")} ` : "";
  return `SOTTO_SEED=${seed} ${part}npm run test:only -- test/messenger/simulation.test.ts`;
}

const chosen = (scenario: Scenario, kept: readonly number[]): Scenario => ({
  ...scenario,
  plan: kept.map((at) => scenario.plan[at] as Action),
});

/** Leaves out actions, ever fewer at a time, as long as the run still breaks a law. */
export async function shrink(
  scenario: Scenario,
  run: (scenario: Scenario) => Promise<Outcome> = simulate,
): Promise<number[]> {
  let kept = scenario.plan.map((_, at) => at);
  let tries = TRIES;
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = Math.floor(size / 2))
    for (let from = 0; from < kept.length && tries > 0; tries--) {
      const fewer = kept.filter((_, at) => at < from || at >= from + size);
      const { broken } = await run(chosen(scenario, fewer));
      if (broken.length > 0) kept = fewer;
      else from += size;
    }
  return kept;
}

/** Fails the test where a law was broken, with all that is needed to see it again. */
async function judge(scenario: Scenario, kept: readonly number[], outcome: Outcome): Promise<void> {
  const { broken, last, steps } = outcome;
  if (broken.length === 0) return;
  const { profile, crash } = scenario;
  assert.fail(
    [
      ...broken.slice(0, 5),
      `replay: ${line(scenario, kept)}`,
      `profile: ${JSON.stringify(profile)}${crash ? `, crash ${JSON.stringify(crash)}` : ""}`,
      `actions: ${kept.map((at) => scenario.plan[at]?.kind).join(" ")}`,
      `${steps} steps, the last of them:`,
      ...last,
    ].join("\n"),
  );
}

/**
 * Runs the scenario of a seed.
 * @param run its first run; a failure is repeated and made smaller.
 */
export async function holds(seed: number, run: typeof simulate = simulate): Promise<void> {
  const scenario = scenarioOf(seed);
  const outcome = await run(scenario);
  if (outcome.broken.length === 0) return;
  const kept = await shrink(scenario);
  await judge(scenario, kept, await simulate(chosen(scenario, kept)));
}

/** Runs what `SOTTO_SEED` and `SOTTO_KEEP` name. */
export async function replay(seed: number, keep: string | undefined): Promise<void> {
  const scenario = scenarioOf(seed);
  const kept = keep?.split(",").map(Number) ?? scenario.plan.map((_, at) => at);
  await judge(scenario, kept, await simulate(chosen(scenario, kept)));
}
