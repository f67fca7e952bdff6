/**
 * Key generations: one secret sealed to the key package of every recipient, from which all sending
 * chains follow (docs/SPEC.md, groups). The secret is erased as soon as the chains are derived.
 */
import { concat, equal, labels, utf8, wipe } from "../base/index.ts";
import type { CryptoProvider, SigningKeyPair } from "../crypto/index.ts";
import type { GroupKeyPackage, KeyAnnouncement } from "../wire/index.ts";
import { encodeKeyAnnouncement } from "../wire/index.ts";
import {
  type GenerationId,
  type GroupId,
  generationId,
  groupId,
  type MemberId,
  memberId,
  type OpId,
  opId,
} from "./ids.ts";
import type { KeyPackageSecrets } from "./key-package.ts";
import { groupLimits } from "./limits.ts";

const SECRET = 32;
const CIPHERTEXT = 1088;
/** An envelope: ML-KEM ciphertext, sealed secret and its tag. */
const ENVELOPE = CIPHERTEXT + SECRET + 16;
/** Each envelope key seals once. */
const NONCE = new Uint8Array(12);

/** What identifies the description of a generation: the signed fields, and where it was stated. */
export interface Announced {
  readonly group: GroupId;
  readonly announcement: KeyAnnouncement;
  /** The removal that carries it, if one does: then its parents are the frontier. */
  readonly removal?: { readonly id: OpId; readonly parents: readonly OpId[] };
}

export interface MadeGeneration {
  readonly announcement: KeyAnnouncement;
  /** The pages, in order; each has at most 48 envelopes. */
  readonly pages: readonly Uint8Array[];
  /** The secret, 32 bytes. To be erased once the chains are derived. */
  readonly secret: Uint8Array;
}

/** A recipient with the package that the generation is sealed to. */
export interface Recipient {
  readonly member: MemberId;
  readonly package: Pick<GroupKeyPackage, "x" | "ek">;
}

/**
 * Makes a generation: a random secret and its envelopes, signed.
 * @param recipients all but the maker.
 * @param frontier the heads that its audience is judged by; inside a removal, that operation's
 * parents, which the announcement then does not repeat.
 * @returns `undefined` where the key package of a recipient is not usable.
 */
export function makeGeneration(
  crypto: CryptoProvider,
  group: GroupId,
  maker: { readonly member: MemberId; readonly key: SigningKeyPair },
  recipients: readonly Recipient[],
  frontier: readonly OpId[],
  within: "removal" | "log",
): MadeGeneration | undefined {
  const secret = crypto.random(SECRET);
  const e = crypto.dhGenerate();
  const envelopes: Uint8Array[] = [];
  for (const { member, package: keys } of inOrder(recipients)) {
    const encapsulated = crypto.kemEncapsulate(keys.ek);
    const shared = crypto.dh(e, keys.x);
    if (encapsulated === undefined || shared === undefined) return undefined;
    const key = envelopeKey(crypto, encapsulated.shared, shared, {
      ...{ group, frontier, maker: maker.member, e: e.public, ek: keys.ek, x: keys.x },
      ciphertext: encapsulated.ciphertext,
    });
    const sealed = crypto.seal(key, NONCE, secret, memberId.bytes(member));
    envelopes.push(concat(encapsulated.ciphertext, sealed));
    wipe(key, encapsulated.shared, shared);
  }
  wipe(e.secret);
  const pages = inPages(envelopes);
  const fields = {
    frontier: within === "removal" ? [] : frontier.map(opId.bytes),
    maker: memberId.bytes(maker.member),
    e: e.public,
    commit: commitment(crypto, secret),
    pages: pages.map((page) => pageHash(crypto, page)),
  };
  const signature = crypto.sign(maker.key, announcementClaim(group, fields));
  return { announcement: { ...fields, signature }, pages, secret };
}

/** Whether an announcement is signed by the maker's member key, 32 bytes. */
export function isAnnouncement(
  crypto: CryptoProvider,
  { group, announcement }: Announced,
  memberKey: Uint8Array,
): boolean {
  return crypto.verify(memberKey, announcementClaim(group, announcement), announcement.signature);
}

/**
 * The id of a generation: SHA-256(label ‖ group ‖ id of the removal or zeros ‖ announcement). In
 * whole in every key derivation, MAC and signature; its first 16 bytes elsewhere.
 */
export function generationOf(crypto: CryptoProvider, announced: Announced): GenerationId {
  const { group, announcement, removal } = announced;
  const within = removal === undefined ? new Uint8Array(32) : opId.bytes(removal.id);
  return generationId.from(
    crypto.sha256(
      concat(
        utf8(labels.groupGeneration),
        groupId.bytes(group),
        within,
        encodeKeyAnnouncement(announcement),
      ),
    ),
  );
}

/** The heads by which the recipients of a generation are judged. */
export function frontierOf({ announcement, removal }: Announced): readonly OpId[] {
  return removal === undefined ? announcement.frontier.map(opId.from) : removal.parents;
}

/** In which page the envelope of a recipient is, and where there. */
export function envelopePlace(
  recipients: readonly MemberId[],
  member: MemberId,
): { readonly page: number; readonly index: number } | undefined {
  const place = [...recipients].sort().indexOf(member);
  if (place < 0) return undefined;
  const size = groupLimits.pageEnvelopes;
  return { page: Math.floor(place / size), index: place % size };
}

/** Whether a page is the one that the announcement names at this place. */
export function isPage(
  crypto: CryptoProvider,
  { announcement }: Announced,
  place: number,
  page: Uint8Array,
): boolean {
  const named = announcement.pages[place];
  return named !== undefined && equal(named, pageHash(crypto, page));
}

/**
 * Opens the envelope of this member.
 * @param index of the envelope in its page.
 * @returns the secret, 32 bytes; `undefined` where the envelope is not for this package or the
 * maker sealed another secret than it committed to.
 */
export function openEnvelope(
  crypto: CryptoProvider,
  announced: Announced,
  page: Uint8Array,
  index: number,
  member: MemberId,
  secrets: KeyPackageSecrets,
): Uint8Array | undefined {
  const { group, announcement } = announced;
  const envelope = page.subarray(index * ENVELOPE, (index + 1) * ENVELOPE);
  if (envelope.length !== ENVELOPE) return undefined;
  const ciphertext = envelope.subarray(0, CIPHERTEXT);
  const kem = crypto.kemDecapsulate(secrets.kem, ciphertext);
  const shared = crypto.dh(secrets.dh, announcement.e);
  if (kem === undefined || shared === undefined) return undefined;
  const key = envelopeKey(crypto, kem, shared, {
    group,
    frontier: frontierOf(announced),
    maker: memberId.from(announcement.maker),
    e: announcement.e,
    ek: secrets.kem.public,
    x: secrets.dh.public,
    ciphertext,
  });
  const sealed = envelope.subarray(CIPHERTEXT);
  const secret = crypto.open(key, NONCE, sealed, memberId.bytes(member));
  wipe(key, kem, shared);
  if (secret === undefined || !equal(commitment(crypto, secret), announcement.commit))
    return undefined;
  return secret;
}

interface EnvelopeContext {
  readonly group: GroupId;
  readonly frontier: readonly OpId[];
  readonly maker: MemberId;
  readonly e: Uint8Array;
  readonly ek: Uint8Array;
  readonly x: Uint8Array;
  readonly ciphertext: Uint8Array;
}

/**
 * HKDF(ML-KEM secret, X25519 secret, label ‖ group ‖ n ‖ frontier ‖ maker ‖ e ‖ x ‖
 * SHA-256(label ‖ ek ‖ ciphertext), 32).
 */
function envelopeKey(
  crypto: CryptoProvider,
  kem: Uint8Array,
  dh: Uint8Array,
  { group, frontier, maker, e, ek, x, ciphertext }: EnvelopeContext,
): Uint8Array {
  const info = concat(
    utf8(labels.groupEnvelope),
    groupId.bytes(group),
    Uint8Array.of(frontier.length),
    ...frontier.map(opId.bytes),
    memberId.bytes(maker),
    e,
    x,
    // Hashed: OpenSSL's HKDF takes at most 1,024 bytes here.
    crypto.sha256(concat(utf8(labels.groupEnvelopeKem), ek, ciphertext)),
  );
  return crypto.hkdf(kem, dh, info, 32);
}

function commitment(crypto: CryptoProvider, secret: Uint8Array): Uint8Array {
  return crypto.sha256(concat(utf8(labels.groupCommit), secret));
}

/** What an announcement names a page by: SHA-256(label ‖ page), 32 bytes. */
export function pageHash(crypto: CryptoProvider, page: Uint8Array): Uint8Array {
  return crypto.sha256(concat(utf8(labels.groupPage), page));
}

/** label ‖ group ‖ the announcement with a signature of zeros. */
function announcementClaim(group: GroupId, fields: Omit<KeyAnnouncement, "signature">): Uint8Array {
  const unsigned = encodeKeyAnnouncement({ ...fields, signature: new Uint8Array(64) });
  return concat(utf8(labels.groupAnnouncement), groupId.bytes(group), unsigned);
}

function inOrder(recipients: readonly Recipient[]): Recipient[] {
  return [...recipients].sort((a, b) => (a.member < b.member ? -1 : 1));
}

function inPages(envelopes: readonly Uint8Array[]): Uint8Array[] {
  const pages: Uint8Array[] = [];
  for (let at = 0; at < envelopes.length; at += groupLimits.pageEnvelopes)
    pages.push(concat(...envelopes.slice(at, at + groupLimits.pageEnvelopes)));
  return pages;
}
