/** Key packages: what other members seal a key generation to (docs/SPEC.md, groups). */
import { concat, equal, labels, u64, utf8, wipe } from "../base/index.ts";
import type { CryptoProvider, DhKeyPair, KemKeyPair, SigningKeyPair } from "../crypto/index.ts";
import type { GroupKeyPackage } from "../wire/index.ts";
import { type GroupId, groupId, type MemberId, memberId } from "./ids.ts";

/** The secrets of a key package. Erased 48 hours after another package replaced it. */
export interface KeyPackageSecrets {
  readonly number: number;
  readonly dh: DhKeyPair;
  readonly kem: KemKeyPair;
}

/** Makes the secrets of a package; the first of a member has number 1. */
export function newKeyPackage(crypto: CryptoProvider, number: number): KeyPackageSecrets {
  return { number, dh: crypto.dhGenerate(), kem: crypto.kemGenerate() };
}

/** SHA-256(label ‖ u64 number ‖ X25519 key ‖ ML-KEM key), 32 bytes: what an entry names. */
export function keyPackageHash(crypto: CryptoProvider, keys: PackageKeys): Uint8Array {
  return crypto.sha256(concat(utf8(labels.groupPackageHash), body(keys)));
}

interface PackageKeys {
  readonly number: number;
  /** X25519, 32 bytes. */
  readonly x: Uint8Array;
  /** ML-KEM-768 encapsulation key, 1184 bytes. */
  readonly ek: Uint8Array;
}

/** The public part of a package, as it travels. */
export function keysOf({ number, dh, kem }: KeyPackageSecrets): PackageKeys {
  return { number, x: dh.public, ek: kem.public };
}

/**
 * The package, signed by the member key.
 * @param group `undefined` for the founder's first package: the group has no id before its create
 * operation, which names the package.
 */
export function signKeyPackage(
  crypto: CryptoProvider,
  group: GroupId | undefined,
  member: MemberId,
  memberKey: SigningKeyPair,
  secrets: KeyPackageSecrets,
): GroupKeyPackage {
  const keys = keysOf(secrets);
  const signature = crypto.sign(memberKey, claim(group, keys));
  return { member: memberId.bytes(member), ...keys, signature };
}

/**
 * Whether a package is signed by this member key; `first` is the hash that the member's entry
 * names, whose package may have been signed before the group had an id.
 */
export function isKeyPackage(
  crypto: CryptoProvider,
  group: GroupId,
  memberKey: Uint8Array,
  first: Uint8Array,
  from: GroupKeyPackage,
): boolean {
  if (crypto.verify(memberKey, claim(group, from), from.signature)) return true;
  return (
    equal(keyPackageHash(crypto, from), first) &&
    crypto.verify(memberKey, claim(undefined, from), from.signature)
  );
}

/** Overwrites the secrets of a package. */
export function wipeKeyPackage({ dh, kem }: KeyPackageSecrets): void {
  wipe(dh.secret, kem.secret);
}

function body({ number, x, ek }: PackageKeys): Uint8Array {
  return concat(u64(number), x, ek);
}

function claim(group: GroupId | undefined, keys: PackageKeys): Uint8Array {
  const named = group === undefined ? new Uint8Array(16) : groupId.bytes(group);
  return concat(utf8(labels.groupPackage), named, body(keys));
}
