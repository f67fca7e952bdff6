/**
 * A token bucket of bytes for each contact: what its frames may make this node read and write. A
 * contact that exceeds it is read more slowly, so that its stream pauses the sender; nothing is
 * dropped. It belongs to the contact, so that a new link brings no new tokens.
 */
import { limits } from "../../base/index.ts";

export class Intake {
  /** Negative: debt. */
  #tokens: number = limits.contactBurst;
  /** When they were counted, ms since 1970. */
  #countedAt = Number.NEGATIVE_INFINITY;

  /** Takes tokens for work that was done. @param now ms since 1970. */
  charge(bytes: number, now: number): void {
    this.#refill(now);
    this.#tokens -= bytes;
  }

  /**
   * How long to wait before the next frames are read, ms: until the debt is paid, but at most
   * `limits.contactPause`, so that keepalives are answered in time.
   */
  pause(now: number): number {
    this.#refill(now);
    const debt = Math.max(0, -this.#tokens);
    return Math.min(limits.contactPause, Math.ceil((debt * 1000) / limits.contactRate));
  }

  #refill(now: number): void {
    // A clock that was set back refills nothing, but counts from there on.
    const elapsed = Math.max(0, now - this.#countedAt);
    this.#countedAt = now;
    this.#tokens = Math.min(
      limits.contactBurst,
      this.#tokens + (elapsed * limits.contactRate) / 1000,
    );
  }
}

/**
 * Frames in the parts that are processed together: at most `limits.receiveFrames` and, beyond the
 * first of a part, at most `limits.receiveBytes`.
 */
export function* partsOf(frames: readonly Uint8Array[]): Generator<readonly Uint8Array[]> {
  let part: Uint8Array[] = [];
  let size = 0;
  for (const frame of frames) {
    const full = part.length >= limits.receiveFrames || size + frame.length > limits.receiveBytes;
    if (full && part.length > 0) {
      yield part;
      part = [];
      size = 0;
    }
    part.push(frame);
    size += frame.length;
  }
  if (part.length > 0) yield part;
}
