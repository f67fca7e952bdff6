/**
 * JSON lines on standard error. Nothing goes to the disk, and no field that is not on the list goes
 * anywhere.
 */
import type { Clock, Log, LogFields } from "../../ports/index.ts";

export type LogLevel = "off" | "warn" | "info";

/**
 * Fields that may be logged. Whoever adds one says why it can tell nothing about a person or a
 * message.
 */
const ALLOWED: ReadonlySet<string> = new Set([
  // codes and kinds from tables of ours
  "code",
  "why",
  "kind",
  "type",
  "mode",
  "state",
  "step",
  "reason",
  // names of the store's own files
  "file",
  // counts and times
  "count",
  "rows",
  "commits",
  "bytes",
  "ms",
  "attempt",
  "waitMs",
  "peers",
  "taken",
  "fresh",
  "frames",
]);

/** Events that a person who runs the node should see by themselves. */
const isWarning = (event: string) =>
  /[-.](failed|damaged|refused|dropped|rolled-back)$/.test(event);

export function createLog(level: LogLevel, clock: Clock, write: (line: string) => void): Log {
  if (level === "off") return () => undefined;
  return (event, fields = {}) => {
    const warning = isWarning(event);
    if (!warning && level === "warn") return;
    const line = {
      time: new Date(clock.now()).toISOString(),
      level: warning ? "warn" : "info",
      event,
      ...allowed(fields),
    };
    write(`${JSON.stringify(line)}\n`);
  };
}

function allowed(fields: LogFields): LogFields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => ALLOWED.has(name)));
}
