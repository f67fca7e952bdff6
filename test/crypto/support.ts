import { readFileSync } from "node:fs";
import { fromHex } from "../../src/base/index.ts";
import { nobleCrypto, nodeCrypto, type Rng, sodiumCrypto } from "../../src/crypto/index.ts";

/**
 * libsodium, which the tests demand: where its optional package is absent they would prove nothing
 * of it.
 */
async function sodium(random?: Rng) {
  const crypto = await sodiumCrypto(random);
  if (crypto === undefined) throw new Error("libsodium-sumo is not installed");
  return crypto;
}

/** Each provider over chance of the test's own. */
export const makers = { sodium, node: nodeCrypto, noble: nobleCrypto };

/** Every provider: a promise about one is a promise about the others. */
export const providers = [await sodium(), nodeCrypto(), nobleCrypto()];

/** Bytes of a hex text that the test itself wrote. */
export function hex(text: string): Uint8Array {
  const bytes = fromHex(text.replace(/\s/g, ""));
  if (bytes === undefined) throw new Error("the test's hex is not hex");
  return bytes;
}

/** A copy with one bit turned over. */
export function flip(bytes: Uint8Array, at: number, bit = 0): Uint8Array {
  const copy = bytes.slice();
  copy[at] = (copy[at] as number) ^ (1 << bit);
  return copy;
}

/** A number as 32 bytes, least significant first. */
export function littleEndian(value: bigint): Uint8Array {
  const bytes = new Uint8Array(32);
  for (let i = 0, rest = value; i < 32; i++, rest >>= 8n) bytes[i] = Number(rest & 255n);
  return bytes;
}

/** p = 2^255 - 19. */
export const P = 2n ** 255n - 19n;

export interface Vector {
  readonly tcId: number;
  readonly comment?: string;
  readonly flags: readonly string[];
  readonly result: "valid" | "invalid" | "acceptable";
  /** Hex texts by their name in the file, and numbers such as `size`. */
  readonly [field: string]: unknown;
}

/** Every case of a Wycheproof file; an Ed25519 case also gets the `pk` of its group. */
export function wycheproof(name: string): readonly Vector[] {
  const path = new URL(`../vectors/wycheproof/${name}.json`, import.meta.url);
  const { testGroups, numberOfTests } = JSON.parse(readFileSync(path, "utf8"));
  const cases = testGroups.flatMap((group: { tests: Vector[]; publicKey?: { pk: string } }) =>
    group.tests.map((test) => ({ ...test, pk: group.publicKey?.pk })),
  );
  if (cases.length !== numberOfTests) throw new Error(`${name} was not read whole`);
  return cases;
}

/** A hex field of a case. */
export function field(vector: Vector, name: string): Uint8Array {
  return hex(String(vector[name]));
}
