import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { faultsOf, runSuite } from "../../scripts/test/run-suite.ts";
import { all, fast, filesOf, root, shards, testFiles } from "../../scripts/test/suites.ts";

describe("the suites", () => {
  const files = testFiles();

  it("run every slow file in exactly one shard and every other file in npm test", () => {
    for (const file of files) {
      const suites = Object.entries({ all, ...shards })
        .filter(([, suite]) => filesOf(suite, [file]).length > 0)
        .map(([name]) => name);
      assert.equal(suites.length, 1, `${file} is in: ${suites.join(", ")}`);
      assert.equal(suites[0] !== "all", file.startsWith("test/slow/"), file);
    }
  });

  it("name folders and files that have tests", () => {
    for (const { paths, without = [], first = [] } of [all, fast, ...Object.values(shards)])
      for (const path of [...paths, ...without, ...first])
        assert.notDeepEqual(filesOf({ ...all, paths: [path], without: [] }), [], path);
  });

  it("start the files that take longest first, in the order of their list", () => {
    const suite = { ...all, first: ["wire/ack.test.ts", "base/"] };
    const started = filesOf(suite, files);
    const base = files.filter((file) => file.startsWith("test/base/"));
    assert.deepEqual(started.slice(0, base.length + 1), ["test/wire/ack.test.ts", ...base]);
    assert.deepEqual(started.toSorted(), filesOf({ ...all, first: [] }, files));
  });

  it("find every file of tests: none has another ending", () => {
    const strays = readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" }).filter(
      (path) => /[._](?:spec|test)\.\w+$/.test(path) && !path.endsWith(".test.ts"),
    );
    assert.deepEqual(strays, []);
  });

  it("keep the fast suite within npm test", () => {
    const within = new Set(filesOf(all, files));
    assert.deepEqual(
      filesOf(fast, files).filter((file) => !within.has(file)),
      [],
    );
  });
});

describe("a run of a suite", () => {
  const passed = { passes: 5, failures: 0, pending: 0 };

  it("fails without counts, below its floor, with a failure, and with a skip where none may be", () => {
    const rules = { floor: 5, complete: true };
    assert.deepEqual(faultsOf(rules, passed), []);
    assert.match(faultsOf(rules, undefined).join(), /before mocha wrote its counts/);
    assert.match(faultsOf({ ...rules, floor: 6 }, passed).join(), /5 tests; .* at least 6/);
    assert.match(faultsOf(rules, { ...passed, failures: 1 }).join(), /1 tests failed/);
    assert.match(faultsOf(rules, { ...passed, pending: 1 }).join(), /1 tests were skipped/);
    assert.deepEqual(faultsOf({ ...rules, complete: false }, { ...passed, pending: 1 }), []);
    assert.deepEqual(faultsOf({ floor: 6, complete: false }, { ...passed, pending: 1 }), []);
  });

  describe("in mocha", () => {
    let directory: string;
    beforeEach(() => {
      directory = mkdtempSync(join(tmpdir(), "sotto-suite-"));
    });
    afterEach(() => rmSync(directory, { recursive: true }));

    const run = (tests: string, jobs: number) => {
      const file = join(directory, "planted.test.ts");
      writeFileSync(file, tests);
      const rules = { jobs, floor: 2, minutes: 1, complete: true };
      return runSuite({ ...rules, files: [file], quiet: true });
    };

    for (const jobs of [1, 2])
      it(`names the tests that failed, with their errors (jobs: ${jobs})`, async () => {
        const { counts, failed } = await run(
          'describe("s", () => { it("a", () => {}); it("b", () => { throw new Error("why"); }); });',
          jobs,
        );
        assert.deepEqual(counts, { passes: 1, failures: 1, pending: 0 });
        assert.deepEqual(
          failed.map(({ title }) => title),
          ["s b"],
        );
        assert.match(failed[0]?.file ?? "", /planted\.test\.ts$/);
        assert.match(failed[0]?.error ?? "", /why\n.*planted\.test\.ts/s);
      });

    for (const jobs of [1, 2])
      it(`fails where a test ends its process as if all was well (jobs: ${jobs})`, async () => {
        const good = await run('it("a", () => {}); it("b", () => {});', jobs);
        const counts = { passes: 2, failures: 0, pending: 0 };
        assert.deepEqual(good, { counts, failed: [], faults: [] });
        const ended = await run('it("a", () => {}); it("b", () => process.exit(0));', jobs);
        assert.notDeepEqual(ended.faults, []);
      });
  });
});
