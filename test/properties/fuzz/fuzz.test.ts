import assert from "node:assert/strict";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { corpus, kept } from "./corpus.ts";
import { mutated } from "./mutate.ts";
import { targets } from "./targets.ts";

/** Enough to notice what is broken now; test/slow/fuzz searches. */
const RUNS = 120;

describe("whatever arrives, in short", () => {
  for (const { name, seeds, run } of targets) {
    it(`${name}: keeps its promises for every input of the corpus`, async () => {
      for (const [file, input] of kept(name)) {
        try {
          await run(input);
        } catch (cause) {
          throw new Error(`test/corpus/${name}/${file} breaks a promise`, { cause });
        }
      }
    });

    it(`${name}: keeps its promises for changed inputs`, async () => {
      for (const seed of seeds) await run(seed);
      const inputs = [...seeds, ...kept(name).values()];
      await fc.assert(
        fc.asyncProperty(mutated(inputs), async (input) => run(input)),
        {
          numRuns: RUNS,
        },
      );
    });
  }

  it("keeps a corpus for its targets alone, and a small one", () => {
    const folders = readdirSync(corpus, { withFileTypes: true }).filter((entry) =>
      entry.isDirectory(),
    );
    const names = new Set(targets.map(({ name }) => name));
    assert.deepEqual(
      folders.filter((folder) => !names.has(folder.name)),
      [],
    );
    const files = folders.flatMap(({ name }) =>
      readdirSync(join(corpus, name)).map((file) => join(corpus, name, file)),
    );
    assert.ok(files.every((file) => file.endsWith(".bin")));
    assert.ok(files.reduce((sum, file) => sum + statSync(file).size, 0) < 200_000);
  });
});
