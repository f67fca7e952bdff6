/**
 * The invite link: `sotto:` and base32 of
 *
 * version and flags 1 ‖ [length of hints 2] ‖ account 32 ‖ secret 16 ‖ expiry in minutes 4 ‖
 * [hints] ‖ CRC-32 4
 *
 * The fields in brackets exist only with hints; without them a link has 98 characters. The length
 * comes early, so that a truncated link can be told from a mistyped one.
 */
import { concat, fromBase32, limits, readU32, toBase32, u32, utf8 } from "../base/index.ts";
import { isAddressText } from "./address-text.ts";
import { checksum } from "./crc32.ts";

const SCHEME = "sotto:";
const VERSION = 1;
const REUSABLE = 1;
const HINTED = 2;
const ACCOUNT = 32;
const SECRET = 16;
const MINUTE = 60_000;
const CHECKSUM = 4;
/** Bytes of a link without hints. */
const BARE = 1 + ACCOUNT + SECRET + 4 + CHECKSUM;
/** Characters that hold the version, the flags and the length. */
const HEAD = 5;
/** Longest text that is parsed: the longest link with many line breaks is shorter. */
const PASTE = 4096;

export interface Invite {
  readonly kind: "once" | "reusable";
  /** 32 bytes: the inviter's Ed25519 account key. */
  readonly account: Uint8Array;
  /** 16 bytes. */
  readonly secret: Uint8Array;
  /** ms, a whole minute. */
  readonly expiresAt: number;
  /** Multiaddr texts under which the inviter may be reached, at most `limits.inviteHints`. */
  readonly hints: readonly string[];
}

export type InviteRefusal =
  | "invite-malformed"
  | "invite-truncated"
  | "invite-mistyped"
  | "invite-newer";

export type ParsedInvite =
  | { readonly kind: "invite"; readonly invite: Invite }
  | { readonly kind: "refused"; readonly why: InviteRefusal };

/**
 * The link of an invite, in lower case; in upper case it is the same link and fits a QR code's
 * alphanumeric mode. Throws a RangeError where a field breaks its bound.
 */
export function encodeInvite({ kind, account, secret, expiresAt, hints }: Invite): string {
  const minutes = expiresAt / MINUTE;
  if (account.length !== ACCOUNT || secret.length !== SECRET)
    throw new RangeError("an invite has an account of 32 bytes and a secret of 16");
  if (!Number.isInteger(minutes) || minutes < 0 || minutes > 0xffffffff)
    throw new RangeError("an invite expires on a whole minute");
  if (hints.length > limits.inviteHints || !hints.every(isAddressText))
    throw new RangeError("a hint is a multiaddr, and there are few of them");
  const block = concat(...hints.flatMap((hint) => [Uint8Array.of(hint.length), utf8(hint)]));
  const flags = (kind === "reusable" ? REUSABLE : 0) | (hints.length > 0 ? HINTED : 0);
  const body = concat(
    Uint8Array.of((VERSION << 4) | flags),
    hints.length > 0 ? Uint8Array.of(block.length >> 8, block.length & 0xff) : new Uint8Array(0),
    account,
    secret,
    u32(minutes),
    block,
  );
  return SCHEME + toBase32(concat(body, checksum(body)));
}

/**
 * The invite of a pasted link. Tolerates space around it, line breaks in it, either case, and
 * `sotto://`. A link with one character replaced, missing, doubled or swapped with the next one is
 * refused.
 */
export function parseInvite(text: string): ParsedInvite {
  if (text.length > PASTE) return refused("invite-malformed");
  const link = /^sotto:(?:\/\/)?(.*)$/i.exec(text.replace(/\s+/g, ""));
  const body = link?.[1];
  if (body === undefined || !/^[a-z0-9]*$/i.test(body)) return refused("invite-malformed");
  if (!/^[a-z2-7]*$/i.test(body)) return refused("invite-mistyped");
  if (body.length < HEAD) return refused("invite-truncated");
  const length = linkLength(body);
  if (length === undefined) return newerOrMistyped(body);
  if (body.length < length) return refused("invite-truncated");
  if (body.length > length) return refused("invite-malformed");
  const bytes = checked(body);
  if (bytes === undefined) return refused("invite-mistyped");
  const invite = readFields(bytes);
  return invite === undefined ? refused("invite-malformed") : { kind: "invite", invite };
}

/**
 * The characters of a link without its scheme, by those at its start; `undefined` if they are too
 * few, or not the start of a link of this version.
 */
export function linkLength(body: string): number | undefined {
  const head = body.length < HEAD ? undefined : fromBase32(`${body.slice(0, HEAD)}aaa`);
  const first = head?.[0];
  if (head === undefined || first === undefined) return undefined;
  if (first >> 4 !== VERSION || (first & 0xf) > (REUSABLE | HINTED)) return undefined;
  const block = ((head[1] as number) << 8) | (head[2] as number);
  const length = BARE + ((first & HINTED) === 0 ? 0 : 2 + block);
  return Math.ceil((length * 8) / 5);
}

/**
 * The refusal of another version: every version keeps base32, the version at the start and the
 * checksum at the end.
 */
function newerOrMistyped(body: string): ParsedInvite {
  return refused(checked(body) === undefined ? "invite-mistyped" : "invite-newer");
}

/** The bytes of a link's base32 without the checksum, or `undefined` if the checksum is wrong. */
function checked(body: string): Uint8Array | undefined {
  const bytes = fromBase32(body);
  if (bytes === undefined || bytes.length < CHECKSUM) return undefined;
  const end = bytes.length - CHECKSUM;
  const sum = checksum(bytes.subarray(0, end));
  return readU32(sum) === readU32(bytes, end) ? bytes.subarray(0, end) : undefined;
}

function readFields(bytes: Uint8Array): Invite | undefined {
  const first = bytes[0] as number;
  const hinted = (first & HINTED) !== 0;
  const account = hinted ? 3 : 1;
  const secret = account + ACCOUNT;
  const expiry = secret + SECRET;
  const hints = readHints(bytes.subarray(expiry + 4));
  if (hints === undefined || hints.length > 0 !== hinted) return undefined;
  return {
    kind: (first & REUSABLE) !== 0 ? "reusable" : "once",
    account: bytes.slice(account, secret),
    secret: bytes.slice(secret, expiry),
    expiresAt: readU32(bytes, expiry) * MINUTE,
    hints,
  };
}

function readHints(block: Uint8Array): string[] | undefined {
  const hints: string[] = [];
  let at = 0;
  while (at < block.length) {
    const length = block[at++] as number;
    const hint = String.fromCharCode(...block.subarray(at, at + length));
    at += length;
    if (at > block.length || hints.length === limits.inviteHints || !isAddressText(hint))
      return undefined;
    hints.push(hint);
  }
  return hints;
}

function refused(why: InviteRefusal): ParsedInvite {
  return { kind: "refused", why };
}
