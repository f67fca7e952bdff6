import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { join } from "node:path";
import { filesOf, flipped, type Homes, makeHomes } from "./bytes.ts";

/** Bytes of each file that are tried here; test/slow tries nearly all. */
const SAMPLE = 6;

describe("a flipped byte in any file of a home", function () {
  this.timeout(60_000);
  let homes: Homes;
  before(async () => {
    homes = await makeHomes();
  });
  after(() => homes.remove());

  for (const kind of ["closed", "killed"] as const)
    it(`is detected or makes no difference: ${kind}`, async () => {
      const home = homes[kind];
      const files = filesOf(home);
      for (const part of ["keyring", "store.key", "CURRENT", "MANIFEST", ".ldb", "vault"])
        assert.ok(
          files.some((name) => name.includes(part)),
          part,
        );
      assert.equal(
        files.some((name) => name.endsWith(".log")),
        kind === "killed",
      );
      for (const file of files) {
        const { size } = statSync(join(home, file));
        let noticed = 0;
        const trials = Math.min(SAMPLE, size);
        for (let trial = 0; trial < trials; trial++)
          if ((await flipped(home, file, Math.floor(((trial + 0.5) * size) / trials))).length > 0)
            noticed += 1;
        // Of these every byte counts.
        if (/keyring|store\.key|CURRENT/.test(file)) assert.equal(noticed, trials, file);
      }
    });
});
