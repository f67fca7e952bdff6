/**
 * Inputs worth keeping, in test/corpus/<target>/*.bin: replayed by the fast tests, and where the
 * long run begins.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { toHex } from "../../../src/base/index.ts";
import { nodeCrypto } from "../../../src/crypto/index.ts";

export const corpus: string = fileURLToPath(new URL("../../corpus/", import.meta.url));

/** The kept inputs of a target, by their file names. */
export function kept(target: string): ReadonlyMap<string, Uint8Array> {
  const folder = join(corpus, target);
  const names = existsSync(folder) ? readdirSync(folder).sort() : [];
  return new Map(names.map((name) => [name, Uint8Array.from(readFileSync(join(folder, name)))]));
}

/** Keeps an input under the name of its hash. @returns the file's path within the corpus. */
export function keep(target: string, input: Uint8Array): string {
  const name = `${toHex(nodeCrypto().sha256(input).subarray(0, 8))}.bin`;
  mkdirSync(join(corpus, target), { recursive: true });
  writeFileSync(join(corpus, target, name), input);
  return join(target, name);
}
