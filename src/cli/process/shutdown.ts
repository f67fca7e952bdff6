/** Unhandled errors and the end of a process that runs a node. */
import { displayJson, type SottoError } from "../../base/index.ts";
import type { Context } from "../runtime/context.ts";
import { exit } from "../runtime/exit-codes.ts";
import { faultOf, originOf } from "../runtime/last-resort.ts";

/**
 * Keeps the node running after an unhandled rejection in a library, and logs its kind and place;
 * never its message, which could contain an address.
 */
export function reportUnhandledRejections(write: (line: string) => void): void {
  process.on("unhandledRejection", (reason) => {
    write(displayJson({ level: "warn", event: "unhandled-rejection", ...originOf(reason) }));
  });
}

/** Time for an orderly stop after an exception, ms; what it left undefined may block it. */
const STOP = 15_000;

/**
 * The last resort for an exception in a timer or an event handler, which nothing could catch: logs
 * its kind and place, never its message, and stops the node in order, as its state is unknown.
 * @param fail stops the node; receives the fault to report.
 */
export function stopOnUncaughtException(
  write: (line: string) => void,
  fail: (fault: SottoError) => void,
): void {
  let failed = false;
  process.on("uncaughtException", (thrown) => {
    write(displayJson({ level: "error", event: "uncaught-exception", ...originOf(thrown) }));
    if (failed) return;
    failed = true;
    setTimeout(() => process.exit(exit.failure), STOP).unref();
    fail(faultOf(thrown, "stopped the node"));
  });
}

/** Exits at once: timers inside libp2p would keep the process running for a second. */
export function leave({ exitCode }: Pick<Context, "exitCode">): never {
  process.exit(exitCode());
}
