/** Failures that nobody waited for. A node lives through those of a library's connection, and says that they happened. */

/** Tells the kind and the place of each stray rejection, never its message: that might hold an address. */
export function reportStrays(write: (line: string) => void): void {
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
