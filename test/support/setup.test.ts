import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";

const root = fileURLToPath(new URL("../../", import.meta.url));

describe("a run of the tests", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "sotto-setup-"));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  /**
   * Runs mocha over one file of tests with our setup; gives its exit code and the counts it wrote.
   */
  async function run(tests: string): Promise<{ code: number; counts: unknown }> {
    const file = join(directory, "planted.test.ts");
    const countsFile = join(directory, "counts.json");
    writeFileSync(file, tests);
    const mocha = join(root, "node_modules/mocha/bin/mocha.js");
    const args = [mocha, "--config", join(root, ".mocharc.only.json"), file];
    const code = await new Promise<number>((resolve) => {
      const child = execFile(process.execPath, args, {
        cwd: root,
        env: { ...process.env, SOTTO_TEST_COUNTS: countsFile },
        timeout: 15_000,
      });
      child.on("close", (status) => resolve(status ?? -1));
    });
    const counts = existsSync(countsFile)
      ? JSON.parse(readFileSync(countsFile, "utf8"))
      : undefined;
    return { code, counts };
  }

  it("writes mocha's own counts", async () => {
    const { code, counts } = await run(
      'it("a", () => {}); it("b", () => {}); it("c"); it("d", () => { throw new Error("d"); });',
    );
    assert.deepEqual(counts, { passes: 2, failures: 1, pending: 1 });
    assert.notEqual(code, 0);
  });

  it("fails on a rejection that nobody handles, and goes on with the next test", async () => {
    const { code, counts } = await run(
      // Never settled: a test that ends after it was failed would be counted once more, if the run
      // still goes on by then.
      `it("a", () => { void Promise.reject(new Error("lost")); return new Promise(() => {}); });
       it("b", () => {});`,
    );
    assert.deepEqual(counts, { passes: 1, failures: 1, pending: 0 });
    assert.notEqual(code, 0);
  });

  it("draws bytes as long as a property asks for", () => {
    const lengths = fc.sample(fc.uint8Array({ maxLength: 300 }), 100).map(({ length }) => length);
    assert.ok(Math.max(...lengths) > 200);
  });

  it("runs every file of tests in one of its two configurations", () => {
    const config = (name: string) => JSON.parse(readFileSync(join(root, name), "utf8"));
    const fast = config(".mocharc.json");
    assert.deepEqual(fast.spec, ["test/**/*.test.ts"]);
    assert.deepEqual(fast.ignore, ["test/slow/**"]);
    assert.deepEqual(config(".mocharc.slow.json").spec, ["test/slow/**/*.test.ts"]);
    const strays = readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" }).filter(
      (path) => /[._](?:spec|test)\.\w+$/.test(path) && !path.endsWith(".test.ts"),
    );
    assert.deepEqual(strays, []);
  });
});
