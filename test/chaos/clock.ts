/**
 * A clock for one daemon: hours off, or jumping, while the others have the right time.
 */
import { writeFileSync } from "node:fs";
import { fakeClock } from "./machine.ts";
import type { Place } from "./user.ts";

export const HOUR = 3600;
export const DAY = 24 * HOUR;

/** The library looks at the file this often, s. */
export const CLOCK_LAG = 1;

export class FakeClock {
  readonly env: NonNullable<Place["env"]>;
  readonly #file: string;

  /** @param file a path for the setting, which is made. */
  constructor(file: string, seconds = 0) {
    this.#file = file;
    this.set(seconds);
    this.env = {
      LD_PRELOAD: fakeClock() ?? "",
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_CACHE_DURATION: String(CLOCK_LAG),
      // Timers go on as they are: it is the calendar that is wrong.
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
      DONT_FAKE_MONOTONIC: "1",
      NO_FAKE_STAT: "1",
    };
  }

  /** Sets the clock this far ahead of the true time, or behind it. */
  set(seconds: number): void {
    writeFileSync(this.#file, `${seconds < 0 ? "-" : "+"}${Math.abs(seconds)}\n`);
  }
}
