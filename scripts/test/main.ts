/**
 * Runs suites of tests, one after the other, and ends with 0 only where each was complete:
 *
 *   node --import tsx scripts/test/main.ts all|fast
 *   node --import tsx scripts/test/main.ts slow [SHARD...]   every shard, or these
 *   node --import tsx scripts/test/main.ts changed [REF]     tests that changes since REF can affect
 *
 * Options: --no-skips makes a skipped test a failure; --tenth runs a tenth of the seeds and kills
 * of slow tests; --counts FILE writes the sums and the report as JSON; -g PATTERN (--grep) runs the tests
 * whose names match.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { changedFiles, defaultBase, testsReaching } from "./changed.ts";
import { type Broken, report } from "./report.ts";
import { type Counts, runSuite } from "./run-suite.ts";
import { affectable, all, fast, filesOf, type Suite, shards } from "./suites.ts";

const USAGE = "usage: all | fast | slow [SHARD...] | changed [REF]";

interface Planned {
  readonly name: string;
  readonly suite: Suite;
  readonly files: readonly string[];
}

/** What `--counts` writes. */
export interface Written extends Counts {
  readonly report: readonly string[];
}

function plan(command: string | undefined, names: readonly string[]): Planned[] {
  const planned = (name: string, suite: Suite): Planned => ({ name, suite, files: filesOf(suite) });
  switch (command) {
    case "all":
      return [planned("all", all)];
    case "fast":
      return [planned("fast", fast)];
    case "slow":
      return (names.length > 0 ? names : Object.keys(shards)).map((name) => {
        const suite = shards[name];
        if (suite === undefined)
          throw new Error(`No shard ${name}; there are: ${Object.keys(shards).join(", ")}`);
        return planned(name, suite);
      });
    case "changed": {
      const files = testsReaching(changedFiles(names[0] ?? defaultBase()), filesOf(affectable));
      return files.length > 0 ? [{ name: "changed", suite: affectable, files }] : [];
    }
    default:
      throw new Error(USAGE);
  }
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    "no-skips": { type: "boolean", default: false },
    tenth: { type: "boolean", default: false },
    counts: { type: "string" },
    grep: { type: "string", short: "g" },
  },
});
const [command, ...names] = positionals;
if (values.tenth) process.env.SOTTO_TEST_SHARE = "0.1";

const sum = { passes: 0, failures: 0, pending: 0 };
const add = (counts: Counts): void => {
  sum.passes += counts.passes;
  sum.failures += counts.failures;
  sum.pending += counts.pending;
};
const lines: string[] = [];
const broken: Broken[] = [];
const suites = plan(command, names);
if (suites.length === 0) console.log("No test can be affected by what changed.");
for (const { name, suite, files } of suites) {
  const floor = values.tenth ? (suite.tenth ?? suite.floor) : suite.floor;
  console.log(`\n-- ${name}: ${files.length} files`);
  const started = Date.now();
  const { counts, faults, failed } = await runSuite({
    files,
    jobs: suite.jobs,
    onDisk: suite.onDisk ?? false,
    floor: values.grep === undefined ? floor : 1,
    minutes: suite.minutes,
    complete: values["no-skips"],
    mocha: [
      ...(command === "slow" ? ["--timeout", "600000"] : []),
      ...(values.grep === undefined ? [] : ["--grep", values.grep]),
    ],
  });
  if (counts !== undefined) add(counts);
  if (faults.length > 0) broken.push({ suite: name, faults, failed });
  const seconds = Math.round((Date.now() - started) / 1000);
  const shown = counts === undefined ? "no counts" : `${counts.passes} passed`;
  const verdict = faults.length > 0 ? `FAILED: ${faults.join("; ")}` : "ok";
  lines.push(`-- ${name}: ${shown}, ${seconds} s, ${verdict}`);
}
const text = report(broken);
if (values.counts !== undefined) {
  const written: Written = { ...sum, report: text };
  writeFileSync(values.counts, `${JSON.stringify(written)}\n`);
}
console.log([...text, ...lines].join("\n"));
process.exitCode = broken.length > 0 ? 1 : 0;
