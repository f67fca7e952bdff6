/**
 * Matrix's first library: 3DH and the Double Ratchet without header encryption or anything
 * post-quantum. C in WebAssembly.
 */
import Olm from "@matrix-org/olm";
import { type Peer, readMany, type Side, type Talk } from "./peer.ts";

await Olm.init();

interface Sent {
  readonly type: 0 | 1;
  readonly body: string;
}

const PICKLE_KEY = "key";
const decoder = new TextDecoder();

/** Bytes behind a text in base64, which is how the library gives messages and pickles. */
const bytesOf = (base64: string) => Math.floor((base64.length * 3) / 4);

function setup(): Talk & { readonly sessions: readonly Olm.Session[] } {
  const [a, b] = [new Olm.Account(), new Olm.Account()];
  a.create();
  b.create();
  b.generate_one_time_keys(1);
  const once = Object.values(JSON.parse(b.one_time_keys()).curve25519 as Record<string, string>);
  const identity = (account: Olm.Account): string => JSON.parse(account.identity_keys()).curve25519;
  const [alice, bob] = [new Olm.Session(), new Olm.Session()];
  alice.create_outbound(a, identity(b), once[0] ?? "");
  const first = alice.encrypt("x".repeat(10)) as Sent;
  bob.create_inbound_from(b, identity(a), first.body);
  b.remove_one_time_keys(bob);
  bob.decrypt(first.type, first.body);
  const second = bob.encrypt("x".repeat(10)) as Sent;
  alice.decrypt(second.type, second.body);
  return {
    alice: sideOf(alice),
    bob: sideOf(bob),
    sessions: [alice, bob],
    free() {
      for (const held of [a, b, alice, bob]) held.free();
    },
  };
}

function sideOf(session: Olm.Session): Side {
  return {
    seal: (text) => session.encrypt(decoder.decode(text)),
    openAll(messages) {
      for (const { type, body } of messages as Sent[]) session.decrypt(type, body);
    },
    wireBytes: (message) => bytesOf((message as Sent).body),
    stateBytes: () => bytesOf(session.pickle(PICKLE_KEY)),
  };
}

export const olm: Peer = {
  name: "libolm",
  about: "classical, clear headers; sessions in WebAssembly's memory; bytes counted before base64",
  setup,
  many(count) {
    const { sessions } = setup();
    const pickle = sessions[0]?.pickle(PICKLE_KEY) ?? "";
    return readMany(count, () => {
      const session = new Olm.Session();
      session.unpickle(PICKLE_KEY, pickle);
      return session;
    });
  },
};
