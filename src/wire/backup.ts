/** The content of a backup as JSON, before encryption (docs/SPEC.md, Backup). */
import { fromUtf8, limits, utf8 } from "../base/index.ts";
import {
  account,
  bytes,
  flag,
  listOf,
  oneOf,
  optional,
  record,
  type Shape,
  text,
  whole,
} from "./json-schema.ts";

/** Above the limits of names and addresses, so that everything stored can be restored. */
const NAME = 4 * limits.nameLength;
const ADDRESS = 4 * limits.addressLength;

const chain = record({
  offset: whole(limits.epoch - 1),
  epoch: whole(),
  root: bytes(32),
});

const heldInvite = record({
  secret: bytes(16),
  expiresAt: whole(),
  claim: bytes(32),
  renews: flag,
});

const contact = record({
  account,
  name: text(NAME),
  named: flag,
  handle: optional(text(limits.handleLength)),
  profileName: optional(text(NAME)),
  addedAt: whole(),
  pairing: oneOf("invited", "handshaken", "requested", "confirmed", "denied", "used", "expired"),
  verified: flag,
  blocked: flag,
  receipts: optional(flag),
  policy: optional(oneOf("any", "lan", "hidden")),
  changedAccount: optional(account),
  role: oneOf("a", "b"),
  chain: optional(chain),
  device: optional(bytes(32)),
  invite: optional(heldInvite),
  addresses: listOf(text(ADDRESS)),
});

const claim = record({
  claim: bytes(32),
  account,
  answer: oneOf("accepted", "pending", "denied", "removed"),
  at: whole(),
});

const invite = record({
  kind: oneOf("once", "reusable"),
  secret: bytes(16),
  expiresAt: whole(),
  end: optional(oneOf("revoked", "dead", "restored")),
  claims: listOf(claim),
});

const backup = record({
  madeAt: whole(),
  name: text(NAME),
  contacts: listOf(contact),
  invites: listOf(invite),
  bootstrap: listOf(text(ADDRESS)),
});

type ValueOf<Of> = Of extends Shape<infer Value> ? Value : never;

/**
 * Everything that an account needs on another machine except its key, sessions and messages.
 */
export type Backup = ValueOf<typeof backup>;
/** A contact in a backup. */
export type BackupContact = ValueOf<typeof contact>;

/** UTF-8 bytes of the JSON. */
export function encodeBackup(value: Backup): Uint8Array {
  return utf8(JSON.stringify(backup.write(value)));
}

/**
 * The backup of the bytes, or `undefined`: not JSON, a missing or malformed member, or an account
 * that occurs twice.
 */
export function decodeBackup(from: Uint8Array): Backup | undefined {
  let json: unknown;
  try {
    json = JSON.parse(fromUtf8(from) ?? "");
  } catch {
    return undefined;
  }
  const value = backup.read(json);
  if (value === undefined) return undefined;
  const people = new Set(value.contacts.map((one) => one.account));
  return people.size === value.contacts.length ? value : undefined;
}
