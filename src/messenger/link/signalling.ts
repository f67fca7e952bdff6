/**
 * Signalling for hole punching: offers and their answers, which a bootstrap node forwards. Each is
 * proven and sealed as a hello is, for the same endpoints and under the same keys: only a peer that
 * knows us can make us answer, and the forwarding node can read nothing.
 */
import { concat, equal, type HostId, labels, utf8, wipe } from "../../base/index.ts";
import type { CryptoProvider } from "../../crypto/index.ts";
import type { Channel, DialTarget, OpenedOffer, SealedOffer } from "../../ports/index.ts";
import { decodeEnvelope, encodeEnvelope, type SealedEnvelope } from "../../wire/index.ts";
import { outboundHelloKey } from "../model/epoch-keys.ts";
import type { Peer } from "../model/peer.ts";
import type { Context } from "../state/context.ts";
import type { Invites } from "../state/invites.ts";
import { noGroups } from "./group-candidates.ts";
import { encodeEndpoints, type LinkEndpoints } from "./hello.ts";
import { candidates, linkSecretOf, mayAnswer, nameOf } from "./link-keys.ts";

/** Each nonce makes a key of its own, so this one nonce is used once. */
const ZERO_NONCE = new Uint8Array(12);
const EMPTY = new Uint8Array(0);

/** Hole punching is for peers outside of our network. */
const FROM_WAN: Pick<Channel, "outbound" | "proximity"> = { outbound: false, proximity: "wan" };

/** What an envelope is made with. */
interface Sealing {
  /** The link key, 32 bytes. */
  readonly key: Uint8Array;
  readonly endpoints: LinkEndpoints;
  /** The nonce of the offer that this answers; absent for an offer. */
  readonly offer?: Uint8Array;
}

function tagOf(crypto: CryptoProvider, { key, endpoints, offer }: Sealing, nonce: Uint8Array) {
  const label = utf8(offer === undefined ? labels.signalTag : labels.signalAnswerTag);
  const nonces = concat(offer ?? EMPTY, nonce);
  return crypto.hmac(key, concat(label, encodeEndpoints(endpoints), nonces));
}

/** Runs `use` with the key that seals one payload, and overwrites the key. */
function withSealKey<Result>(
  crypto: CryptoProvider,
  { key, offer }: Sealing,
  nonce: Uint8Array,
  use: (sealKey: Uint8Array) => Result,
): Result {
  const label = offer === undefined ? labels.signalSeal : labels.signalAnswerSeal;
  const sealKey = crypto.hkdf(concat(offer ?? EMPTY, nonce), key, utf8(label), 32);
  const result = use(sealKey);
  wipe(sealKey);
  return result;
}

/** Seals the payload of an offer or an answer. @param payload `signalPayloadBytes` bytes. */
export function sealEnvelope(
  crypto: CryptoProvider,
  sealing: Sealing,
  payload: Uint8Array,
): SealedEnvelope {
  const nonce = crypto.random(32);
  const tag = tagOf(crypto, sealing, nonce);
  const sealed = withSealKey(crypto, sealing, nonce, (sealKey) =>
    crypto.seal(sealKey, ZERO_NONCE, payload, tag),
  );
  return { nonce, tag, sealed };
}

/** The payload; `undefined` where the envelope was not made with this key and endpoints. */
export function openEnvelope(
  crypto: CryptoProvider,
  sealing: Sealing,
  { nonce, tag, sealed }: SealedEnvelope,
): Uint8Array | undefined {
  if (!equal(tagOf(crypto, sealing, nonce), tag)) return undefined;
  return withSealKey(crypto, sealing, nonce, (sealKey) =>
    crypto.open(sealKey, ZERO_NONCE, sealed, tag),
  );
}

/** What seals offers for this contact; `undefined` where no key proves us to it. */
export function sealerOf(context: Context, peer: Peer): DialTarget["seal"] {
  const { crypto, clock } = context;
  const secret = linkSecretOf(peer);
  const proof = secret && outboundHelloKey(crypto, secret, clock.now());
  if (proof === undefined) return undefined;
  wipe(proof.psk);
  const { key } = proof;
  return (host: HostId, payload: Uint8Array, own: HostId): SealedOffer => {
    const endpoints: LinkEndpoints = { dialer: own, listener: host };
    const offer = sealEnvelope(crypto, { key, endpoints }, payload);
    return {
      envelope: encodeEnvelope(offer),
      open(answer) {
        const envelope = decodeEnvelope(answer);
        return envelope && openEnvelope(crypto, { key, endpoints, offer: offer.nonce }, envelope);
      },
    };
  };
}

/**
 * Opens an offer that was sealed for us. Every candidate is tried, found or not, so that the time
 * reveals nothing.
 * @returns `undefined` where no key fits or we do not answer this peer.
 */
export function openOffer(
  context: Context,
  invites: Invites,
  endpoints: LinkEndpoints,
  bytes: Uint8Array,
): OpenedOffer | undefined {
  const { crypto } = context;
  const envelope = decodeEnvelope(bytes);
  if (envelope === undefined) return undefined;
  let opened: OpenedOffer | undefined;
  for (const dialer of candidates(context, { invites, groups: noGroups })) {
    if (dialer.kind === "invite" && !invites.opensOffers(dialer.invite)) continue;
    const payload = openEnvelope(crypto, { key: dialer.key.key, endpoints }, envelope);
    if (payload === undefined || !mayAnswer(context, dialer, FROM_WAN)) continue;
    // A copy, since the keys of an epoch are overwritten when it is over.
    const key = dialer.key.key.slice();
    const seal = (answer: Uint8Array) =>
      encodeEnvelope(sealEnvelope(crypto, { key, endpoints, offer: envelope.nonce }, answer));
    opened = { payload, sender: nameOf(dialer), seal };
  }
  return opened;
}
