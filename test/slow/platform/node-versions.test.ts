import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fast } from "../../../scripts/test/suites.ts";
import { build, type Program } from "../../cli/built.ts";
import { installNode, majors, run } from "./node-binaries.ts";

/** The end of a long output: what failed is listed there. */
const tail = (said: string): string => said.split("\n").slice(-120).join("\n");

// `npm test` runs on the oldest one.
for (const major of majors.slice(1))
  describe(`Node ${major}`, function () {
    this.timeout((fast.minutes + 2) * 60_000);
    let directory: string;
    let node: string;
    let env: NodeJS.ProcessEnv;
    let sotto: Program;

    before(async () => {
      directory = mkdtempSync(join(tmpdir(), "sotto-node-"));
      const bin = await installNode(`${major}`, directory);
      node = join(bin, "node");
      // A test that starts `node` or a script of npm gets this version too.
      env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` };
      delete env.SOTTO_TEST_COUNTS;
      delete env.SOTTO_TEST_FAILURES;
      sotto = build();
    });
    after(async () => {
      await sotto?.clear();
      rmSync(directory, { recursive: true, force: true });
    });

    it("runs the demo", async () => {
      const { code, said } = await run(node, [sotto.bin, "demo"], { env });
      assert.equal(code, 0, said);
    });

    it("passes the fast tests", async () => {
      const counts = join(directory, "counts.json");
      const args = ["--import", "tsx", "scripts/test/main.ts", "fast", "--counts", counts];
      const { code, said } = await run(node, args, { env });
      assert.equal(code, 0, tail(said));
      const { passes, failures } = JSON.parse(readFileSync(counts, "utf8"));
      assert.equal(failures, 0);
      assert.ok(passes >= fast.floor, `${passes} tests passed`);
    });
  });
