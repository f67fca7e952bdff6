/** Offers under a key that two nodes of a test share, as a pair's messengers would seal them. */
import type { HostId } from "../../../src/base/index.ts";
import { nodeCrypto } from "../../../src/crypto/index.ts";
import { openEnvelope, sealEnvelope } from "../../../src/messenger/link/signalling.ts";
import type { OpenedOffer, SealedOffer } from "../../../src/ports/index.ts";
import { decodeEnvelope, encodeEnvelope } from "../../../src/wire/index.ts";

const crypto = nodeCrypto();
const key = new Uint8Array(32).fill(0x5a);

/** Seals offers of this host. */
export const sealFor =
  (from: HostId): ((to: HostId, payload: Uint8Array) => SealedOffer) =>
  (to, payload) => {
    const ends = { caller: from, callee: to };
    const offer = sealEnvelope(crypto, { key, ends }, payload);
    return {
      envelope: encodeEnvelope(offer),
      open(answer) {
        const envelope = decodeEnvelope(answer);
        return envelope && openEnvelope(crypto, { key, ends, call: offer.nonce }, envelope);
      },
    };
  };

/** Opens the offers to this host. */
export const openerOf =
  (to: HostId) =>
  (from: HostId, bytes: Uint8Array): OpenedOffer | undefined => {
    const envelope = decodeEnvelope(bytes);
    const ends = { caller: from, callee: to };
    const payload = envelope && openEnvelope(crypto, { key, ends }, envelope);
    if (envelope === undefined || payload === undefined) return undefined;
    const seal = (answer: Uint8Array) =>
      encodeEnvelope(sealEnvelope(crypto, { key, ends, call: envelope.nonce }, answer));
    return { payload, seal };
  };
