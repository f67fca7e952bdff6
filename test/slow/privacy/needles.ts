/** What must not be found, in every form that a program might have written it in. */
import { fromHex, toBase32, toHex, utf8 } from "../../../src/base/index.ts";

const BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/** base58btc, without the letter of multibase in front, which a search does not need. */
export function toBase58(bytes: Uint8Array): string {
  let value = BigInt(`0x0${toHex(bytes)}`);
  let text = "";
  for (; value > 0n; value /= 58n) text = `${BASE58[Number(value % 58n)]}${text}`;
  const zeros = bytes.findIndex((byte) => byte !== 0);
  return "1".repeat(zeros < 0 ? bytes.length : zeros) + text;
}

/** Base64 of bytes wherever they stand in a longer run: the letters that depend on them alone. */
function inBase64(bytes: Uint8Array): string[] {
  return [0, 1, 2].map((before) => {
    const shifted = Buffer.concat([Buffer.alloc(before), Buffer.from(bytes)]).toString("base64");
    const [first, last] = [[0, 2, 3][before] ?? 0, (bytes.length + before) % 3];
    const text = shifted.replace(/=+$/, "");
    return text.slice(first, last === 0 ? undefined : text.length - 1);
  });
}

/** The forms of a needle. */
export function formsOf(bytes: Uint8Array): Buffer[] {
  const hex = toHex(bytes);
  const base64 = inBase64(bytes);
  const texts = [
    hex,
    hex.toUpperCase(),
    toBase32(bytes),
    toBase32(bytes).toUpperCase(),
    toBase58(bytes),
    ...base64,
    ...base64.map((text) => text.replaceAll("+", "-").replaceAll("/", "_")),
  ];
  return [Buffer.from(bytes), ...texts.map((text) => Buffer.from(text))];
}

export type Needles = Readonly<Record<string, string>>;

export const ofText = (text: string): string => toHex(utf8(text));

/** Names of the needles that stand in any of these bytes. @param needles by name, as hex. */
export function found(needles: Needles, hay: Iterable<Buffer>): string[] {
  const forms = Object.entries(needles).map(([name, hex]) => {
    return [name, formsOf(fromHex(hex) ?? new Uint8Array())] as const;
  });
  const seen = new Set<string>();
  for (const bytes of hay)
    for (const [name, all] of forms)
      if (!seen.has(name) && all.some((form) => bytes.includes(form))) seen.add(name);
  return [...seen].sort();
}
