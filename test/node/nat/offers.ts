/** Calls under a key that two nodes of a test share, as a pair's messengers would make them. */
import type { HostId } from "../../../src/base/index.ts";
import { nodeCrypto } from "../../../src/crypto/index.ts";
import { openEnvelope, sealEnvelope } from "../../../src/messenger/link/signalling.ts";
import type { OpenedOffer, SealedOffer } from "../../../src/ports/index.ts";
import { decodeEnvelope, encodeEnvelope } from "../../../src/wire/index.ts";

const crypto = nodeCrypto();
const key = new Uint8Array(32).fill(0x5a);

/** Seals calls of this caller. */
export const sealFor =
  (caller: HostId): ((callee: HostId, payload: Uint8Array) => SealedOffer) =>
  (callee, payload) => {
    const ends = { caller, callee };
    const call = sealEnvelope(crypto, { key, ends }, payload);
    return {
      envelope: encodeEnvelope(call),
      open(answer) {
        const envelope = decodeEnvelope(answer);
        return envelope && openEnvelope(crypto, { key, ends, call: call.nonce }, envelope);
      },
    };
  };

/** Opens the calls for this callee. */
export const openerOf =
  (callee: HostId) =>
  (caller: HostId, bytes: Uint8Array): OpenedOffer | undefined => {
    const envelope = decodeEnvelope(bytes);
    const ends = { caller, callee };
    const payload = envelope && openEnvelope(crypto, { key, ends }, envelope);
    if (envelope === undefined || payload === undefined) return undefined;
    const seal = (answer: Uint8Array) =>
      encodeEnvelope(sealEnvelope(crypto, { key, ends, call: envelope.nonce }, answer));
    return { payload, seal };
  };
