/**
 * Changes the code in one place at a time and runs the tests that matter for it: one run of Stryker
 * a file, because a file with its own few tests takes a minute where all of them take an hour.
 *
 * npm run test:mutation every file of files.json
 * npm run test:mutation -- src/ratchet/kdf.ts these files
 * npm run test:mutation -- --minutes 10 in the order of files.json, for as long as that
 *
 * Ends with 0 only where every change was noticed or is explained in explained.json.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

interface Explanation {
  readonly why: string;
  /** As `described`. */
  readonly changes: readonly string[];
}

interface Place {
  readonly line: number;
  readonly column: number;
}

interface Mutant {
  readonly location: { readonly start: Place; readonly end: Place };
  readonly replacement: string;
  readonly status: string;
}

const root = fileURLToPath(new URL("..", import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), "sotto-mutation-"));
const [configFile, report] = [join(scratch, "config.json"), join(scratch, "report.json")];
const stryker = "mutation/node_modules/@stryker-mutator/core/bin/stryker.js";
/**
 * Each of them is a change that a test, the loading of the file or the limit of loops has noticed.
 */
const NOTICED = ["Killed", "Timeout", "RuntimeError", "CompileError"];

const read = <Value>(name: string): Value =>
  JSON.parse(readFileSync(new URL(name, import.meta.url), "utf8"));
/**
 * The tests of a file, under test/ and without their ending: the quickest first, since the first
 * failure ends a run. None for a file that has types or names alone.
 */
const testsOf = read<Record<string, readonly string[]>>("files.json");
for (const room of ["src/ratchet", "src/crypto"])
  for (const file of readdirSync(join(root, room)))
    if (!(`${room}/${file}` in testsOf)) throw new Error(`${room}/${file} is not in files.json`);
const explained = read<Record<string, readonly Explanation[]>>("explained.json");

/**
 * The line with the change in its place, every run of blanks as one: `if («a < b → false»)
 * return;`.
 */
function described(source: string, { location: { start, end }, replacement }: Mutant): string {
  const lines = source.split("\n").slice(start.line - 1, end.line);
  const [first = "", last = ""] = [lines[0], lines.at(-1)];
  const before = first.slice(0, start.column - 1);
  const original =
    lines.length === 1
      ? first.slice(start.column - 1, end.column - 1)
      : `${first.slice(start.column - 1)} …`;
  const after = last.slice(end.column - 1);
  return `${before}«${original} → ${replacement}»${after}`.replace(/\s+/g, " ").trim();
}

function mutantsOf(file: string, tests: readonly string[]): { source: string; mutants: Mutant[] } {
  const config = {
    ...read<object>("stryker.config.json"),
    mutate: [file],
    jsonReporter: { fileName: report },
    mochaOptions: {
      "no-config": true,
      extension: ["ts"],
      require: ["./test/support/setup.ts", "./mutation/setup.mjs"],
      spec: tests.map((test) => `test/${test}.test.ts`),
    },
  };
  writeFileSync(configFile, JSON.stringify(config));
  const { status, stdout, stderr } = spawnSync(process.execPath, [stryker, "run", configFile], {
    cwd: root,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`Stryker failed on ${file}:\n${stdout}${stderr}`);
  const { files } = JSON.parse(readFileSync(report, "utf8"));
  return files[file];
}

/** The number of changes that nobody noticed and nobody explained. */
function judge(file: string, tests: readonly string[]): number {
  const started = Date.now();
  const { source, mutants } = mutantsOf(file, tests);
  const known = new Set((explained[file] ?? []).flatMap(({ changes }) => changes));
  const survivors = mutants.filter(({ status }) => !NOTICED.includes(status));
  const unexplained = survivors.filter((mutant) => !known.has(described(source, mutant)));
  const seconds = Math.round((Date.now() - started) / 1000);
  const noticed = mutants.length - survivors.length;
  const counts = [mutants.length, noticed, survivors.length - unexplained.length];
  console.log(`| \`${file}\` | ${counts.join(" | ")} | ${seconds} |`);
  for (const mutant of unexplained)
    console.log(`  ${file}:${mutant.location.start.line}: ${described(source, mutant)}`);
  return unexplained.length;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { minutes: { type: "string" } },
});
const end = Date.now() + 60_000 * Number(values.minutes ?? Number.POSITIVE_INFINITY);
if (Number.isNaN(end)) throw new Error("--minutes takes a number");
for (const file of positionals)
  if (!(file in testsOf)) throw new Error(`${file} is not in files.json`);

console.log("| file | changes | noticed | explained | seconds |");
const left: string[] = [];
let unexplained = 0;
for (const [file, tests] of Object.entries(testsOf)) {
  if (tests.length === 0 || (positionals.length > 0 && !positionals.includes(file))) continue;
  if (Date.now() < end) unexplained += judge(file, tests);
  else left.push(file);
}
rmSync(scratch, { recursive: true });
if (left.length > 0) console.log(`Out of time, so not run: ${left.join(", ")}.`);
console.log(
  unexplained === 0
    ? "Every change was noticed or is explained."
    : `${unexplained} changes were neither noticed nor explained: see above.`,
);
process.exitCode = unexplained === 0 ? 0 : 1;
