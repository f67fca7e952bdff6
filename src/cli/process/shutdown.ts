/**
 * Failures that nobody waited for. A node lives through those of a library's connection, and says
 * that they happened.
 */
import type { Context } from "../runtime/context.ts";
/**
 * Failures that nobody waited for. A node lives through those of a library's connection, and says
 * that they happened.
 */

/**
 * Tells the kind and the place of each stray rejection, never its message: that might hold an
 * address.
 */
export function reportUnhandledRejections(write: (line: string) => void): void {
  process.on("unhandledRejection", (reason) => {
    const error = reason instanceof Error ? reason : undefined;
    const place = /\n\s+at (?:.*\()?(?:file:\/\/)?[^\n]*?((?:node_modules|src)\/[^\n)]*)/.exec(
      error?.stack ?? "",
    );
    write(
      JSON.stringify({
        level: "warn",
        event: "stray-rejection",
        kind: error?.name ?? typeof reason,
        at: place?.[1] ?? "unknown",
      }),
    );
  });
}

// Ends a process that ran a node.

/**
 * Everything has been given back; what is left are timers inside libp2p, which would hold the
 * process for a second.
 */
export function leave({ exitCode }: Pick<Context, "exitCode">): never {
  process.exit(exitCode());
}
