/**
 * What every run of mocha shares; loaded before the tests, in each process that runs tests.
 *
 * A rejection that nothing handles ends a user's node, so it fails a test here; mocha ignores it.
 * For scripts/test, temporary files are made in the directory that SOTTO_TEST_TMP names, the counts
 * of a run are written as JSON to the file that SOTTO_TEST_COUNTS names, and each failed test, when
 * it fails, as a line of JSON to that of SOTTO_TEST_FAILURES.
 */
import { appendFileSync, writeFileSync } from "node:fs";
import { relative } from "node:path";
import type { Failure } from "../../scripts/test/report.ts";

// Only here, after tsx has taken the usual directory for its cache of compiled files.
const { SOTTO_TEST_TMP } = process.env;
if (SOTTO_TEST_TMP !== undefined) process.env.TMPDIR = SOTTO_TEST_TMP;

function failTest(reason: unknown): void {
  // Mocha's own complaint that a test which failed by such a rejection came to its end after all.
  if ((reason as { code?: unknown } | null)?.code === "ERR_MOCHA_MULTIPLE_DONE") return;
  // Thrown from here it is an uncaught exception, which mocha charges to the test that runs.
  throw new Error(`unhandled rejection: ${describeReason(reason)}`, { cause: reason });
}

/** Some libraries reject with an Event, which has no message. */
function describeReason(reason: unknown): string {
  if (reason instanceof Error) return reason.stack ?? reason.message;
  if (reason instanceof Event) return `an Event of type ${reason.type}`;
  return String(reason);
}

process.on("unhandledRejection", failTest);

export const mochaHooks = {
  /** A parallel run removes every such listener when one of its processes has run a file. */
  beforeAll(): void {
    if (!process.listeners("unhandledRejection").includes(failTest))
      process.on("unhandledRejection", failTest);
  },
};

/** Called by mocha with its runner as `this`, in the main process only. */
export function mochaGlobalSetup(this: Mocha.Runner): void {
  const { SOTTO_TEST_COUNTS: countsFile, SOTTO_TEST_FAILURES: failuresFile } = process.env;
  if (countsFile !== undefined)
    this.once("end", () => {
      const { passes, failures, pending } = this.stats as Mocha.Stats;
      writeFileSync(countsFile, `${JSON.stringify({ passes, failures, pending })}\n`);
    });
  if (failuresFile !== undefined)
    this.on("fail", (test, error) => {
      const line = JSON.stringify(failureOf(test, error));
      appendFileSync(failuresFile, `${line}\n`);
    });
}

/** Also of a test of a parallel run, which arrives without its class. */
function failureOf(test: Mocha.Runnable, error: unknown): Failure {
  const { message, stack } = error as Partial<Error>;
  const file = test.file ?? "";
  const path = relative(process.cwd(), file);
  return {
    file: path.startsWith("..") ? file : path,
    title: test.fullTitle(),
    // The stack of an error whose message was changed later begins with the old message.
    error: stack?.includes(message ?? "") ? stack : [message ?? String(error), stack].join("\n"),
  };
}
