/**
 * Limits on the bytes that a peer may send on a stream or connection, checked as they arrive.
 * libp2p reads length-prefixed data without a limit on the length: an endless varint costs time
 * quadratic in its bytes, and a message may have four megabytes. So length prefixes are read here
 * first, and a peer that sends more than a protocol needs is disconnected.
 */
import { fromUtf8, limits } from "../../base/index.ts";
import type { Allowance } from "../util/protocols.ts";

const MULTISTREAM = "/multistream/1.0.0";

/**
 * Why the first bytes of a connection are not those of libp2p, which begins with a line of
 * multistream-select; `undefined` if they are. The texts are error codes for `reasonOf`.
 */
export function foreignGreeting(bytes: Uint8Array): string | undefined {
  const [first] = bytes;
  if (first === undefined || first === MULTISTREAM.length + 1) return undefined;
  const text = String.fromCharCode(...bytes.subarray(0, 5));
  return text === "HTTP/" || text.startsWith("<")
    ? "EWEBSERVER: the answer is HTTP"
    : "EPROGRAM: the answer is not libp2p";
}

/** Reads the varint length prefixes of a sequence of messages. */
class LengthPrefixes {
  readonly #most: number;
  #left = 0;
  #length = 0;
  #digits = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Whether the last byte ended a message. */
  get atBoundary(): boolean {
    return this.#left === 0 && this.#digits === 0;
  }

  /**
   * Consumes bytes up to the end of the current message.
   * @returns how many; `undefined` if a length is too large or does not end.
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

/** What a `ReadLimit` allows. */
export interface ReadRules {
  /** Whether a line ends the negotiation: it names a protocol that is supported. */
  readonly isFinal: (line: string) => boolean;
  /** How many bytes may follow it. */
  readonly allowance: (protocol: string) => Allowance;
}

/**
 * Checks incoming bytes: first the lines of multistream-select, then the messages of the protocol.
 */
export class ReadLimit {
  readonly #rules: ReadRules;
  #lengths = new LengthPrefixes(limits.negotiationLine);
  #line: number[] = [];
  #received = 0;
  #allowance: Allowance | undefined;

  constructor(rules: ReadRules) {
    this.#rules = rules;
  }

  /** Lifts the limit: another limit applies from now on. */
  release(): void {
    this.#allowance = {};
  }

  /** Whether there is no limit any more. */
  get unlimited(): boolean {
    const { message, total } = this.#allowance ?? { total: 0 };
    return message === undefined && total === undefined;
  }

  /**
   * Counts bytes that have arrived.
   * @returns why the peer must be disconnected, or `undefined`.
   */
  accept(bytes: Uint8Array): string | undefined {
    let at = 0;
    while (at < bytes.length) {
      if (this.#allowance !== undefined)
        return this.#acceptMessages(this.#allowance, bytes.subarray(at));
      const taken = this.#lengths.advance(bytes, at);
      if (taken === undefined) return "negotiation line too long";
      this.#received += taken;
      if (this.#received > limits.negotiationBytes) return "no protocol negotiated";
      for (let i = at; i < at + taken; i++) this.#line.push(bytes[i] as number);
      at += taken;
      if (this.#lengths.atBoundary) this.#endLine();
    }
    return undefined;
  }

  /** Handles a complete line: its length, a text and a line feed. */
  #endLine(): void {
    const line = Uint8Array.from(this.#line);
    this.#line = [];
    const begin = line.findIndex((byte) => byte < 128) + 1;
    const text = fromUtf8(line.subarray(begin))?.trimEnd() ?? "";
    if (text === MULTISTREAM || !this.#rules.isFinal(text)) return;
    this.#allowance = this.#rules.allowance(text);
    this.#lengths = new LengthPrefixes(this.#allowance.message ?? 0);
    this.#received = 0;
  }

  #acceptMessages({ message, total }: Allowance, bytes: Uint8Array): string | undefined {
    this.#received += bytes.length;
    if (total !== undefined && this.#received > total) return "more bytes than the protocol allows";
    if (message === undefined) return undefined;
    for (let at = 0; at < bytes.length; ) {
      const taken = this.#lengths.advance(bytes, at);
      if (taken === undefined) return "message too long";
      at += taken;
    }
    return undefined;
  }
}

/**
 * Internals of libp2p's streams and connections: everything that arrives passes `onData` once, in
 * order.
 */
interface ByteSource {
  onData(data: Bytes): void;
  readonly readBuffer: Bytes;
  abort(error: Error): void;
}

type Bytes = { readonly byteLength: number; subarray(): Uint8Array };

/** Closes a connection whose first bytes are not those of libp2p. */
export function requireGreeting(source: unknown): void {
  const connection = source as ByteSource;
  const onData = connection.onData.bind(connection);
  const isFine = (data: Bytes): boolean => {
    const why = foreignGreeting(data.subarray());
    if (why !== undefined) connection.abort(new Error(why));
    return why === undefined;
  };
  connection.onData = (data) => {
    connection.onData = onData;
    if (isFine(data)) onData(data);
  };
  if (connection.readBuffer.byteLength > 0) {
    connection.onData = onData;
    isFine(connection.readBuffer);
  }
}

/** Resets `source` as soon as it sends more than `limit` allows. */
export function limitReads(source: unknown, limit: ReadLimit): void {
  const stream = source as ByteSource;
  const onData = stream.onData.bind(stream);
  const isAllowed = (data: Bytes): boolean => {
    if (limit.unlimited) return true;
    const why = limit.accept(data.subarray());
    if (why !== undefined) stream.abort(new Error(why));
    return why === undefined;
  };
  stream.onData = (data) => {
    if (isAllowed(data)) onData(data);
  };
  if (stream.readBuffer.byteLength > 0) isAllowed(stream.readBuffer);
}
