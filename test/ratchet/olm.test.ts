import assert from "node:assert/strict";
import Olm from "@matrix-org/olm";
import { nobleCrypto, nodeCrypto } from "../../src/crypto/index.ts";
import { seeded as chanceOf } from "../scenario/chance.ts";
import { startOlm } from "./olm.ts";

const toBase64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64").replace(/=+$/, "");
const fromBase64 = (text: string) => Uint8Array.from(Buffer.from(text, "base64"));

/** libolm's account with one one-time key, and its two keys. */
function account() {
  const made = new Olm.Account();
  made.create();
  made.generate_one_time_keys(1);
  const oneTime = Object.values<string>(JSON.parse(made.one_time_keys()).curve25519)[0] ?? "";
  const identity: string = JSON.parse(made.identity_keys()).curve25519;
  return { made, oneTime: fromBase64(oneTime), identity: fromBase64(identity) };
}

describe("the ratchet's steps, chains and skipped keys, with Olm's labels", () => {
  before(() => Olm.init());

  for (const crypto of [nodeCrypto(), nobleCrypto()])
    it(`${crypto.name}: interoperate with libolm over hundreds of lost and reordered messages`, () => {
      const chance = chanceOf(7);
      const { made, oneTime, identity } = account();
      const ours = startOlm(crypto, identity, oneTime);
      const first = toBase64(ours.prekeyMessage(ours.peer.encrypt("the first")));
      const theirs = new Olm.Session();
      theirs.create_inbound_from(made, toBase64(ours.identity), first);
      assert.equal(theirs.decrypt(0, first), "the first");

      /**
       * Of a burst: in another order, one in eight lost, one in eight kept for the next turn of the
       * ratchet.
       */
      const scatter = <Message>(burst: Message[]) => {
        const now: Message[] = [];
        const late: Message[] = [];
        for (const message of burst) {
          const fate = chance.next();
          if (fate < 0.75) now.splice(Math.floor(chance.next() * (now.length + 1)), 0, message);
          else if (fate < 0.875) late.push(message);
        }
        return { now, late };
      };
      const burstOf = <Message>(make: (text: string) => Message, name: string) =>
        Array.from({ length: 1 + Math.floor(chance.next() * 12) }, (_, i) => {
          const text = `${name} ${i}`;
          return { text, message: make(text) };
        });

      let opened = 0;
      let overdue: { text: string; message: Uint8Array }[] = [];
      for (let turn = 0; turn < 40; turn++) {
        const sent = burstOf((text) => fromBase64(theirs.encrypt(text).body), `theirs ${turn}`);
        // One of the burst comes always, so that the ratchet turns.
        const [certain, ...rest] = sent;
        const { now, late } = scatter(rest);
        for (const { text, message } of [...now, ...(certain ? [certain] : [])]) {
          assert.equal(ours.peer.decrypt(message), text);
          opened++;
        }
        for (const { text, message } of overdue) {
          // Olm's messages do not say how long the chain before was: keys beyond its end are not
          // kept.
          const late = ours.peer.decrypt(message);
          assert.ok(late === text || late === undefined);
          if (late === text) opened++;
        }
        overdue = late;

        const answers = burstOf((text) => ours.peer.encrypt(text), `ours ${turn}`);
        const [sure, ...others] = answers;
        const scattered = scatter(others);
        for (const { text, message } of [...scattered.now, ...(sure ? [sure] : [])]) {
          assert.equal(theirs.decrypt(1, toBase64(message)), text);
          opened++;
        }
      }
      assert.ok(opened > 300, `${opened} messages were opened`);
      theirs.free();
      made.free();
    });
});
