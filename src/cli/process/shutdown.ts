/** Unhandled promise rejections and the end of a process that runs a node. */
import { displayJson } from "../../base/index.ts";
import type { Context } from "../runtime/context.ts";

/**
 * Keeps the node running after an unhandled rejection in a library, and logs its kind and place;
 * never its message, which could contain an address.
 */
export function reportUnhandledRejections(write: (line: string) => void): void {
  process.on("unhandledRejection", (reason) => {
    const error = reason instanceof Error ? reason : undefined;
    const place = /\n\s+at (?:.*\()?(?:file:\/\/)?[^\n]*?((?:node_modules|src)\/[^\n)]*)/.exec(
      error?.stack ?? "",
    );
    write(
      displayJson({
        level: "warn",
        event: "unhandled-rejection",
        kind: error?.name ?? typeof reason,
        at: place?.[1] ?? "unknown",
      }),
    );
  });
}

/** Exits at once: timers inside libp2p would keep the process running for a second. */
export function leave({ exitCode }: Pick<Context, "exitCode">): never {
  process.exit(exitCode());
}
