/** Runs one suite in mocha and judges the run by the counts that mocha wrote at its end. */
import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Failure } from "./report.ts";
import { scratchParent } from "./scratch.ts";
import { root } from "./suites.ts";

export interface Counts {
  readonly passes: number;
  readonly failures: number;
  /** Skipped tests. */
  readonly pending: number;
}

export interface Run {
  readonly files: readonly string[];
  readonly jobs: number;
  readonly floor: number;
  readonly minutes: number;
  /** Whether a skipped test is a failure. */
  readonly complete: boolean;
  /** Whether temporary files are kept on the disk, although there is memory for them. */
  readonly onDisk?: boolean;
  /** More arguments for mocha. */
  readonly mocha?: readonly string[];
  /** Whether mocha's output is dropped. */
  readonly quiet?: boolean;
}

export interface Verdict {
  /** `undefined` where the run ended before mocha did. */
  readonly counts: Counts | undefined;
  /** What is wrong with the run; empty where it passed. */
  readonly faults: readonly string[];
  /** The failed tests, also of a run that ended before mocha did. */
  readonly failed: readonly Failure[];
}

/** Runs mocha over the files; its output is shown. */
export async function runSuite(run: Run): Promise<Verdict> {
  // A short path: it is the start of the paths of Unix sockets, which have about 100 bytes at most.
  const scratch = mkdtempSync(join(run.onDisk ? tmpdir() : scratchParent(), "sotto-"));
  // Everybody's, as the usual one: some tests run the compiled program as another user.
  chmodSync(scratch, 0o1777);
  try {
    const file = join(scratch, "counts.json");
    const failures = join(scratch, "failures");
    const end = await mocha(run, {
      SOTTO_TEST_COUNTS: file,
      SOTTO_TEST_FAILURES: failures,
      SOTTO_TEST_PROGRAM: join(scratch, "program"),
      SOTTO_TEST_TMP: scratch,
    });
    const counts = read(file);
    const failed = existsSync(failures) ? readFileSync(failures, "utf8").trim().split("\n") : [];
    return {
      counts,
      faults: [...end, ...faultsOf(run, counts)],
      failed: failed.map((line) => JSON.parse(line)),
    };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Resolves with why the process did not end well; a run that hangs is stopped. */
function mocha(
  { files, jobs, minutes, mocha = [], quiet = false }: Run,
  env: NodeJS.ProcessEnv,
): Promise<string[]> {
  const parallel = jobs > 1 ? ["--parallel", "--jobs", String(jobs)] : [];
  const args = [join(root, "node_modules/mocha/bin/mocha.js"), ...parallel, ...mocha, ...files];
  const child = spawn(process.execPath, args, {
    cwd: root,
    stdio: quiet ? "ignore" : "inherit",
    env: { ...process.env, ...env },
    timeout: minutes * 60_000,
    // Mocha's launcher forwards no other signal to the process that runs the tests.
    killSignal: "SIGINT",
  });
  return new Promise((resolve) => {
    child.once("close", (code, signal) => {
      if (child.killed) resolve([`stopped after ${minutes} minutes`]);
      else if (signal !== null) resolve([`ended by ${signal}`]);
      else resolve(code === 0 ? [] : [`mocha ended with ${code}`]);
    });
  });
}

function read(file: string): Counts | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

/** What the counts of a run say against it. */
export function faultsOf(
  { floor, complete }: Pick<Run, "floor" | "complete">,
  counts: Counts | undefined,
): string[] {
  if (counts === undefined) return ["ended before mocha wrote its counts"];
  const { passes, failures, pending } = counts;
  const tests = passes + failures + pending;
  return [
    ...(failures > 0 ? [`${failures} tests failed`] : []),
    ...(tests < floor ? [`${tests} tests; a complete run has at least ${floor}`] : []),
    ...(complete && pending > 0 ? [`${pending} tests were skipped`] : []),
  ];
}
