import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Broken, report } from "../../scripts/test/report.ts";
import { faultsOf, runSuite } from "../../scripts/test/run-suite.ts";
import { scratchParent } from "../../scripts/test/scratch.ts";
import {
  all,
  fast,
  filesOf,
  root,
  shardFolders,
  shards,
  testFiles,
} from "../../scripts/test/suites.ts";

describe("the suites", () => {
  const files = testFiles();

  it("run every slow file in exactly one shard and every other file in npm test", () => {
    const slow = ["slow/", ...shardFolders].map((folder) => `test/${folder}`);
    for (const file of files) {
      const suites = Object.entries({ all, ...shards })
        .filter(([, suite]) => filesOf(suite, [file]).length > 0)
        .map(([name]) => name);
      assert.equal(suites.length, 1, `${file} is in: ${suites.join(", ")}`);
      const isSlow = slow.some((folder) => file.startsWith(folder));
      assert.equal(suites[0] !== "all", isSlow, file);
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
      it(`fails where a test ends its process as if all was well (jobs: ${jobs})`, async () => {
        const good = await run('it("a", () => {}); it("b", () => {});', jobs);
        assert.deepEqual(good, {
          counts: { passes: 2, failures: 0, pending: 0 },
          faults: [],
          failed: [],
        });
        const ended = await run('it("a", () => {}); it("b", () => process.exit(0));', jobs);
        assert.notDeepEqual(ended.faults, []);
      });

    for (const jobs of [1, 2])
      it(`names each failed test and hook, and its error (jobs: ${jobs})`, async () => {
        const { failed } = await run(
          `describe("a group", () => {
            it("passes", () => {});
            it("fails", () => { throw new Error("planted"); });
            it("waits", () => Promise.reject(new Error("later")));
            afterEach("clean", () => {});
            after("end", () => { throw new Error("hook"); });
          });`,
          jobs,
        );
        assert.deepEqual(
          failed.map(({ title }) => title),
          ["a group fails", "a group waits", 'a group "after all" hook: end for "waits"'],
        );
        for (const [i, message] of ["planted", "later", "hook"].entries()) {
          assert.match(failed[i]?.error ?? "", new RegExp(`^Error: ${message}\n +at `));
          assert.match(failed[i]?.file ?? "", /planted\.test\.ts$/);
        }
      });

    it("names the tests that failed before it ended", async () => {
      const { failed, counts } = await run(
        'it("a", () => { throw new Error("a"); }); it("b", () => process.exit(0));',
        1,
      );
      assert.equal(counts, undefined);
      assert.deepEqual(
        failed.map(({ title }) => title),
        ["a"],
      );
    });
  });
});

describe("temporary files of a run", () => {
  const line = (options: string) => `proc /proc proc rw 0 0\ntmpfs /dev/shm tmpfs ${options} 0 0\n`;
  const parent = (mounts: string, free = 2 ** 40) =>
    scratchParent(
      () => mounts,
      () => free,
    );

  it("are in memory only where there is enough and programs may run", () => {
    assert.equal(parent(line("rw,relatime")), "/dev/shm");
    assert.equal(parent(line("rw,noexec,relatime")), tmpdir());
    assert.equal(parent(line("ro,relatime")), tmpdir());
    assert.equal(parent("proc /proc proc rw 0 0\n"), tmpdir());
    assert.equal(parent(line("rw,relatime"), 64 * 2 ** 20), tmpdir());
    const missing = () => {
      throw new Error("ENOENT");
    };
    assert.equal(scratchParent(missing), tmpdir());
  });

  it("are removed with the directory of the run", async () => {
    const directory = mkdtempSync(join(tmpdir(), "sotto-suite-"));
    try {
      const file = join(directory, "planted.test.ts");
      const told = join(directory, "told");
      writeFileSync(
        file,
        `const { writeFileSync } = process.getBuiltinModule("node:fs");
        const { tmpdir } = process.getBuiltinModule("node:os");
        it("a", () => {
          writeFileSync(tmpdir() + "/left", "");
          writeFileSync(${JSON.stringify(told)}, tmpdir());
        });`,
      );
      const rules = { jobs: 1, floor: 1, minutes: 1, complete: true, quiet: true };
      for (const onDisk of [false, true]) {
        const { faults } = await runSuite({ ...rules, onDisk, files: [file] });
        assert.deepEqual(faults, []);
        const place = readFileSync(told, "utf8");
        assert.equal(dirname(place), onDisk ? tmpdir() : scratchParent());
        assert.ok(!existsSync(place));
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

describe("the report of a run", () => {
  const failure = (i: number) => ({
    file: "test/base/a.test.ts",
    title: `a group test ${i}`,
    error: Array.from({ length: 30 }, (_, line) => `line ${line} of error ${i}`).join("\n\n"),
  });
  const broken = (count: number): Broken => ({
    suite: "chaos",
    faults: [`${count} tests failed`],
    failed: Array.from({ length: count }, (_, i) => failure(i)),
  });

  it("has the suite, the file, the title and the first lines of the error", () => {
    assert.deepEqual(report([]), []);
    assert.deepEqual(report([{ ...broken(1), faults: ["1 tests failed", "mocha ended with 1"] }]), [
      "chaos: 1 tests failed",
      "chaos: mocha ended with 1",
      "failed in chaos: test/base/a.test.ts: a group test 0",
      ...[0, 1, 2, 3, 4].map((line) => `    line ${line} of error 0`),
    ]);
  });

  it("names every test in 40 lines: without errors where they are many", () => {
    for (const count of [7, 39, 40, 5000]) {
      const lines = report([broken(count)]);
      assert.ok(lines.length <= 40, `${count} failures`);
      assert.equal(
        lines.filter((line) => line.startsWith("failed in")).length,
        Math.min(count, count > 39 ? 38 : 39),
      );
    }
    assert.equal(report([broken(5000)]).at(-1), "and 4962 more lines");
  });

  it("has no line of more than 240 columns, even where a name or an error has", () => {
    const long = { file: "a", title: "name\nof two lines".repeat(100), error: "x".repeat(1e6) };
    const lines = report([{ suite: "all", faults: [], failed: [long] }]);
    assert.equal(lines.length, 2);
    for (const line of lines) assert.equal(line.length, 240);
  });

  it("precedes the last line of .ci/run, which has the sums", () => {
    const directory = mkdtempSync(join(tmpdir(), "sotto-sum-"));
    try {
      const files = [[broken(2)], []].map((suites, i) => {
        const file = join(directory, `${i}.counts`);
        const counts = { passes: 5, failures: i === 0 ? 2 : 0, pending: 0 };
        writeFileSync(file, JSON.stringify({ ...counts, report: report(suites) }));
        return file;
      });
      const sum = (...args: string[]) =>
        spawnSync(process.execPath, ["--import", "tsx", "scripts/test/sum.ts", ...args], {
          cwd: root,
          encoding: "utf8",
        });
      const failed = sum(...files, join(directory, "missing.counts"));
      assert.equal(failed.status, 1, failed.stderr);
      assert.deepEqual(failed.stdout.split("\n"), [
        ...report([broken(2)]),
        "10 passed, 2 failed",
        "",
      ]);
      assert.equal(sum(...files.slice(1)).status, 0);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
