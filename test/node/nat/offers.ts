/** Offers under a key that two nodes of a test share, as a pair's messengers would seal them. */
import type { HostId } from "../../../src/base/index.ts";
import { nodeCrypto } from "../../../src/crypto/index.ts";
import { openEnvelope, sealEnvelope } from "../../../src/messenger/link/signalling.ts";
import type { OpenedOffer, SealedOffer } from "../../../src/ports/index.ts";
import { decodeEnvelope, encodeEnvelope } from "../../../src/wire/index.ts";

const crypto = nodeCrypto();
const key = new Uint8Array(32).fill(0x5a);

/** Seals offers of this dialer. */
export const sealFor =
  (dialer: HostId): ((listener: HostId, payload: Uint8Array) => SealedOffer) =>
  (listener, payload) => {
    const endpoints = { dialer, listener };
    const offer = sealEnvelope(crypto, { key, endpoints }, payload);
    return {
      envelope: encodeEnvelope(offer),
      open(answer) {
        const envelope = decodeEnvelope(answer);
        return envelope && openEnvelope(crypto, { key, endpoints, offer: offer.nonce }, envelope);
      },
    };
  };

/** Opens the offers for this listener. */
export const openerOf =
  (listener: HostId) =>
  (dialer: HostId, bytes: Uint8Array): OpenedOffer | undefined => {
    const envelope = decodeEnvelope(bytes);
    const endpoints = { dialer, listener };
    const payload = envelope && openEnvelope(crypto, { key, endpoints }, envelope);
    if (envelope === undefined || payload === undefined) return undefined;
    const seal = (answer: Uint8Array) =>
      encodeEnvelope(sealEnvelope(crypto, { key, endpoints, offer: envelope.nonce }, answer));
    return { payload, sender: "contact", seal };
  };
