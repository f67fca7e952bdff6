/**
 * Frames on a stream: u32 length of the payload ‖ payload ‖ zeros up to the smallest bucket that
 * holds both, so that an observer learns one of a few sizes and nothing finer (docs/WIRE.md).
 */
import { isZero, limits, readU32 } from "../base/index.ts";

const HEADER = 4;
/** Memory that an idle link keeps for the next frame that arrives in pieces. */
const KEEP = 1024;

/** The largest payload in bytes. */
export const frameCapacity: number = limits.frameBytes - HEADER;

/** Size on the wire of a frame with `length` bytes of payload. */
function bucketOf(length: number): number {
  for (const bucket of limits.frameBuckets) if (HEADER + length <= bucket) return bucket;
  throw new RangeError(`a frame holds at most ${frameCapacity} bytes`);
}

/**
 * The frame of a payload.
 * @param payload 1 to `frameCapacity` bytes; throws a RangeError otherwise.
 * @returns as many bytes as one of `limits.frameBuckets`.
 */
export function encodeFrame(payload: Uint8Array): Uint8Array {
  if (payload.length === 0) throw new RangeError("a frame is never empty");
  const frame = new Uint8Array(bucketOf(payload.length));
  new DataView(frame.buffer).setUint32(0, payload.length);
  frame.set(payload, HEADER);
  return frame;
}

export type FrameRefusal = "too-long" | "empty" | "padding";

export type Pushed =
  | { readonly kind: "frames"; readonly frames: Uint8Array[] }
  | { readonly kind: "refused"; readonly why: FrameRefusal };

/**
 * Cuts a stream into payloads, however its bytes are grouped. Memory follows the bytes that
 * arrived, never the length that a peer announced. One refusal ends the stream: where the next
 * frame starts is then unknown.
 */
export class FrameDecoder {
  /** The first bytes of an incomplete frame; the rest of the buffer is spare capacity. */
  #held = new Uint8Array(0);
  #fill = 0;
  #refused: FrameRefusal | undefined;

  /** Bytes held of an incomplete frame. */
  get pending(): number {
    return this.#fill;
  }

  /**
   * Adds the next bytes of the stream and returns the payloads that they complete, as copies. After
   * a refusal every push is refused; payloads completed by the refused push are discarded.
   */
  push(bytes: Uint8Array): Pushed {
    const frames: Uint8Array[] = [];
    let at = 0;
    while (at < bytes.length && this.#refused === undefined) {
      const left = bytes.length - at;
      if (this.#fill === 0 && left >= HEADER) {
        // The usual case: the frame arrived whole, and is copied once.
        const size = this.#sizeOf(bytes, at);
        if (size === undefined) break;
        if (left >= size) {
          this.#take(bytes.subarray(at, at + size), frames);
          at += size;
          continue;
        }
      }
      const want = this.#fill < HEADER ? HEADER : this.#sizeOf(this.#held, 0);
      if (want === undefined) break;
      const more = Math.min(want - this.#fill, left);
      this.#append(bytes.subarray(at, at + more));
      at += more;
      // A complete header is checked at once, before the rest of the frame has arrived.
      if (this.#fill === HEADER && this.#sizeOf(this.#held, 0) === undefined) break;
      if (this.#fill === want && want > HEADER) {
        this.#take(this.#held.subarray(0, want), frames);
        this.#fill = 0;
        if (this.#held.length > KEEP) this.#held = new Uint8Array(0);
      }
    }
    if (this.#refused === undefined) return { kind: "frames", frames };
    this.#held = new Uint8Array(0);
    this.#fill = 0;
    return { kind: "refused", why: this.#refused };
  }

  #sizeOf(bytes: Uint8Array, at: number): number | undefined {
    const length = readU32(bytes, at);
    if (length === 0) this.#refused = "empty";
    else if (length > frameCapacity) this.#refused = "too-long";
    else return bucketOf(length);
    return undefined;
  }

  #take(frame: Uint8Array, frames: Uint8Array[]): void {
    const end = HEADER + readU32(frame);
    if (isZero(frame.subarray(end))) frames.push(frame.slice(HEADER, end));
    else this.#refused = "padding";
  }

  #append(bytes: Uint8Array): void {
    const needed = this.#fill + bytes.length;
    if (needed > this.#held.length) {
      const capacity = Math.max(needed, Math.min(2 * this.#held.length, limits.frameBytes), 256);
      const grown = new Uint8Array(capacity);
      grown.set(this.#held.subarray(0, this.#fill));
      this.#held = grown;
    }
    this.#held.set(bytes, this.#fill);
    this.#fill = needed;
  }
}
