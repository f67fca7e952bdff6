/**
 * The store key: random, and wrapped by what a person knows (a passphrase) or has (a key file). The store is
 * sealed under it and never sealed anew when its protection changes.
 */
import { chmod, mkdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { labels, SottoError, utf8, wipe } from "../base/index.ts";
import {
  type CryptoProvider,
  defaultPassphraseCost,
  deriveFromPassphrase,
  type PassphraseCost,
} from "../crypto/index.ts";
import { type Log, silent } from "../ports/index.ts";
import { writeAtomically } from "./atomic.ts";
import { writeFault } from "./faults.ts";
import { boundData, decodeKeyring, encodeKeyring, headerOf, type Keyring } from "./keyring-file.ts";

/** What wraps the store key. */
export type Protection =
  | { readonly kind: "key-file" }
  | {
      readonly kind: "passphrase";
      readonly passphrase: string;
      /** What one guess costs; absent: `defaultPassphraseCost`. */
      readonly cost?: PassphraseCost;
    };

const KEYRING = "keyring";
const KEY_FILE = "store.key";
const KEY_BYTES = 32;
const SALT_BYTES = 16;
const NONCE_BYTES = 24;
/** The key-file kind derives nothing from a passphrase. */
const noCost: PassphraseCost = { memoryKiB: 0, passes: 0, lanes: 0 };

/**
 * Makes a new store key (32 bytes), wraps it and writes it to the directory, which is made (0700) where
 * missing. Throws `account-exists` where a keyring lies there already, `passphrase-needed` for an empty
 * passphrase, `disk-full` or `store-write-failed`.
 */
export async function createKeyring(
  directory: string,
  protection: Protection,
  crypto: CryptoProvider,
): Promise<Uint8Array> {
  if ((await readOrNothing(join(directory, KEYRING))) !== undefined)
    throw new SottoError("account-exists", "This home has a store key already.");
  const salt = crypto.random(SALT_BYTES);
  const cost =
    protection.kind === "passphrase" ? (protection.cost ?? defaultPassphraseCost) : noCost;
  const secret =
    protection.kind === "passphrase"
      ? await deriveFromPassphrase(protection.passphrase, salt, cost)
      : crypto.random(KEY_BYTES);
  const ring = { kind: protection.kind, cost, salt, nonce: crypto.random(NONCE_BYTES) };
  const storeKey = crypto.random(KEY_BYTES);
  const wrapKey = wrappingKey(crypto, secret, salt);
  const sealed = crypto.sealX(wrapKey, ring.nonce, storeKey, boundData(ring));
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    // The key file first: a keyring whose key file was never written could not be opened.
    if (protection.kind === "key-file") await writeAtomically(join(directory, KEY_FILE), secret);
    await writeAtomically(
      join(directory, KEYRING),
      encodeKeyring({ ...ring, sealed }, crypto.sha256),
    );
  } catch (error) {
    throw writeFault(error);
  } finally {
    wipe(secret, wrapKey);
  }
  return storeKey;
}

/** How the store key is protected; `undefined` where the directory has none. Throws `store-damaged`, `store-newer`. */
export async function readProtection(directory: string): Promise<Protection["kind"] | undefined> {
  const bytes = await readOrNothing(join(directory, KEYRING));
  return bytes && headerOf(bytes).kind;
}

/**
 * The store key, 32 bytes. A key file that others may read is made 0600 again, and the log told so.
 * Throws `passphrase-needed` (none was given), `passphrase-wrong`, `store-key-missing` (no keyring; no key file, or
 * not this keyring's), `store-damaged`, `store-newer`.
 */
export async function unlockKeyring(
  directory: string,
  passphrase: string | undefined,
  crypto: CryptoProvider,
  log: Log = silent,
): Promise<Uint8Array> {
  const bytes = await readOrNothing(join(directory, KEYRING));
  if (!bytes) throw new SottoError("store-key-missing", `The file ${KEYRING} is missing.`);
  const ring = decodeKeyring(bytes, crypto.sha256);
  const secret =
    ring.kind === "passphrase"
      ? await passphraseSecret(passphrase, ring)
      : await keyFileSecret(directory, log);
  const wrapKey = wrappingKey(crypto, secret, ring.salt);
  const storeKey = crypto.openX(wrapKey, ring.nonce, ring.sealed, boundData(ring));
  wipe(secret, wrapKey);
  if (storeKey) return storeKey;
  throw ring.kind === "passphrase"
    ? new SottoError("passphrase-wrong", "The passphrase does not open the store key.")
    : new SottoError("store-key-missing", `The file ${KEY_FILE} is not this store's key.`);
}

async function passphraseSecret(
  passphrase: string | undefined,
  { salt, cost }: Keyring,
): Promise<Uint8Array> {
  if (passphrase === undefined)
    throw new SottoError("passphrase-needed", "The store key is protected by a passphrase.");
  return deriveFromPassphrase(passphrase, salt, cost);
}

async function keyFileSecret(directory: string, log: Log): Promise<Uint8Array> {
  const path = join(directory, KEY_FILE);
  const secret = await readOrNothing(path);
  if (!secret) throw new SottoError("store-key-missing", `The file ${KEY_FILE} is missing.`);
  if (secret.length !== KEY_BYTES)
    throw new SottoError("store-key-missing", `The file ${KEY_FILE} is not a key.`);
  // Windows knows no such bits, and shows others' as set.
  if (process.platform !== "win32" && ((await stat(path)).mode & 0o077) !== 0) {
    await chmod(path, 0o600);
    log("store.key-file-was-open");
  }
  return secret;
}

function wrappingKey(crypto: CryptoProvider, secret: Uint8Array, salt: Uint8Array): Uint8Array {
  return crypto.hkdf(salt, secret, utf8(labels.storeKeyWrap), KEY_BYTES);
}

async function readOrNothing(path: string): Promise<Uint8Array | undefined> {
  try {
    // A plain copy: pooled Buffers share their memory with strangers.
    return Uint8Array.from(await readFile(path));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw new SottoError("store-key-missing", "The store key's files cannot be read.", {
      cause: error,
    });
  }
}
