/** Cases of groups: ids, keys and messages. */
import { certify, nobleCrypto } from "../../src/crypto/index.ts";
import { opId } from "../../src/group/ids.ts";
import { groupMessageKey } from "../../src/group/keys.ts";
import { sealMessage } from "../../src/group/message.ts";
import { seeded } from "../ratchet/support.ts";
import type { Case } from "./chapters.ts";
import { written } from "./notation.ts";

const chance = seeded("vectors of groups");
const crypto = nobleCrypto(chance);
const drawn = (length: number): string => written(chance(length));
const [group, member, other, generation, stream] = [drawn(16), drawn(16), drawn(16), drawn(32), drawn(8)];
const account = crypto.signingFromSeed(chance(32));
const device = crypto.dhGenerate();
const [accountSeed, memberSeed, keySeed] = [written(account.seed), drawn(32), drawn(32)];
const deviceSecret = written(device.secret);
const theirDevice = written(crypto.dhGenerate().public);
const frontier = [chance(32), chance(32)].sort((a, b) => Buffer.compare(a, b));
const [mk, nonce] = [chance(32), chance(12)];
const secret = drawn(32);

const slots = { group, generation, member, slot: 0 };
const chain = (name: string, seq: number, slot = 0): Case => ({
  name,
  operation: "group.chain",
  given: { ...slots, secret, seq, slot },
});
const sealing = { ...slots, stream, seq: 1, previous: written(new Uint8Array(32)), frontier: frontier.map(written), mk: written(mk), keySeed, nonce: written(nonce) };
const message = sealMessage(
  nobleCrypto(() => nonce.slice()),
  { group: "00".repeat(16) as never, generation: "11".repeat(32) as never, member: "22".repeat(16) as never, slot: 0, stream: chance(8), seq: 7, previous: chance(32), frontier: [opId.from(chance(32))] },
  groupMessageKey(mk),
  crypto.signingFromSeed(chance(32)),
  Uint8Array.of(1, 2, 3),
);
const changed = (at: number, to: number): Uint8Array => {
  const bytes = message.slice();
  bytes[at] = to;
  return bytes;
};
const opening = (name: string, bytes: Uint8Array, key = mk, expected?: Case["expected"]): Case => ({
  name,
  operation: "group.message.open",
  given: { message: written(bytes), mk: written(key) },
  ...(expected !== undefined && { expected }),
});
const refused = { refused: true };
const recipient = (of: string) => ({ member: of, xSecret: drawn(32), kemSeed: drawn(64) });
const ack = { group, from: member, to: other, stream, upTo: 9, readUpTo: 4, deviceSecret, device: theirDevice };
const keyOf = { ...slots, stream, keySeed, deviceSecret };

export const groupCases: readonly Case[] = [
  { name: "of an account", operation: "group.member-id", given: { group, account: written(account.public) } },
  {
    name: "with consent",
    operation: "group.entry",
    given: { group, accountSeed, memberSeed, certificate: written(certify(crypto, account, device.public, 1_800_000_000_000)), package: drawn(32), name: "Zoë 🙂" },
  },
  { name: "on one parent", operation: "group.op.leave", given: { group, member, memberSeed, parent: drawn(32), parentDepth: 299, at: 1_800_000_000_000 } },
  { name: "a second one", operation: "group.key-package", given: { group, member, memberSeed, number: 2, xSecret: drawn(32), kemSeed: drawn(64) } },
  {
    name: "for two, given in the wrong order",
    operation: "group.generation.make",
    given: {
      ...{ group, member, memberSeed, frontier: frontier.map(written), secret, eSecret: drawn(32) },
      recipients: [recipient("ff".repeat(2) + "01".repeat(14)), recipient("0f".repeat(16).slice(0, 32))],
      encapsulations: [drawn(32), drawn(32)],
    },
  },
  chain("the first key", 1),
  chain("the third key", 3),
  chain("of another device", 1, 1),
  chain("as far ahead as it goes", 2_001),
  chain("too far ahead", 2_002),
  ...[8, 9].map((recipients) => ({
    name: `for ${recipients} recipients`,
    operation: "group.rendezvous",
    given: { rendezvous: drawn(32), epoch: 20_833, member, recipients },
  })),
  { name: "for two", operation: "group.signing-key", given: { ...keyOf, addressees: [{ member: other, device: theirDevice }, { member: drawn(16), device: theirDevice }], frontier: [] } },
  { name: "for one that was added later", operation: "group.signing-key", given: { ...keyOf, addressees: [{ member: other, device: theirDevice }], frontier: [written(chance(32))] } },
  { name: "with a generation", operation: "group.ack", given: { ...ack, generation } },
  { name: "without", operation: "group.ack", given: ack },
  { name: "the first of a stream", operation: "group.message.seal", given: { ...sealing, body: "010203" } },
  { name: "an empty body", operation: "group.message.seal", given: { ...sealing, seq: 2, previous: drawn(32), body: "" } },
  opening("with its key", message),
  opening("with another key", message, chance(32), refused),
  opening("another version", changed(0, 2), mk, refused),
  opening("another key check", changed(90, (message[90] as number) ^ 1), mk, refused),
  opening("a header that was changed", changed(33, 1), mk, refused),
  opening("seq 0", changed(45, 0), mk, refused),
  opening("no frontier", changed(122, 0), mk, refused),
  opening("a frontier that is too long", changed(122, 17), mk, refused),
  opening("cut off before its tag", message.slice(0, 131 + 16 + 63), mk, refused),
];
