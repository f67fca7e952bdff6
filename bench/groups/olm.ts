/** Megolm of Matrix's first library: C in WebAssembly, texts and messages as strings. */
import Olm from "@matrix-org/olm";
import type { GroupPeer } from "./group-peer.ts";

await Olm.init();

const decoder = new TextDecoder();

export const megolm: GroupPeer = {
  name: "libolm, Megolm",
  about:
    "HMAC ratchet of four parts, AES-256-CBC, HMAC-SHA-256 of 8 bytes, Ed25519; bytes counted before base64",
  setup() {
    const [writer, reader] = [new Olm.OutboundGroupSession(), new Olm.InboundGroupSession()];
    writer.create();
    reader.create(writer.session_key());
    return {
      seal: (text) => writer.encrypt(decoder.decode(text)),
      open(message) {
        reader.decrypt(message as string);
      },
      wireBytes: (message) => Math.floor(((message as string).length * 3) / 4),
      free() {
        writer.free();
        reader.free();
      },
    };
  },
};
