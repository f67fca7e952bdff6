/**
 * The key file: 32 random bytes that wrap the store key. While it is being replaced there are two,
 * the next one under another name, so that at each moment one of them fits the keyring.
 */
import { chmod, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { hasCode, SottoError, wipe } from "../../base/index.ts";
import type { Rng } from "../../crypto/index.ts";
import type { Log } from "../../ports/index.ts";
import { moveAtomically, shred, shredReplaced } from "../files/atomic-files.ts";

export const KEY_FILE = "store.key";
/** The key file of a keyring that is about to be written, or has just been. */
export const NEXT_KEY_FILE = "store.key.next";

const KEY_FILE_BYTES = 32;

/**
 * The result of `fits` for the first key file that it accepts, and that file's name. Sets the mode
 * of a file that others may read to 0600, and logs it. Throws `store-key-missing`.
 */
export async function withKeyFile<Result>(
  directory: string,
  log: Log,
  fits: (secret: Uint8Array) => Result | undefined,
): Promise<{ readonly result: Result; readonly name: string }> {
  let why = `The file ${KEY_FILE} is missing.`;
  for (const name of [KEY_FILE, NEXT_KEY_FILE]) {
    const path = join(directory, name);
    const secret = await readSecretFile(path);
    if (!secret) continue;
    const result = secret.length === KEY_FILE_BYTES ? fits(secret) : undefined;
    why =
      secret.length === KEY_FILE_BYTES
        ? `The file ${KEY_FILE} is the key of another store.`
        : `The file ${KEY_FILE} is not a key.`;
    wipe(secret);
    if (result === undefined) continue;
    await restrictMode(path, log);
    return { result, name };
  }
  throw new SottoError("store-key-missing", why);
}

/**
 * Finishes a change of protection, wherever it was interrupted: renames the key file that fits to
 * `store.key`, and shreds the other.
 * @param name of the key file that fits the keyring; `undefined` if it needs none.
 */
export async function finishKeyChange(
  directory: string,
  name: string | undefined,
  random: Rng,
): Promise<void> {
  const [key, next] = [join(directory, KEY_FILE), join(directory, NEXT_KEY_FILE)];
  if (name === NEXT_KEY_FILE) return shredReplaced(key, () => moveAtomically(next, key), random);
  await shred(next, random);
  if (name === undefined) await shred(key, random);
}

/**
 * The bytes of a file of the store key; `undefined` if it does not exist. Throws
 * `store-key-missing` if it cannot be read.
 */
export async function readSecretFile(path: string): Promise<Uint8Array | undefined> {
  try {
    const read = await readFile(path);
    // A plain copy: pooled Buffers share their memory with others.
    const bytes = Uint8Array.from(read);
    wipe(read);
    return bytes;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw new SottoError("store-key-missing", "The files of the database key cannot be read.", {
      cause: error,
    });
  }
}

async function restrictMode(path: string, log: Log): Promise<void> {
  // Windows has no such bits, and reports them as set.
  if (process.platform === "win32" || ((await stat(path)).mode & 0o077) === 0) return;
  await chmod(path, 0o600);
  log("store.key-file-was-open");
}
