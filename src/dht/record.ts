/**
 * The sealed, signed record that tells a pair where one of the two is. Every record has the same
 * size.
 */
import { concat, fromUtf8, type HostId, isZero, limits, u64, utf8, wipe } from "../base/index.ts";
import type { CryptoProvider } from "../crypto/index.ts";
import { BODY, type LayoutRefusal, parseRecord, signedPart, timeOf, VERSION } from "./layout.ts";
import type { RendezvousKeys } from "./tags.ts";

export interface RecordBody {
  /** The host that the person's device runs today. */
  readonly host: HostId;
  /** Multiaddr texts without /p2p, at most `limits.recordAddresses`. */
  readonly addresses: readonly string[];
}

export type RecordRefusal = LayoutRefusal | "signature" | "sealed" | "body";

export type OpenedRecord =
  | { readonly kind: "opened"; readonly body: RecordBody; readonly time: number }
  | { readonly kind: "refused"; readonly why: RecordRefusal };

/**
 * A record of exactly `limits.recordBytes`. Of the addresses it keeps the first that fit: four of
 * 77 characters beside a host of 52, or fewer of up to `limits.addressLength` (an IPv6 address with
 * its port has at most 54). One that does not fit is passed over for those behind it.
 *
 * @param time ms; it is also the record's sequence. The host key is new at each start and no
 * counter is kept, so the clock alone goes on over restarts. The caller never gives the same or an
 * earlier time twice for one tag: a holder refuses to go back. A clock set back is thereby mute
 * until it has caught up, or the old record has aged out.
 */
export function sealRecord(
  crypto: CryptoProvider,
  keys: RendezvousKeys,
  body: RecordBody,
  time: number,
): Uint8Array {
  const head = concat(Uint8Array.of(VERSION), keys.tag, u64(time));
  const nonce = crypto.random(24);
  const plain = encodeBody(body);
  const sealed = crypto.sealX(keys.seal, nonce, plain, head);
  wipe(plain);
  const record = new Uint8Array(limits.recordBytes);
  record.set(concat(head, nonce, sealed));
  record.set(crypto.sign(keys.signing, signedPart(record)), limits.recordBytes - 64);
  return record;
}

/**
 * What a record tells, once everything about it is right.
 * @param keys of the epoch and direction that were asked for.
 * @param now ms.
 */
export function openRecord(
  crypto: CryptoProvider,
  keys: RendezvousKeys,
  bytes: Uint8Array,
  now: number,
): OpenedRecord {
  const parted = parseRecord(bytes, keys.tag, now);
  if (parted.kind === "refused") return parted;
  const { time, head, nonce, sealed, signature } = parted.parts;
  if (!crypto.verify(keys.tag, signedPart(bytes), signature))
    return { kind: "refused", why: "signature" };
  const plain = crypto.openX(keys.seal, nonce, sealed, head);
  if (plain === undefined) return { kind: "refused", why: "sealed" };
  const body = decodeBody(plain);
  return body === undefined ? { kind: "refused", why: "body" } : { kind: "opened", body, time };
}

/**
 * The time in a record that the tag's owner signed, however old or early it is; `undefined` of any
 * other bytes.
 */
export function signedTime(
  crypto: CryptoProvider,
  tag: Uint8Array,
  bytes: Uint8Array,
): number | undefined {
  const time = timeOf(bytes);
  if (time === undefined) return undefined;
  return crypto.verify(tag, signedPart(bytes), bytes.subarray(-64)) ? time : undefined;
}

/** Length and text of the host, number of addresses, length and text of each, zeros. */
function encodeBody({ host, addresses }: RecordBody): Uint8Array {
  const name = utf8(host);
  if (!isHost(host)) throw new RangeError("a record's host is a PeerId");
  const kept: Uint8Array[] = [];
  let room = BODY - 1 - name.length - 1;
  for (const address of addresses) {
    if (kept.length === limits.recordAddresses) break;
    if (!isAddress(address) || 1 + address.length > room) continue;
    room -= 1 + address.length;
    kept.push(concat(Uint8Array.of(address.length), utf8(address)));
  }
  const plain = new Uint8Array(BODY);
  plain.set(concat(Uint8Array.of(name.length), name, Uint8Array.of(kept.length), ...kept));
  return plain;
}

function decodeBody(plain: Uint8Array): RecordBody | undefined {
  let at = 0;
  const text = () => {
    const length = plain[at] ?? 0;
    const value = fromUtf8(plain.subarray(at + 1, at + 1 + length));
    at += 1 + length;
    return at <= plain.length ? value : undefined;
  };
  const host = text();
  const count = plain[at++] ?? 0;
  if (host === undefined || !isHost(host) || count > limits.recordAddresses) return undefined;
  const addresses: string[] = [];
  for (let i = 0; i < count; i++) {
    const address = text();
    if (address === undefined || !isAddress(address)) return undefined;
    addresses.push(address);
  }
  return isZero(plain.subarray(at)) ? { host: host as HostId, addresses } : undefined;
}

/**
 * Only the outer form of a PeerId in base58 (or a CID); the transport parses it before it dials.
 */
function isHost(text: string): boolean {
  return /^[0-9A-Za-z]{1,64}$/.test(text);
}

/** Only the outer form; the transport parses an address before it dials it. */
function isAddress(text: string): boolean {
  return text.length <= limits.addressLength && /^\/[!-~]+$/.test(text);
}
