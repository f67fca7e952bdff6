/** Small things that every decoder here needs. */
import { limits } from "../base/index.ts";

/** A number that both sides hold exactly. */
export function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/** The generated decoders throw on numbers above 2^53 - 1, which no honest peer sends. */
export function attempt<Value>(decode: () => Value): Value | undefined {
  try {
    return decode();
  } catch {
    return undefined;
  }
}

/** A copy with a buffer of its own, as the generated types ask. */
export function own(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}

/** Only the outer form of an address; the transport parses it before it dials it. */
export function isAddressText(text: string): boolean {
  return text.length <= limits.addressLength && /^\/[!-~]+$/.test(text);
}
