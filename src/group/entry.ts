/** Entries of accounts in a group: made by the account's device, verified by every member. */
import { accountId, concat, labels, utf8 } from "../base/index.ts";
import { type CryptoProvider, readCertificate, type SigningKeyPair } from "../crypto/index.ts";
import type { GroupEntry } from "../wire/index.ts";
import { type GroupId, groupId, type MemberId, memberId } from "./ids.ts";
import type { Entry } from "./op.ts";

const MEMBER_ID = 16;

/**
 * The member id of an account in a group: SHA-256(label ‖ group ‖ account)[0..16].
 * @param account the account public key, 32 bytes.
 */
export function memberOf(crypto: CryptoProvider, group: GroupId, account: Uint8Array): MemberId {
  const hashed = crypto.sha256(concat(utf8(labels.groupMember), groupId.bytes(group), account));
  return memberId.from(hashed.slice(0, MEMBER_ID));
}

/** What a device gives into an entry of its account. */
export interface EntryParts {
  readonly account: SigningKeyPair;
  /** The device certificate, 136 bytes. */
  readonly certificate: Uint8Array;
  /** New for each group and device. */
  readonly memberKey: SigningKeyPair;
  /** Hash of the first key package, 32 bytes. */
  readonly package: Uint8Array;
  readonly name: string;
}

/**
 * The entry of this account; with `group` it contains the consent to be added there, which an
 * admin cannot use for another group.
 */
export function makeEntry(
  crypto: CryptoProvider,
  { account, certificate, memberKey, name, package: hash }: EntryParts,
  group?: GroupId,
): GroupEntry {
  const device = certificate.subarray(32, 64);
  const keySignature = crypto.sign(account, memberKeyClaim(memberKey.public, device));
  return {
    certificate,
    memberKey: memberKey.public,
    keySignature,
    package: hash,
    name,
    ...(group !== undefined && { consent: crypto.sign(memberKey, consentClaim(group, hash)) }),
  };
}

/**
 * The entry, verified: the certificate, the account's signature of the member key, and with
 * `consent` the member's consent to be in this group. `undefined` where one is wrong or lacking.
 */
export function readEntry(
  crypto: CryptoProvider,
  group: GroupId,
  from: GroupEntry,
  needs: { readonly consent: boolean },
): Entry | undefined {
  const certificate = readCertificate(crypto, from.certificate);
  if (certificate === undefined) return undefined;
  const { account, device, createdAt } = certificate;
  const claim = memberKeyClaim(from.memberKey, device);
  if (!crypto.verify(account, claim, from.keySignature)) return undefined;
  const { consent } = from;
  if (needs.consent !== (consent !== undefined)) return undefined;
  if (consent && !crypto.verify(from.memberKey, consentClaim(group, from.package), consent))
    return undefined;
  return {
    member: memberOf(crypto, group, account),
    account: accountId.from(account),
    certificate: from.certificate,
    createdAt,
    device,
    memberKey: from.memberKey,
    package: from.package,
    name: from.name,
    ...(consent && { consent }),
  };
}

function memberKeyClaim(memberKey: Uint8Array, device: Uint8Array): Uint8Array {
  return concat(utf8(labels.groupMemberKey), memberKey, device);
}

function consentClaim(group: GroupId, packageHash: Uint8Array): Uint8Array {
  return concat(utf8(labels.groupConsent), groupId.bytes(group), packageHash);
}
