/** Sender keys of Signal's own library: Rust behind N-API, with asynchronous stores. */
import { randomUUID } from "node:crypto";
import * as S from "@signalapp/libsignal-client";
import type { GroupPeer } from "./group-peer.ts";

class SenderKeys extends S.SenderKeyStore {
  readonly #records = new Map<string, S.SenderKeyRecord>();
  override async saveSenderKey(from: S.ProtocolAddress, id: S.Uuid, record: S.SenderKeyRecord) {
    this.#records.set(`${from.name()} ${id}`, record);
  }
  override async getSenderKey(from: S.ProtocolAddress, id: S.Uuid) {
    return this.#records.get(`${from.name()} ${id}`) ?? null;
  }
}

export const senderKeys: GroupPeer = {
  name: "libsignal, sender keys",
  about:
    "HMAC chain, AES-256-CBC without a MAC, XEd25519 signature; records kept as live handles; sealed sender and padding not included",
  async setup() {
    const sender = S.ProtocolAddress.new(randomUUID(), 1);
    const distribution = randomUUID();
    const [ours, theirs] = [new SenderKeys(), new SenderKeys()];
    const { create } = S.SenderKeyDistributionMessage;
    const said = await create(sender, distribution, ours);
    const read = S.SenderKeyDistributionMessage.deserialize(said.serialize());
    await S.processSenderKeyDistributionMessage(sender, read, theirs);
    return {
      async seal(text) {
        const message = await S.groupEncrypt(sender, distribution, ours, Uint8Array.from(text));
        return message.serialize();
      },
      async open(message) {
        await S.groupDecrypt(sender, theirs, message as Uint8Array<ArrayBuffer>);
      },
      wireBytes: (message) => (message as Uint8Array).length,
    };
  },
};
