/** Times and durations as text. */
import { parseDuration, SottoError } from "../../base/index.ts";

/** ms of a text such as 500ms, 30s, 10m, 24h, 7d. Throws `expiry-invalid`. */
export function parseDurationArg(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined)
    throw new SottoError("expiry-invalid", `${JSON.stringify(text)} is not a duration.`);
  return ms;
}

/**
 * A moment in ms since 1970: a date (2026-05-01, 2026-05-01T10:00) or how long ago (2h). Throws
 * `usage`.
 */
export function parseTimeArg(text: string, now: number): number {
  const date = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(date)) return date;
  const ms = parseDuration(text);
  if (ms === undefined)
    throw new SottoError("usage", "--since needs a date (2026-05-01) or a time (30m, 24h, 7d).");
  return now - ms;
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
