/**
 * The sealed, signed record that contains a node's host and addresses for one contact. All records
 * have the same size.
 */
import { concat, fromUtf8, type HostId, isZero, limits, u64, utf8, wipe } from "../base/index.ts";
import type { CryptoProvider } from "../crypto/index.ts";
import {
  BODY,
  type LayoutRefusal,
  parseRecord,
  signedPart,
  timeOf,
  VERSION,
} from "./record-layout.ts";
import type { RendezvousKeys } from "./tags.ts";

export interface RecordBody {
  /** The current host of the node. */
  readonly host: HostId;
  /** Multiaddr texts without /p2p, at most `limits.recordAddresses`. */
  readonly addresses: readonly string[];
}

export type RecordRefusal = LayoutRefusal | "signature" | "sealed" | "body";

export type OpenedRecord =
  | { readonly kind: "opened"; readonly body: RecordBody; readonly time: number }
  | { readonly kind: "refused"; readonly why: RecordRefusal };

/**
 * Creates a record of exactly `limits.recordBytes`. It contains the first addresses that fit: four
 * of 77 characters with a host of 52, or fewer of up to `limits.addressLength` (an IPv6 address
 * with its port has at most 54). An address that does not fit is skipped in favour of later ones.
 *
 * @param time ms; also the record's sequence number. The host key is new at each start and no
 * counter is stored, so only the clock continues across restarts. Must be greater than that of
 * every earlier record of the tag: nodes refuse older ones. After the clock was set back, records
 * are refused until it has caught up or the old record is stale.
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
 * Opens a record and checks everything about it.
 * @param keys of the epoch and direction that were looked up.
 * @param now ms.
 */
export function openRecord(
  crypto: CryptoProvider,
  keys: RendezvousKeys,
  bytes: Uint8Array,
  now: number,
): OpenedRecord {
  const parsed = parseRecord(bytes, keys.tag, now);
  if (parsed.kind === "refused") return parsed;
  const { time, head, nonce, sealed, signature } = parsed.parts;
  if (!crypto.verify(keys.tag, signedPart(bytes), signature))
    return { kind: "refused", why: "signature" };
  const plain = crypto.openX(keys.seal, nonce, sealed, head);
  if (plain === undefined) return { kind: "refused", why: "sealed" };
  const body = decodeBody(plain);
  return body === undefined ? { kind: "refused", why: "body" } : { kind: "opened", body, time };
}

/**
 * The time of a record with a valid signature, however old or early it is; `undefined` for any
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

/**
 * Encodes the length and text of the host, the number of addresses, the length and text of each,
 * and zero padding.
 */
function encodeBody({ host, addresses }: RecordBody): Uint8Array {
  const name = utf8(host);
  if (!isHost(host)) throw new RangeError("a record's host is a PeerId");
  const kept: Uint8Array[] = [];
  let capacity = BODY - 1 - name.length - 1;
  for (const address of addresses) {
    if (kept.length === limits.recordAddresses) break;
    if (!isAddress(address) || 1 + address.length > capacity) continue;
    capacity -= 1 + address.length;
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
 * Checks only the form of a PeerId in base58 (or a CID); the transport parses it before it dials.
 */
function isHost(text: string): boolean {
  return /^[0-9A-Za-z]{1,64}$/.test(text);
}

/** Checks only the form; the transport parses an address before it dials. */
function isAddress(text: string): boolean {
  return text.length <= limits.addressLength && /^\/[!-~]+$/.test(text);
}
