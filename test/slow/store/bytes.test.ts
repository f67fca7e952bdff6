import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { join } from "node:path";
import { filesOf, flipped, type Homes, makeHomes } from "../../store/integrity/bytes.ts";

/** Of long files that are of the same kind all over, every so many bytes. */
const STEPS: readonly (readonly [RegExp, number])[] = [
  [/^vault(\.copy)?$/, 16],
  [/\.(ldb|log)$/, 3],
];

describe("the bytes of every file of a home, flipped one by one", function () {
  this.timeout(1_200_000);
  let homes: Homes;
  before(async () => {
    homes = await makeHomes();
  });
  after(() => homes.remove());

  for (const kind of ["closed", "killed"] as const)
    it(`is noticed or makes no difference: ${kind}`, async () => {
      const home = homes[kind];
      let noticed = 0;
      for (const file of filesOf(home)) {
        const [, step] = STEPS.find(([pattern]) => pattern.test(file)) ?? [undefined, 1];
        for (let at = 0; at < statSync(join(home, file)).size; at += step)
          if ((await flipped(home, file, at)).length > 0) noticed += 1;
      }
      assert.ok(noticed > 500);
    });
});
