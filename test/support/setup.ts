/**
 * What every run of mocha shares. Loaded by .mocharc.json before the tests.
 *
 * A rejection that nobody handles ends a node of a user, so it fails a test here: mocha alone
 * passes it over. The counts of a run go as JSON to the file named by SOTTO_TEST_COUNTS, for
 * .ci/run.
 */
import { writeFileSync } from "node:fs";

process.on("unhandledRejection", (reason) => {
  // Mocha's own complaint that a test which failed by such a rejection came to its end after all.
  if ((reason as { code?: unknown } | null)?.code === "ERR_MOCHA_MULTIPLE_DONE") return;
  // Thrown from here it is an uncaught exception, which mocha charges to the test that runs.
  throw new Error(`unhandled rejection: ${describeReason(reason)}`, { cause: reason });
});

/** Some libraries reject with an Event, which has no message. */
function describeReason(reason: unknown): string {
  if (reason instanceof Error) return reason.stack ?? reason.message;
  if (reason instanceof Event) return `an Event of type ${reason.type}`;
  return String(reason);
}

/** Called by mocha with its runner as `this`. */
export function mochaGlobalSetup(this: Mocha.Runner): void {
  const file = process.env.SOTTO_TEST_COUNTS;
  if (file === undefined) return;
  this.once("end", () => {
    const { passes, failures, pending } = this.stats as Mocha.Stats;
    writeFileSync(file, `${JSON.stringify({ passes, failures, pending })}\n`);
  });
}
