/**
 * Encrypted backups of contacts and invites. The key is derived from the account's entropy, so
 * that the 24 words open the file and nothing else does; the entropy itself is not in it.
 */
import { equal, labels, SottoError, utf8, wipe } from "../../base/index.ts";
import type { CryptoProvider } from "../../crypto/index.ts";
import { inviteIdOf } from "../../dht/index.ts";
import type { StoreOp } from "../../ports/index.ts";
import {
  type Backup,
  backupHead,
  decodeBackup,
  encodeBackup,
  joinBackup,
  padBackup,
  partBackup,
  unpadBackup,
} from "../../wire/index.ts";
import { newContact } from "../model/contact.ts";
import { restoredInvite } from "../model/invite.ts";
import { putContact } from "../state/contact-store.ts";
import type { Context } from "../state/context.ts";
import { type Invites, putInvite } from "../state/invites.ts";

/** The key is good for one file, so its nonce need not change. */
const NONCE = new Uint8Array(12);

/** The file: 16 489 bytes, or more in steps of two. @param entropy the account's, 32 bytes. */
export function sealBackup(
  crypto: CryptoProvider,
  entropy: Uint8Array,
  backup: Backup,
): Uint8Array {
  const salt = crypto.random(32);
  const json = encodeBackup(backup);
  const body = padBackup(json);
  const head = backupHead(body.length, salt, idOf(crypto, entropy, salt));
  const key = keyOf(crypto, entropy, salt);
  const file = joinBackup(head, crypto.seal(key, NONCE, body, head));
  wipe(key, json, body);
  return file;
}

/**
 * Throws what can be told without the words: `backup-malformed`, `backup-damaged`, `backup-newer`.
 */
export function checkBackup(file: Uint8Array): void {
  readParts(file);
}

/** What a backup holds. Throws also `backup-foreign`: the words are those of another account. */
export function openBackup(crypto: CryptoProvider, entropy: Uint8Array, file: Uint8Array): Backup {
  const { head, salt, id, sealed } = readParts(file);
  if (!equal(id, idOf(crypto, entropy, salt)))
    throw new SottoError(
      "backup-foreign",
      "The recovery phrase belongs to another account than the backup.",
    );
  const key = keyOf(crypto, entropy, salt);
  const body = crypto.open(key, NONCE, sealed, head);
  wipe(key);
  if (body === undefined) throw damaged("The backup is corrupted.");
  const json = unpadBackup(body);
  const backup = json && decodeBackup(json);
  wipe(body, ...(json === undefined ? [] : [json]));
  if (backup === undefined) throw damaged("What the backup holds cannot be read.");
  return backup;
}

function readParts(file: Uint8Array) {
  const parted = partBackup(file);
  if (parted.kind === "parts") return parted;
  switch (parted.why) {
    case "malformed":
      throw new SottoError("backup-malformed", "This file is not a backup.");
    case "newer":
      throw new SottoError("backup-newer", "A newer version of Sotto made this backup.");
    case "truncated":
      throw damaged("The end of the backup is missing.");
    case "damaged":
      throw damaged("The backup is corrupted.");
  }
}

function damaged(what: string): SottoError {
  return new SottoError("backup-damaged", what);
}

function idOf(crypto: CryptoProvider, entropy: Uint8Array, salt: Uint8Array): Uint8Array {
  return crypto.hkdf(salt, entropy, utf8(labels.backupId), 16);
}

function keyOf(crypto: CryptoProvider, entropy: Uint8Array, salt: Uint8Array): Uint8Array {
  return crypto.hkdf(salt, entropy, utf8(labels.backupSeal), 32);
}

// The contents of a backup: contacts and invites, but no messages and no sessions.

/** The current contents. @param bootstrap multiaddr texts of our bootstrap nodes. */
export function contentsOf(
  context: Context,
  invites: Invites,
  bootstrap: readonly string[],
): Backup {
  return {
    madeAt: context.clock.now(),
    name: context.identity.name,
    contacts: context.contactStore.peers().map(({ contact }) => contact),
    invites: invites.all(),
    bootstrap,
  };
}

/**
 * The rows of contacts and invites for an empty store. What belongs to one disk is new: a contact
 * has no session, no messages and no counts, and a stream of its own. The next link with it is a
 * handshake. An invite for one use counts as used, since it may have been since.
 */
export function restoredRows(crypto: CryptoProvider, { contacts, invites }: Backup): StoreOp[] {
  return [
    ...contacts.map(({ handle, ...kept }) =>
      putContact(newContact(crypto, kept.addedAt, { ...kept, ...(handle && { handle }) })),
    ),
    ...invites.map((kept) =>
      putInvite(restoredInvite({ ...kept, id: inviteIdOf(crypto, kept.secret) })),
    ),
  ];
}
