/**
 * The format of a vault file: version (1) ‖ nonce (24) ‖ ciphertext (8240) ‖ checksum (8), always
 * 8,273 bytes. Plaintext: generation (8) ‖ batches (8) ‖ groups being rotated (16) ‖ 128 keys (32
 * each) ‖ 128 next keys (32 each, zeros where a group is not rotated). The checksum distinguishes a
 * damaged file from another store's; it does not authenticate.
 */
import { concat, equal, labels, readU64, SottoError, u64, utf8, wipe } from "../../base/index.ts";
import type { CryptoProvider } from "../../crypto/index.ts";
import { addGroup, GROUP_SET_BYTES, GROUPS, hasGroup } from "./key-groups.ts";

const VERSION = 1;
const NONCE_BYTES = 24;
const TAG_BYTES = 16;
const SUM_BYTES = 8;
export const KEY_BYTES = 32;
const SET_AT = 16;
const KEYS_AT = SET_AT + GROUP_SET_BYTES;
const NEXT_AT = KEYS_AT + GROUPS * KEY_BYTES;
const PLAIN_BYTES = NEXT_AT + GROUPS * KEY_BYTES;
const FILE_BYTES = 1 + NONCE_BYTES + PLAIN_BYTES + TAG_BYTES + SUM_BYTES;

/** The keys of all groups, and the next keys of those that are being rotated. */
export interface GroupKeys {
  readonly keys: readonly Uint8Array[];
  readonly next: ReadonlyMap<number, Uint8Array>;
}

export interface VaultState extends GroupKeys {
  /**
   * How often keys were destroyed. The database stores it in the batch that encrypts rows under
   * the next keys.
   */
  readonly generation: number;
  /** The number of the last batch when this was written: the database has at least as many. */
  readonly commits: number;
}

/** The result of reading a vault file. */
export type FoundVault =
  | { readonly kind: "whole"; readonly state: VaultState }
  | { readonly kind: "missing" | "damaged" | "foreign" };

type Crypto = Pick<CryptoProvider, "sealX" | "openX" | "random" | "sha256">;

/** A vault with fresh keys for every group. */
export function freshVault(random: CryptoProvider["random"], commits: number): VaultState {
  const keys = Array.from({ length: GROUPS }, () => random(KEY_BYTES));
  return { generation: 0, commits, keys, next: new Map() };
}

/** Overwrites the keys of a state, except those that another state has too. */
export function wipeKeys(state: GroupKeys, kept?: GroupKeys): void {
  const used = new Set(kept ? allKeys(kept) : []);
  wipe(...allKeys(state).filter((key) => !used.has(key)));
}

function allKeys({ keys, next }: GroupKeys): Uint8Array[] {
  return [...keys, ...next.values()];
}

/** The keys once every next key has replaced its predecessor. */
export function rotated({ keys, next }: GroupKeys): GroupKeys {
  return { keys: keys.map((key, group) => next.get(group) ?? key), next: new Map() };
}

/** @param key of the vault, 32 bytes. */
export function encodeVault(crypto: Crypto, key: Uint8Array, state: VaultState): Uint8Array {
  const plain = new Uint8Array(PLAIN_BYTES);
  plain.set(u64(state.generation));
  plain.set(u64(state.commits), 8);
  for (const [group, next] of state.next) {
    addGroup(plain.subarray(SET_AT, KEYS_AT), group);
    plain.set(next, NEXT_AT + group * KEY_BYTES);
  }
  for (const [group, kept] of state.keys.entries()) plain.set(kept, KEYS_AT + group * KEY_BYTES);
  const nonce = crypto.random(NONCE_BYTES);
  const sealed = crypto.sealX(key, nonce, plain, bound);
  wipe(plain);
  const body = concat(Uint8Array.of(VERSION), nonce, sealed);
  return concat(body, crypto.sha256(body).subarray(0, SUM_BYTES));
}

/** Throws `store-version`. */
export function decodeVault(crypto: Crypto, key: Uint8Array, bytes: Uint8Array): FoundVault {
  const body = bytes.subarray(0, Math.max(0, bytes.length - SUM_BYTES));
  const sum = bytes.subarray(body.length);
  if (body.length === 0 || !equal(sum, crypto.sha256(body).subarray(0, SUM_BYTES)))
    return { kind: "damaged" };
  if ((body[0] ?? 0) > VERSION)
    throw new SottoError("store-version", "A newer version of Sotto wrote the key vault.");
  if (body[0] !== VERSION || bytes.length !== FILE_BYTES) return { kind: "damaged" };
  const nonce = body.subarray(1, 1 + NONCE_BYTES);
  const plain = crypto.openX(key, nonce, body.subarray(1 + NONCE_BYTES), bound);
  if (!plain) return { kind: "foreign" };
  const generation = readU64(plain);
  const commits = readU64(plain, 8);
  const groups = plain.subarray(SET_AT, KEYS_AT);
  const keyAt = (at: number): Uint8Array => plain.slice(at, at + KEY_BYTES);
  const keys: Uint8Array[] = [];
  const next = new Map<number, Uint8Array>();
  for (let group = 0; group < GROUPS; group++) {
    keys.push(keyAt(KEYS_AT + group * KEY_BYTES));
    if (hasGroup(groups, group)) next.set(group, keyAt(NEXT_AT + group * KEY_BYTES));
  }
  wipe(plain);
  if (generation === undefined || commits === undefined) {
    wipeKeys({ keys, next });
    return { kind: "damaged" };
  }
  return { kind: "whole", state: { generation, commits, keys, next } };
}

const bound = concat(utf8(labels.storeVault), Uint8Array.of(VERSION));
