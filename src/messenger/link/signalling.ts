/**
 * Calls that are passed on by others: proven and sealed as a hello is, for the same ends, under the
 * same keys, so that only who knows us can make us answer, and whoever passes them on reads
 * nothing.
 */
import { concat, equal, type HostId, labels, utf8 } from "../../base/index.ts";
import type { CryptoProvider } from "../../crypto/index.ts";
import type { Channel, DialTarget, OpenedOffer, SealedOffer } from "../../ports/index.ts";
import { decodeEnvelope, encodeEnvelope, type SealedEnvelope } from "../../wire/index.ts";
import { outboundHelloKey } from "../model/epoch-keys.ts";
import type { Peer } from "../model/peer.ts";
import type { Context } from "../state/context.ts";
import type { Invites } from "../state/invites.ts";
import { encodeEndpoints, type LinkEndpoints } from "./hello.ts";
import { candidates, mayAnswer } from "./inbound.ts";
import { linkSecretOf } from "./outbound.ts";

/** Each nonce makes a key of its own, so this one nonce is used once. */
const ZERO_NONCE = new Uint8Array(12);

/** Hole punching is for peers outside of our network. */
const FROM_WAN: Pick<Channel, "outbound" | "proximity"> = { outbound: false, proximity: "wan" };

/** What an envelope is made with. */
interface Sealing {
  /** The link key, 32 bytes. */
  readonly key: Uint8Array;
  readonly ends: LinkEndpoints;
  /** The nonce of the call that this answers; absent for a call. */
  readonly call?: Uint8Array;
}

function tagOf(crypto: CryptoProvider, { key, ends, call }: Sealing, nonce: Uint8Array) {
  const label = utf8(call === undefined ? labels.signalTag : labels.signalAnswerTag);
  const nonces = concat(call ?? new Uint8Array(0), nonce);
  return crypto.hmac(key, concat(label, encodeEndpoints(ends), nonces));
}

function sealKey(crypto: CryptoProvider, { key, call }: Sealing, nonce: Uint8Array) {
  const label = call === undefined ? labels.signalSeal : labels.signalAnswerSeal;
  return crypto.hkdf(concat(call ?? new Uint8Array(0), nonce), key, utf8(label), 32);
}

/** @param words `signalWords` bytes. */
export function sealEnvelope(
  crypto: CryptoProvider,
  sealing: Sealing,
  words: Uint8Array,
): SealedEnvelope {
  const nonce = crypto.random(32);
  const tag = tagOf(crypto, sealing, nonce);
  const sealed = crypto.seal(sealKey(crypto, sealing, nonce), ZERO_NONCE, words, tag);
  return { nonce, tag, sealed };
}

/** The words, or `undefined` where the envelope was not made with this key for these ends. */
export function openEnvelope(
  crypto: CryptoProvider,
  sealing: Sealing,
  { nonce, tag, sealed }: SealedEnvelope,
): Uint8Array | undefined {
  if (!equal(tagOf(crypto, sealing, nonce), tag)) return undefined;
  return crypto.open(sealKey(crypto, sealing, nonce), ZERO_NONCE, sealed, tag);
}

/** What seals calls for this contact, where there is a key that proves us to it. */
export function sealerOf(context: Context, peer: Peer): DialTarget["seal"] {
  const { crypto, clock } = context;
  const turning = linkSecretOf(peer);
  const key = turning && outboundHelloKey(crypto, turning, clock.now())?.key;
  if (key === undefined) return undefined;
  return (host: HostId, words: Uint8Array, own: HostId): SealedOffer => {
    const ends: LinkEndpoints = { caller: own, callee: host };
    const call = sealEnvelope(crypto, { key, ends }, words);
    return {
      envelope: encodeEnvelope(call),
      open(answer) {
        const envelope = decodeEnvelope(answer);
        return envelope && openEnvelope(crypto, { key, ends, call: call.nonce }, envelope);
      },
    };
  };
}

/**
 * Opens a call that somebody sealed for us, or gives `undefined`. Every candidate is tried, found
 * or not, so that the time tells nothing. A revoked invite may be in the wrong hands, and calls
 * nobody.
 */
export function openOffer(
  context: Context,
  invites: Invites,
  ends: LinkEndpoints,
  bytes: Uint8Array,
): OpenedOffer | undefined {
  const { crypto } = context;
  const envelope = decodeEnvelope(bytes);
  if (envelope === undefined) return undefined;
  let opened: OpenedOffer | undefined;
  for (const caller of candidates(context, invites)) {
    if (caller.kind === "invite" && caller.invite.revoked) continue;
    const { key } = caller.key;
    const payload = openEnvelope(crypto, { key, ends }, envelope);
    if (payload === undefined || !mayAnswer(context, caller, FROM_WAN)) continue;
    const seal = (answer: Uint8Array) =>
      encodeEnvelope(sealEnvelope(crypto, { key, ends, call: envelope.nonce }, answer));
    opened = { payload, seal };
  }
  return opened;
}
