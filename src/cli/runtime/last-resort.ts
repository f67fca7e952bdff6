/** The last resort for an exception that nothing caught, in a timer or an event handler. */
import { SottoError, systemError } from "../../base/index.ts";
import { exit } from "./exit-codes.ts";
import { createPrinter, flagsOf } from "./print.ts";

/** Where an error comes from; nothing of its message, which could contain an address or a name. */
export interface Origin {
  /** The class of the error. */
  readonly kind: string;
  /** The first place in our code or a package in its stack. */
  readonly at: string;
}

export function originOf(thrown: unknown): Origin {
  const error = thrown instanceof Error ? thrown : undefined;
  const place = /\n\s+at (?:.*\()?(?:file:\/\/)?[^\n]*?((?:node_modules|src)\/[^\n)]*)/.exec(
    error?.stack ?? "",
  );
  return { kind: error?.name ?? typeof thrown, at: place?.[1] ?? "unknown" };
}

/**
 * The error to report for an exception: what the system refused, or a bug.
 * @param consequence what it did, such as `ended the command`.
 */
export function faultOf(thrown: unknown, consequence: string): SottoError {
  if (thrown instanceof SottoError) return thrown;
  const { kind, at } = originOf(thrown);
  const bug = new SottoError("internal", `An unexpected ${kind} ${consequence} (${at}).`);
  return systemError(thrown) ?? bug;
}

/**
 * Ends the program with an error instead of Node's stack trace, also while a node is starting. A
 * node that runs has a handler of its own, which stops it in order.
 */
export function reportUncaughtException(): void {
  process.on("uncaughtException", (thrown) => {
    if (process.listenerCount("uncaughtException") > 1) return;
    const { argv, env } = process;
    const { code, message, remedy } = faultOf(thrown, "ended the command");
    createPrinter(flagsOf(argv.slice(2), env)).error({ code, message, remedy });
    process.exit(exit.failure);
  });
}
