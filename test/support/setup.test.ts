import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { Unreachable } from "../../src/base/index.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

describe("a run of the tests", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "sotto-setup-"));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  /**
   * Runs mocha with our setup over files of tests, named a.test.ts, b.test.ts and so on.
   *
   * @param jobs processes of a parallel run; with one, mocha runs the files itself.
   */
  async function run(
    tests: readonly string[],
    jobs = 1,
  ): Promise<{ code: number; counts: unknown; output: string }> {
    const countsFile = join(directory, "counts.json");
    const files = tests.map((text, i) => {
      const file = join(directory, `${"abc"[i]}.test.ts`);
      writeFileSync(file, text);
      return file;
    });
    const mocha = join(root, "node_modules/mocha/bin/mocha.js");
    const parallel = ["--parallel", "--jobs", String(jobs)];
    let output = "";
    const code = await new Promise<number>((resolve) => {
      const child = execFile(process.execPath, [mocha, ...parallel, ...files], {
        cwd: root,
        env: {
          ...process.env,
          SOTTO_TEST_COUNTS: countsFile,
          // What fails here is no failure of the run that runs this.
          SOTTO_TEST_FAILURES: join(directory, "failures"),
        },
      });
      child.stdout?.on("data", (text) => {
        output += text;
      });
      child.on("close", (status) => resolve(status ?? -1));
    });
    const counts = existsSync(countsFile)
      ? JSON.parse(readFileSync(countsFile, "utf8"))
      : undefined;
    return { code, counts, output };
  }

  /**
   * Fails by a rejection that nothing handles. Its promise never settles: a test that ends after
   * it has failed would be counted once more if the run still continued then.
   */
  const lost = `it("lost", () => {
    void Promise.reject(new Error("lost"));
    return new Promise(() => {});
  });`;

  it("writes mocha's own counts", async () => {
    const tests =
      'it("a", () => {}); it("b", () => {}); it("c"); it("d", () => { throw new Error("d"); });';
    for (const jobs of [1, 2]) {
      const { code, counts } = await run([tests], jobs);
      assert.deepEqual(counts, { passes: 2, failures: 1, pending: 1 });
      assert.notEqual(code, 0);
    }
  });

  it("fails a test on an unhandled rejection and continues with the next one", async () => {
    const { code, counts, output } = await run([`${lost} it("b", () => {});`]);
    assert.match(output, /unhandled rejection: Error: lost/);
    assert.deepEqual(counts, { passes: 1, failures: 1, pending: 0 });
    assert.notEqual(code, 0);
  });

  it("does so in every file that a process of a parallel run executes", async () => {
    const quick = 'it("a", () => {});';
    const { code, counts, output } = await run([quick, quick, `${lost} it("b", () => {});`], 2);
    assert.match(output, /unhandled rejection: Error: lost/);
    assert.deepEqual(counts, { passes: 3, failures: 1, pending: 0 });
    assert.notEqual(code, 0);
  });

  it("loads a module that is imported later only once, as the program does", async () => {
    const later = await import("../../src/base/index.ts");
    assert.equal(later.Unreachable, Unreachable);
  });

  it("draws byte arrays up to the length that a property allows", () => {
    const lengths = fc.sample(fc.uint8Array({ maxLength: 300 }), 100).map(({ length }) => length);
    assert.ok(Math.max(...lengths) > 200);
  });
});
