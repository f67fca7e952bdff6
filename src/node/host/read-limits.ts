/**
 * What is listened to on a stream or a connection, byte by byte as it arrives. libp2p reads what
 * has a length in front without a bound on that length: a varint that never ends costs time by the
 * square of its bytes, and a message may have four megabytes. So lengths are read here first, and
 * whoever says more than a protocol has to say is dropped.
 */
import { fromUtf8, limits } from "../../base/index.ts";
import type { Allowance } from "../util/protocols.ts";

const MULTISTREAM = "/multistream/1.0.0";

/** Lengths of messages that pass, each a varint in front of its message. */
class LengthPrefixes {
  readonly #most: number;
  #left = 0;
  #length = 0;
  #digits = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Whether a message has ended with the byte before. */
  get atBoundary(): boolean {
    return this.#left === 0 && this.#digits === 0;
  }

  /**
   * Takes bytes up to the end of a message at most.
   * @returns how many; `undefined` where a length is too large or never ends.
   */
  advance(bytes: Uint8Array, from: number): number | undefined {
    let at = from;
    while (this.#left === 0 && at < bytes.length) {
      const byte = bytes[at++] as number;
      this.#length += (byte & 127) * 128 ** this.#digits++;
      if (this.#length > this.#most || this.#digits > 4) return undefined;
      if (byte > 127) continue;
      this.#left = this.#length;
      this.#length = this.#digits = 0;
      if (this.#left === 0) return at - from;
    }
    const some = Math.min(this.#left, bytes.length - at);
    this.#left -= some;
    return at + some - from;
  }
}

export interface ReadRules {
  /** Whether a line ends the agreement: it names a protocol that is spoken here. */
  readonly isFinal: (line: string) => boolean;
  /** What may be said after it. */
  readonly allowance: (protocol: string) => Allowance;
}

/** Judges what arrives: first lines of multistream-select, then messages of the protocol. */
export class ReadLimit {
  readonly #hearing: ReadRules;
  #lengths = new LengthPrefixes(limits.negotiationLine);
  #line: number[] = [];
  #said = 0;
  #allowance: Allowance | undefined;

  constructor(hearing: ReadRules) {
    this.#hearing = hearing;
  }

  /** From now on everything is allowed: something else bounds it. */
  release(): void {
    this.#allowance = {};
  }

  /** Whether everything is allowed by now. */
  get unlimited(): boolean {
    const { message, total } = this.#allowance ?? { total: 0 };
    return message === undefined && total === undefined;
  }

  /** @returns why the speaker is to be dropped, or `undefined`. */
  accept(bytes: Uint8Array): string | undefined {
    let at = 0;
    while (at < bytes.length) {
      if (this.#allowance !== undefined) return this.#speaking(this.#allowance, bytes.subarray(at));
      const taken = this.#lengths.advance(bytes, at);
      if (taken === undefined) return "a line that is too long";
      this.#said += taken;
      if (this.#said > limits.negotiationBytes) return "no agreement on a protocol";
      for (let i = at; i < at + taken; i++) this.#line.push(bytes[i] as number);
      at += taken;
      if (this.#lengths.atBoundary) this.#ended();
    }
    return undefined;
  }

  /** A line has ended: its length, a text and a line feed. */
  #ended(): void {
    const line = Uint8Array.from(this.#line);
    this.#line = [];
    const begin = line.findIndex((byte) => byte < 128) + 1;
    const text = fromUtf8(line.subarray(begin))?.trimEnd() ?? "";
    if (text === MULTISTREAM || !this.#hearing.isFinal(text)) return;
    this.#allowance = this.#hearing.allowance(text);
    this.#lengths = new LengthPrefixes(this.#allowance.message ?? 0);
    this.#said = 0;
  }

  #speaking({ message, total }: Allowance, bytes: Uint8Array): string | undefined {
    this.#said += bytes.length;
    if (total !== undefined && this.#said > total) return "more than the protocol has to say";
    if (message === undefined) return undefined;
    for (let at = 0; at < bytes.length; ) {
      const taken = this.#lengths.advance(bytes, at);
      if (taken === undefined) return "a message that is too long";
      at += taken;
    }
    return undefined;
  }
}

/**
 * The inside of libp2p's streams and connections: whatever arrives passes `onData` once, in order.
 */
interface ByteSource {
  onData(data: Bytes): void;
  readonly readBuffer: Bytes;
  abort(error: Error): void;
}

type Bytes = { readonly byteLength: number; subarray(): Uint8Array };

/** Drops `speaker` as soon as it says what `ear` does not allow. */
export function limitReads(speaker: unknown, ear: ReadLimit): void {
  const stream = speaker as ByteSource;
  const take = stream.onData.bind(stream);
  const judge = (data: Bytes): boolean => {
    if (ear.unlimited) return true;
    const why = ear.accept(data.subarray());
    if (why !== undefined) stream.abort(new Error(why));
    return why === undefined;
  };
  stream.onData = (data) => {
    if (judge(data)) take(data);
  };
  if (stream.readBuffer.byteLength > 0) judge(stream.readBuffer);
}
