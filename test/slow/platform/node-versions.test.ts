import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { arch, platform } from "node:process";
import { fast, root } from "../../../scripts/test/suites.ts";
import { build, type Program } from "../../cli/built.ts";

/** npm's package with the binary of Node for this machine; it runs no install script. */
const binaries = `node-${platform === "win32" ? "win" : platform}-${arch}`;

interface Ran {
  readonly code: number;
  /** Standard output and standard error. */
  readonly said: string;
}

/** Runs a program from the root of the repository. */
function run(file: string, args: readonly string[], env = process.env): Promise<Ran> {
  return new Promise((resolve) => {
    const options = { cwd: root, env, maxBuffer: 64 * 1024 * 1024 };
    execFile(file, args, options, (error, out, err) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
      resolve({ code, said: out + err });
    });
  });
}

/** The end of a long output: what failed is listed there. */
const tail = (said: string): string => said.split("\n").slice(-120).join("\n");

for (const major of [22, 24])
  describe(`Node ${major}`, function () {
    this.timeout((fast.minutes + 2) * 60_000);
    let directory: string;
    let node: string;
    let env: NodeJS.ProcessEnv;
    let sotto: Program;

    before(async () => {
      directory = mkdtempSync(join(tmpdir(), "sotto-node-"));
      const quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--prefix", directory];
      const installed = await run("npm", ["install", ...quiet, `${binaries}@${major}`]);
      assert.equal(installed.code, 0, installed.said);
      const bin = join(directory, "node_modules", binaries, "bin");
      node = join(bin, "node");
      // A test that starts `node` or a script of npm gets this version too.
      env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` };
      delete env.SOTTO_TEST_COUNTS;
      const { said } = await run(node, ["--version"]);
      assert.match(said, new RegExp(`^v${major}\\.`));
      sotto = build();
    });
    after(async () => {
      await sotto?.clear();
      rmSync(directory, { recursive: true, force: true });
    });

    it("runs the demo", async () => {
      const { code, said } = await run(node, [sotto.bin, "demo"], env);
      assert.equal(code, 0, said);
    });

    it("passes the fast tests", async () => {
      const counts = join(directory, "counts.json");
      const args = ["--import", "tsx", "scripts/test/main.ts", "fast", "--counts", counts];
      const { code, said } = await run(node, args, env);
      assert.equal(code, 0, tail(said));
      const { passes, failures } = JSON.parse(readFileSync(counts, "utf8"));
      assert.equal(failures, 0);
      assert.ok(passes >= fast.floor, `${passes} tests passed`);
    });
  });
