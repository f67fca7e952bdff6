/**
 * The packets of mDNS (RFC 6762) that nodes exchange, as bytes: a query for the service, and the
 * answer, which has a PTR record with a random instance name and a TXT record for each address
 * (libp2p's mDNS discovery specification).
 */
import type { Multiaddr } from "@multiformats/multiaddr";
import { type Answer, decode, encode, type Packet, type TxtData } from "dns-packet";
import { parseAddress, peerOf } from "../util/address.ts";

/** Lifetime of a record, s. */
const TTL = 120;
/** DNS header flag: an authoritative answer. */
const AUTHORITATIVE = 1 << 10;

/** What a packet means for us. */
export type Heard =
  | { readonly kind: "query" }
  | { readonly kind: "answer"; readonly peer: string; readonly addresses: readonly Multiaddr[] };

/** A query for the nodes of a service. */
export function encodeQuery(service: string): Uint8Array {
  return encode({ type: "query", questions: [{ name: service, type: "PTR" }] });
}

/**
 * The answer to a query.
 * @param name our random instance name.
 * @param addresses multiaddr texts with /p2p.
 */
export function encodeAnswer(
  service: string,
  name: string,
  addresses: readonly string[],
): Uint8Array {
  const own = `${name}.${service}`;
  const pointer: Answer = { type: "PTR", name: service, ttl: TTL, data: own };
  const texts: Answer[] = addresses.map((address) => ({
    type: "TXT",
    name: own,
    ttl: TTL,
    data: `dnsaddr=${address}`,
  }));
  return encode({ type: "response", flags: AUTHORITATIVE, answers: [pointer, ...texts] });
}

/**
 * Reads a packet; `undefined` for one that is malformed, of another service, or our own answer.
 * @param name our random instance name.
 */
export function readPacket(service: string, name: string, bytes: Uint8Array): Heard | undefined {
  let packet: Packet;
  try {
    packet = decode(Buffer.from(bytes));
  } catch {
    return undefined;
  }
  const { type, questions = [], answers = [], additionals = [] } = packet;
  if (type !== "response") {
    const asks = questions.some((one) => one.name === service && one.type === "PTR");
    return asks ? { kind: "query" } : undefined;
  }
  const isTheirs = answers.some(
    (answer) =>
      answer.type === "PTR" && answer.name === service && !answer.data.startsWith(`${name}.`),
  );
  if (!isTheirs) return undefined;
  const all = [...answers, ...additionals]
    .flatMap((answer) => (answer.type === "TXT" ? textsOf(answer.data) : []))
    .flatMap((text) => (text.startsWith("dnsaddr=") ? (parseAddress(text.slice(8)) ?? []) : []));
  const [peer] = all.flatMap((address) => peerOf(address) ?? []);
  if (peer === undefined) return undefined;
  return { kind: "answer", peer, addresses: all.filter((address) => peerOf(address) === peer) };
}

function textsOf(data: TxtData): string[] {
  const parts = Array.isArray(data) ? data : [data];
  return parts.map((part) => part.toString());
}
