/**
 * The log: JSON lines on standard error, with allow-listed fields only. Nothing is written to the
 * disk.
 */
import { displayJson } from "../../base/index.ts";
import type { Clock, Log, LogFields } from "../../ports/index.ts";

/** Levels from the quietest to the most detailed; each includes those before it. */
export const logLevels = ["off", "warn", "info", "debug"] as const;
export type LogLevel = (typeof logLevels)[number];

/** Fields that may be logged: none reveals anything about a contact, a message or an address. */
const ALLOWED: ReadonlySet<string> = new Set([
  // codes and kinds from our own tables
  "code",
  "why",
  "kind",
  "type",
  "mode",
  "state",
  "step",
  "reason",
  "stage",
  "side",
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

/** The level of an event, by the end of its name. Stages of connections and links are details. */
function levelOf(event: string): Exclude<LogLevel, "off"> {
  if (/[-.](failed|damaged|refused|dropped|rolled-back)$/.test(event)) return "warn";
  return event.endsWith("-stage") ? "debug" : "info";
}

/** A log that passes each line of `level` and below to `write`. */
export function createLog(level: LogLevel, clock: Clock, write: (line: string) => void): Log {
  const most = logLevels.indexOf(level);
  return (event, fields = {}) => {
    const its = levelOf(event);
    if (logLevels.indexOf(its) > most) return;
    const time = new Date(clock.now()).toISOString();
    write(`${displayJson({ time, level: its, event, ...allowed(fields) })}\n`);
  };
}

function allowed(fields: LogFields): LogFields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => ALLOWED.has(name)));
}
