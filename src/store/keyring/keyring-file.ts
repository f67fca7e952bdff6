/**
 * The file `keyring`: version (1) ‖ kind (1) ‖ memory KiB (4) ‖ passes (4) ‖ lanes (4) ‖ salt (16)
 * ‖ nonce (24) ‖ sealed store key (48) ‖ checksum (8). The checksum distinguishes a damaged file
 * from a wrong passphrase; it does not authenticate. The associated data binds every field.
 */
import { concat, equal, labels, readU32, SottoError, u32, utf8 } from "../../base/index.ts";
import type { CryptoProvider, PassphraseCost } from "../../crypto/index.ts";

export const KEYRING_FILE = "keyring";
const VERSION = 1;
const kindByte = { "key-file": 1, passphrase: 2, keychain: 3 } as const;
type Kind = keyof typeof kindByte;
const kinds = Object.keys(kindByte) as Kind[];

const SALT_AT = 14;
const NONCE_AT = SALT_AT + 16;
const SEALED_AT = NONCE_AT + 24;
const SUM_AT = SEALED_AT + 48;
const FILE_BYTES = SUM_AT + 8;

export interface Keyring {
  readonly kind: Kind;
  /** All zero unless the kind is `passphrase`. */
  readonly cost: PassphraseCost;
  /** 16 bytes. */
  readonly salt: Uint8Array;
  /** 24 bytes. */
  readonly nonce: Uint8Array;
  /** 48 bytes. */
  readonly sealed: Uint8Array;
}

type Hash = CryptoProvider["sha256"];

/** 110 bytes. */
export function encodeKeyring(ring: Keyring, sha256: Hash): Uint8Array {
  const body = concat(header(ring), ring.nonce, ring.sealed);
  return concat(body, checksum(body, sha256));
}

/**
 * Decodes a keyring file. Throws `store-version` or `keyring-damaged`. `deriveFromPassphrase`
 * checks the cost before it uses any memory.
 */
export function decodeKeyring(bytes: Uint8Array, sha256: Hash): Keyring {
  const { kind } = headerOf(bytes);
  if (!equal(bytes.subarray(SUM_AT), checksum(bytes.subarray(0, SUM_AT), sha256))) throw damaged();
  const cost = {
    memoryKiB: readU32(bytes, 2),
    passes: readU32(bytes, 6),
    lanes: readU32(bytes, 10),
  };
  return {
    kind,
    cost,
    salt: bytes.slice(SALT_AT, NONCE_AT),
    nonce: bytes.slice(NONCE_AT, SEALED_AT),
    sealed: bytes.slice(SEALED_AT, SUM_AT),
  };
}

/** What can be read without a hash. Throws `store-version`, `keyring-damaged`. */
export function headerOf(bytes: Uint8Array): { readonly kind: Kind } {
  const version = bytes[0];
  if (version !== undefined && version > VERSION)
    throw new SottoError("store-version", "A newer version of Sotto wrote the file keyring.");
  if (version !== VERSION || bytes.length !== FILE_BYTES) throw damaged();
  for (const kind of kinds) if (bytes[1] === kindByte[kind]) return { kind };
  throw damaged();
}

/** The associated data of the sealed store key. */
export function boundData(ring: Omit<Keyring, "sealed">): Uint8Array {
  return concat(utf8(labels.storeKeyWrap), header(ring));
}

function header({ kind, cost, salt }: Omit<Keyring, "sealed">): Uint8Array {
  return concat(
    Uint8Array.of(VERSION, kindByte[kind]),
    u32(cost.memoryKiB),
    u32(cost.passes),
    u32(cost.lanes),
    salt,
  );
}

function checksum(body: Uint8Array, sha256: Hash): Uint8Array {
  return sha256(body).subarray(0, FILE_BYTES - SUM_AT);
}

function damaged(): SottoError {
  return new SottoError(
    "keyring-damaged",
    `The file ${KEYRING_FILE} does not contain what was written.`,
  );
}
