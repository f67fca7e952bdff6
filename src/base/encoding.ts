/** Bytes as text: hex for machines, base32 (RFC 4648, lower case, no padding) for links and ids. */

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Lower-case hex, two characters a byte. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += HEX[byte];
  return text;
}

/** Bytes of a hex text, or `undefined` where it is not one. */
export function fromHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0) return undefined;
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    const high = NIBBLES[text.charCodeAt(2 * i)] ?? -1;
    const low = NIBBLES[text.charCodeAt(2 * i + 1)] ?? -1;
    if (high < 0 || low < 0) return undefined;
    bytes[i] = (high << 4) | low;
  }
  return bytes;
}

/** The value of each hex digit, by its character code; -1 for other characters. */
const NIBBLES = Int8Array.from({ length: 128 }, (_, code) =>
  "0123456789abcdef".indexOf(String.fromCharCode(code).toLowerCase()),
);

const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

/** RFC 4648 §6 base32 in lower case without padding. */
export function toBase32(bytes: Uint8Array): string {
  let text = "";
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(held >> bits) & 31];
    }
  }
  return bits > 0 ? text + ALPHABET[(held << (5 - bits)) & 31] : text;
}

/**
 * Bytes of a base32 text of either case. `undefined` where a character is foreign, a length
 * impossible, or the left-over bits are not zero, so that each value has one spelling only.
 */
export function fromBase32(text: string): Uint8Array | undefined {
  const lower = text.toLowerCase();
  const bytes = new Uint8Array(Math.floor((lower.length * 5) / 8));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const character of lower) {
    const value = ALPHABET.indexOf(character);
    if (value < 0) return undefined;
    held = ((held << 5) | value) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = (held >> bits) & 0xff;
    }
  }
  const spare = held & ((1 << bits) - 1);
  return bits >= 5 || spare !== 0 ? undefined : bytes;
}
