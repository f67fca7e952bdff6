/** Times and durations as text. */
import { parseDuration, SottoError } from "../../base/index.ts";

/**
 * ms of a text such as 500ms, 30s, 10m, 24h, 7d.
 * @param code the error for any other text: its remedy states what is allowed in this place.
 */
export function parseDurationArg(
  text: string,
  code: "expiry-invalid" | "timer-invalid" | "usage",
): number {
  const ms = parseDuration(text);
  if (ms === undefined)
    throw new SottoError(code, `${JSON.stringify(text)} is not a time such as 30s, 24h or 7d.`);
  return ms;
}

/** A date, with a time of the day and its zone if they are given. */
const DATE = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d\S*))?$/;

/**
 * A moment in ms since 1970: a local date (2026-05-01, 2026-05-01T10:00) or how long ago (2h).
 * Throws `usage`.
 */
export function parseTimeArg(text: string, now: number): number {
  const [, day, time = "00:00"] = DATE.exec(text) ?? [];
  // Without a time a date would be one of UTC.
  const date = day !== undefined && isDay(day) ? Date.parse(`${day}T${time}`) : Number.NaN;
  if (!Number.isNaN(date)) return date;
  const ms = parseDuration(text);
  if (ms === undefined)
    throw new SottoError("usage", "--since needs a date (2026-05-01) or a time (30m, 24h, 7d).");
  return now - ms;
}

/** Whether the calendar has this day: 2026-02-30 would be parsed as March 2. */
function isDay(day: string): boolean {
  const date = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day);
}

/** How long, in the largest unit that fits: 84 ms, 3.2 s, 5 min, 2 h, 3 d. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 3_600_000) return `${Math.round(ms / 60_000)} min`;
  if (ms < 172_800_000) return `${Math.round(ms / 3_600_000)} h`;
  return `${Math.round(ms / 86_400_000)} d`;
}

/** Local date and minute, sortable: 2026-05-01 10:00. */
export function formatTime(at: number): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return "????-??-?? ??:??";
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}
