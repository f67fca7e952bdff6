/** The key of a private network: a file that all of its nodes have. */
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import {
  concat,
  equal,
  fromBase32,
  hasCode,
  labels,
  SottoError,
  systemError,
  toBase32,
  utf8,
} from "../../base/index.ts";
import { type CryptoProvider, nodeCrypto } from "../../crypto/index.ts";
import type { PrivateNetwork } from "../../node/index.ts";
import { createAtomically } from "../../store/index.ts";
import { readLimited } from "../process/read-limited.ts";

const KEY_BYTES = 32;
const CHECK_BYTES = 4;
const PREFIX = "sotto-network:";
/** A longer file is not a key, bytes. */
const MOST = 1024;

type Hashing = Pick<CryptoProvider, "sha256" | "hkdf" | "random">;

/**
 * Writes a new key to a file (0600) with a prefix and a checksum, so that a damaged copy is
 * noticed. A crash leaves the whole file or none. Throws `network-key-exists`, `file-write-failed`.
 */
export async function makeNetworkKey(path: string, crypto: Hashing = nodeCrypto()): Promise<void> {
  const key = crypto.random(KEY_BYTES);
  const text = `${PREFIX}${toBase32(concat(key, checkOf(crypto, key)))}\n`;
  const failed = (cause: unknown): SottoError => {
    const what = `${path} cannot be written`;
    const message = systemError(cause, what)?.message ?? `${what}.`;
    return new SottoError("file-write-failed", message, { cause });
  };
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw failed(cause);
  }
  try {
    await createAtomically(path, utf8(text), crypto.random);
  } catch (cause) {
    if (!hasCode(cause, "EEXIST")) throw failed(cause);
    throw new SottoError("network-key-exists", `The file ${path} already exists.`);
  }
}

/**
 * Reads a key file and derives what the nodes of the network share. Throws `file-unreadable` and
 * `network-key-invalid`, which do not reveal the contents.
 */
export async function readNetworkKey(path: string, crypto: Hashing): Promise<PrivateNetwork> {
  const bytes = await readLimited(path, path, MOST);
  const refuse = (why: string): never => {
    throw new SottoError("network-key-invalid", `${path} ${why}.`);
  };
  const text = Buffer.from(bytes ?? [])
    .toString("latin1")
    .trim();
  if (bytes?.length === 0) return refuse("is empty");
  if (!text.startsWith(PREFIX)) return refuse("is not a network key");
  const coded = text.slice(PREFIX.length);
  if (coded.length < Math.ceil((8 * (KEY_BYTES + CHECK_BYTES)) / 5))
    return refuse("is too short: its end is missing");
  const held = fromBase32(coded);
  if (held?.length !== KEY_BYTES + CHECK_BYTES)
    return refuse("is damaged: it contains invalid characters");
  const key = held.slice(0, KEY_BYTES);
  if (!equal(held.slice(KEY_BYTES), checkOf(crypto, key))) return refuse("is damaged");
  const derive = (label: string, length: number): Uint8Array =>
    crypto.hkdf(new Uint8Array(0), key, utf8(label), length);
  const network = {
    prologue: derive(labels.networkPrologue, 32),
    // A service name has fifteen characters at most (RFC 6335 §5.1).
    service: `_s${toBase32(derive(labels.networkService, 7))}`,
  };
  key.fill(0);
  return network;
}

function checkOf(crypto: Hashing, key: Uint8Array): Uint8Array {
  return crypto.sha256(key).slice(0, CHECK_BYTES);
}
