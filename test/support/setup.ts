/**
 * What every run of mocha shares; loaded before the tests, in each process that runs tests.
 *
 * A rejection that nothing handles ends a user's node, so it fails a test here; mocha ignores it.
 * The counts of a run and its failed tests are written as JSON to the file that SOTTO_TEST_COUNTS
 * names, for scripts/test.
 */
import { writeFileSync } from "node:fs";
import { relative } from "node:path";
import type { FailedTest, Results } from "../../scripts/test/run-suite.ts";
import { root } from "../../scripts/test/suites.ts";

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
  const file = process.env.SOTTO_TEST_COUNTS;
  if (file === undefined) return;
  const failed: FailedTest[] = [];
  this.on("fail", (test, error) => {
    failed.push({
      file: relative(root, test.file ?? ""),
      title: test.fullTitle(),
      error: summaryOf(error),
    });
  });
  this.once("end", () => {
    const { passes, failures, pending } = this.stats as Mocha.Stats;
    const results: Results = { counts: { passes, failures, pending }, failed };
    writeFileSync(file, `${JSON.stringify(results)}\n`);
  });
}

/** The first lines of an error, which say what failed and where. */
function summaryOf(error: unknown): string {
  const { message = String(error), stack = "" } = (error ?? {}) as Partial<Error>;
  const text = stack.includes(message) ? stack : `${message}\n${stack}`;
  return text.split("\n").slice(0, 12).join("\n").slice(0, 1_500);
}
