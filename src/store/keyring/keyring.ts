/**
 * The store key: random, and wrapped by what the user knows (a passphrase) or has (a key file, the
 * keychain of the system). A change of its protection wraps it again and leaves the rows unchanged.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { labels, SottoError, utf8, wipe } from "../../base/index.ts";
import {
  type CryptoProvider,
  defaultPassphraseCost,
  deriveFromPassphrase,
  type PassphraseCost,
} from "../../crypto/index.ts";
import { type Log, silent } from "../../ports/index.ts";
import { shredReplaced, writeAtomically } from "../files/atomic-files.ts";
import { writeError } from "../leveldb/errors.ts";
import {
  finishKeyChange,
  KEY_FILE,
  NEXT_KEY_FILE,
  readSecretFile,
  withKeyFile,
} from "./key-file.ts";
import { type Keychain, systemKeychain } from "./keychain.ts";
import { entryOf, removeOldEntries, storeEntry, withEntry } from "./keychain-entries.ts";
import {
  boundData,
  decodeKeyring,
  encodeKeyring,
  headerOf,
  KEYRING_FILE,
  type Keyring,
} from "./keyring-file.ts";

/** What wraps the store key. */
export type Protection =
  | { readonly kind: "key-file" }
  | { readonly kind: "keychain" }
  | {
      readonly kind: "passphrase";
      readonly passphrase: string;
      /** What one guess costs; absent: `defaultPassphraseCost`. */
      readonly cost?: PassphraseCost;
    };

const KEY_BYTES = 32;
const SALT_BYTES = 16;
const NONCE_BYTES = 24;
/** The other kinds derive nothing from a passphrase. */
const noCost: PassphraseCost = { memoryKiB: 0, passes: 0, lanes: 0 };

/**
 * Creates a store key (32 bytes), wraps it and writes it to the directory, which is created (0700)
 * if missing. Throws `account-exists` if there is a keyring already, `passphrase-needed` for an
 * empty passphrase, `keychain-missing`, `keychain-locked`, `disk-full` or `store-write-failed`.
 */
export async function createKeyring(
  directory: string,
  protection: Protection,
  crypto: CryptoProvider,
  keychain: Keychain = systemKeychain(),
): Promise<Uint8Array> {
  if ((await readSecretFile(join(directory, KEYRING_FILE))) !== undefined)
    throw new SottoError("account-exists", "This home directory already has a database key.");
  const storeKey = crypto.random(KEY_BYTES);
  let secret: Uint8Array | undefined;
  try {
    const wrapped = await wrap(crypto, storeKey, protection);
    secret = wrapped.secret;
    await mkdir(directory, { recursive: true, mode: 0o700 });
    // First the secret: a keyring whose secret was never stored could not be unlocked.
    if (protection.kind === "key-file") await writeAtomically(join(directory, KEY_FILE), secret);
    if (protection.kind === "keychain") await storeEntry(directory, wrapped.salt, secret, keychain);
    await writeAtomically(join(directory, KEYRING_FILE), wrapped.file);
    return storeKey;
  } catch (error) {
    wipe(storeKey);
    throw writeError(error);
  } finally {
    if (secret) wipe(secret);
  }
}

/**
 * Wraps the store key with another protection, or again with the same kind. The key itself stays
 * the same and no row is encrypted again: anyone who had both an old keyring and its secret keeps
 * the key. Requires the home's lock.
 *
 * A crash leaves the old protection or the new one, complete; `unlockKeyring` finishes the change.
 * The old key file and the old keyring are overwritten in place, as far as the disk supports that;
 * an entry of the keychain is removed.
 *
 * Throws what `unlockKeyring` throws, `passphrase-needed` for an empty new passphrase, and
 * `disk-full` or `store-write-failed`: then one of the two protections is valid, and
 * `readProtection` returns its kind.
 * @param current the current passphrase; `undefined` if none is needed.
 */
export async function changeProtection(
  directory: string,
  crypto: CryptoProvider,
  current: string | undefined,
  next: Protection,
  keychain: Keychain = systemKeychain(),
): Promise<void> {
  const storeKey = await unlockKeyring(directory, current, crypto, silent, keychain);
  const wrapping = wrap(crypto, storeKey, next).finally(() => wipe(storeKey));
  const { file, secret, salt } = await wrapping;
  const name = next.kind === "key-file" ? NEXT_KEY_FILE : undefined;
  try {
    if (name) await writeAtomically(join(directory, name), secret);
    if (next.kind === "keychain") await storeEntry(directory, salt, secret, keychain);
    // The rename of this file puts the new protection into effect.
    const path = join(directory, KEYRING_FILE);
    await shredReplaced(path, () => writeAtomically(path, file), crypto.random);
  } catch (error) {
    throw writeError(error);
  } finally {
    wipe(secret);
  }
  try {
    await finishKeyChange(directory, name, crypto.random);
    await removeOldEntries(
      directory,
      next.kind === "keychain" ? entryOf(salt) : undefined,
      keychain,
    );
  } catch (cause) {
    throw new SottoError(
      "store-write-failed",
      "The database key has its new protection, but the old one could not be removed.",
      { cause },
    );
  }
}

/**
 * How the store key is protected; `undefined` if the directory has none. Throws
 * `keyring-damaged`, `store-version`.
 */
export async function readProtection(directory: string): Promise<Protection["kind"] | undefined> {
  const bytes = await readSecretFile(join(directory, KEYRING_FILE));
  return bytes && headerOf(bytes).kind;
}

/**
 * The store key, 32 bytes. Sets the mode of a key file that others may read to 0600, and logs it.
 * Removes what an interrupted `changeProtection` left: requires the home's lock.
 * Throws `passphrase-needed` (none was given), `passphrase-wrong`, `store-key-missing` (no keyring;
 * no key file or entry of the keychain, or not this keyring's), `keychain-missing`,
 * `keychain-locked`, `keyring-damaged`, `store-version`.
 */
export async function unlockKeyring(
  directory: string,
  passphrase: string | undefined,
  crypto: CryptoProvider,
  log: Log = silent,
  keychain: Keychain = systemKeychain(),
): Promise<Uint8Array> {
  const bytes = await readSecretFile(join(directory, KEYRING_FILE));
  if (!bytes) throw new SottoError("store-key-missing", `The file ${KEYRING_FILE} is missing.`);
  const ring = decodeKeyring(bytes, crypto.sha256);
  const unwrap = (secret: Uint8Array): Uint8Array | undefined => {
    const wrapKey = wrappingKey(crypto, secret, ring.salt);
    const storeKey = crypto.openX(wrapKey, ring.nonce, ring.sealed, boundData(ring));
    wipe(wrapKey);
    return storeKey;
  };
  const { result, name } = await openRing({ directory, ring, passphrase, log, keychain, unwrap });
  // A read-only disk does not prevent reading.
  try {
    await finishKeyChange(directory, name, crypto.random);
    await removeOldEntries(
      directory,
      ring.kind === "keychain" ? entryOf(ring.salt) : undefined,
      keychain,
    );
  } catch {
    log("store.old-key-left");
  }
  return result;
}

interface Opening {
  readonly directory: string;
  readonly ring: Keyring;
  readonly passphrase: string | undefined;
  readonly log: Log;
  readonly keychain: Keychain;
  /** The store key where the secret fits. */
  readonly unwrap: (secret: Uint8Array) => Uint8Array | undefined;
}

/** The store key, and the name of the key file that fits, if any. */
async function openRing(
  opening: Opening,
): Promise<{ readonly result: Uint8Array; readonly name?: string }> {
  const { directory, ring, passphrase, log, keychain, unwrap } = opening;
  switch (ring.kind) {
    case "passphrase":
      return { result: await withPassphrase(passphrase, ring, unwrap) };
    case "key-file":
      return withKeyFile(directory, log, unwrap);
    case "keychain":
      return { result: await withEntry(keychain, ring.salt, unwrap) };
  }
}

async function withPassphrase(
  passphrase: string | undefined,
  { salt, cost }: Keyring,
  unwrap: (secret: Uint8Array) => Uint8Array | undefined,
): Promise<Uint8Array> {
  if (passphrase === undefined)
    throw new SottoError("passphrase-needed", "The database key is protected by a passphrase.");
  const secret = await deriveFromPassphrase(passphrase, salt, cost);
  const storeKey = unwrap(secret);
  wipe(secret);
  if (storeKey) return storeKey;
  throw new SottoError("passphrase-wrong", "The passphrase is wrong.");
}

/** The keyring's bytes for a store key, the secret that unlocks it (32 bytes), and its salt. */
async function wrap(
  crypto: CryptoProvider,
  storeKey: Uint8Array,
  protection: Protection,
): Promise<{ readonly file: Uint8Array; readonly secret: Uint8Array; readonly salt: Uint8Array }> {
  const salt = crypto.random(SALT_BYTES);
  const cost =
    protection.kind === "passphrase" ? (protection.cost ?? defaultPassphraseCost) : noCost;
  const secret =
    protection.kind === "passphrase"
      ? await deriveFromPassphrase(protection.passphrase, salt, cost)
      : crypto.random(KEY_BYTES);
  const ring = { kind: protection.kind, cost, salt, nonce: crypto.random(NONCE_BYTES) };
  const wrapKey = wrappingKey(crypto, secret, salt);
  const sealed = crypto.sealX(wrapKey, ring.nonce, storeKey, boundData(ring));
  wipe(wrapKey);
  return { file: encodeKeyring({ ...ring, sealed }, crypto.sha256), secret, salt };
}

function wrappingKey(crypto: CryptoProvider, secret: Uint8Array, salt: Uint8Array): Uint8Array {
  return crypto.hkdf(salt, secret, utf8(labels.storeKeyWrap), KEY_BYTES);
}
