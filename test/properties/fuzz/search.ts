/** Searches for inputs that break a promise of a target, for a fixed time. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { toHex } from "../../../src/base/index.ts";
import { kept } from "./corpus.ts";
import { mutated } from "./mutate.ts";
import type { Target } from "./target.ts";

/** Seconds for each target; FUZZ_SECONDS sets another number, FUZZ_TARGET the one target to run. */
const seconds = Number(process.env.FUZZ_SECONDS ?? 45);
const only = process.env.FUZZ_TARGET;

/** Defines a test for each target. */
export function searchInputs(targets: readonly Target[]): void {
  for (const { name, seeds, run } of targets.filter(
    (target) => only === undefined || target.name === only,
  ))
    it(`${name}: keeps its promises`, async function () {
      this.timeout((seconds + 60) * 1000);
      const inputs = [...seeds, ...kept(name).values()];
      let runs = 0;
      const details = await fc.check(
        fc.asyncProperty(mutated(inputs), async (input) => {
          runs += 1;
          await run(input);
        }),
        {
          numRuns: Number.MAX_SAFE_INTEGER,
          interruptAfterTimeLimit: seconds * 1000,
          maxSkipsPerRun: 0,
        },
      );
      assert.ok(runs > 0);
      if (!details.failed) return;
      const input = details.counterexample?.[0];
      const found = input ? toHex(input) : "nothing";
      throw new Error(
        `found after ${runs} inputs; node --import tsx test/corpus/add.ts ${name} ${found}`,
        { cause: details.errorInstance },
      );
    });
}
