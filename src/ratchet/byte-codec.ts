/** Sequential writing and reading of fixed-width values, for the session codec. */
const TWO_POW_32 = 0x1_0000_0000;

/** Fills a buffer of known length from front to back. */
export class Writer {
  readonly #buffer: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(length: number) {
    this.#buffer = new Uint8Array(length);
    this.#view = new DataView(this.#buffer.buffer);
  }

  u8(value: number): void {
    this.#view.setUint8(this.#at, value);
    this.#at += 1;
  }

  u16(value: number): void {
    this.#view.setUint16(this.#at, value);
    this.#at += 2;
  }

  u32(value: number): void {
    this.#view.setUint32(this.#at, value);
    this.#at += 4;
  }

  /** A whole number up to 2^53 - 1, without a BigInt for each. */
  u64(value: number): void {
    this.u32(Math.floor(value / TWO_POW_32));
    this.u32(value % TWO_POW_32);
  }

  bytes(bytes: Uint8Array): void {
    this.#buffer.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  get buffer(): Uint8Array {
    return this.#buffer;
  }
}

/**
 * Reads from front to back. Past the end, or once a `require`d condition does not hold, it returns
 * zeros and stays invalid: a decoder reads to the end and checks once.
 */
export class Reader {
  readonly #buffer: Uint8Array;
  readonly #view: DataView;
  #at = 0;
  #good = true;

  constructor(buffer: Uint8Array) {
    this.#buffer = buffer;
    this.#view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
  }

  /** Whether every value so far was present and valid. */
  get good(): boolean {
    return this.#good;
  }

  /** Whether every value was valid and no byte is left. */
  get whole(): boolean {
    return this.#good && this.#at === this.#buffer.length;
  }

  /** Makes the reader invalid unless `holds`. */
  require(holds: boolean): void {
    this.#good &&= holds;
  }

  u8(): number {
    return this.#take(1) ? this.#view.getUint8(this.#at - 1) : 0;
  }

  u16(): number {
    return this.#take(2) ? this.#view.getUint16(this.#at - 2) : 0;
  }

  u32(): number {
    return this.#take(4) ? this.#view.getUint32(this.#at - 4) : 0;
  }

  /** Invalid beyond 2^53 - 1. */
  u64(): number {
    const value = this.u32() * TWO_POW_32 + this.u32();
    this.require(Number.isSafeInteger(value));
    return value;
  }

  /** A copy of the next bytes. */
  bytes(length: number): Uint8Array {
    return this.#take(length)
      ? this.#buffer.slice(this.#at - length, this.#at)
      : new Uint8Array(length);
  }

  #take(length: number): boolean {
    this.require(this.#buffer.length - this.#at >= length);
    this.#at += length;
    return this.#good;
  }
}
