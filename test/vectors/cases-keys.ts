/** Cases of keys, proofs and records. */
import { concat, fromHex, type HostId, labels, u64, utf8 } from "../../src/base/index.ts";
import { accountFromEntropy, certify, nobleCrypto } from "../../src/crypto/index.ts";
import { type RendezvousKeys, rendezvousKeys, sealRecord, startChain } from "../../src/dht/index.ts";
import { signedPart } from "../../src/dht/record-layout.ts";
import { makeAnswer, makeHello } from "../../src/messenger/link/hello.ts";
import { encodeAnswerBody, encodeHelloBody, encodeLinkFrame } from "../../src/wire/index.ts";
import { seeded } from "../ratchet/support.ts";
import type { Case } from "./chapters.ts";
import { written } from "./notation.ts";

const chance = seeded("vectors of keys");
const crypto = nobleCrypto(chance);
const zeros = (length: number) => new Uint8Array(length);
const hex = (text: string) => fromHex(text) as Uint8Array;
const refused = { refused: true };
const NOW = 1_800_000_000_000;
const [HOUR, MINUTE, DAY] = [3_600_000, 60_000, 86_400_000];
const flip = (bytes: Uint8Array, at: number) => bytes.with(at, (bytes[at] as number) ^ 1);

/** Encodings of points that nobody takes: least significant byte first. */
const P = hex("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f");
const lowOrder = [
  zeros(32),
  zeros(32).with(0, 1),
  hex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
  hex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
  P.with(0, 0xec),
];
const smallOrder = [
  zeros(32).with(0, 1),
  P.with(0, 0xec),
  zeros(32),
  hex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
  hex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
];
const [ours, theirs] = [crypto.dhGenerate(), crypto.dhGenerate()];
const dh = (name: string, point: Uint8Array, expected?: Case["expected"]): Case => ({
  name,
  operation: "x25519.dh",
  given: { secret: written(ours.secret), public: written(point) },
  ...(expected !== undefined && { expected }),
});
const entropies = [zeros(32), new Uint8Array(32).fill(0xff), chance(32)];
const [ada, bob] = [accountFromEntropy(crypto, chance(32)), accountFromEntropy(crypto, chance(32))];
const signature = crypto.sign(ada, utf8("signed"));
const verify = (name: string, key: Uint8Array, message: string, signed: Uint8Array, good: boolean): Case => ({
  name,
  operation: "ed25519.verify",
  given: { key: written(key), message: written(utf8(message)), signature: written(signed) },
  expected: { good },
});
/** L, the order of the base point, added to S: the same number in another spelling. */
const withOrderAdded = (signed: Uint8Array): Uint8Array => {
  const L = hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  const copy = signed.slice();
  for (let i = 0, carry = 0; i < 32; i++) {
    const sum = (copy[32 + i] as number) + (L[i] as number) + carry;
    copy[32 + i] = sum & 255;
    carry = sum >> 8;
  }
  return copy;
};
const certificate = certify(crypto, ada, ours.public, NOW);
const claimed = (device: Uint8Array, createdAt: Uint8Array) => {
  const claim = concat(device, createdAt);
  return concat(ada.public, claim, crypto.sign(ada, concat(utf8(labels.deviceCertificate), claim)));
};
const reads = (name: string, bytes: Uint8Array, expected?: Case["expected"]): Case => ({
  name,
  operation: "certificate.read",
  given: { certificate: written(bytes) },
  ...(expected !== undefined && { expected }),
});
const words = "abandon ".repeat(23);
const spelt = (name: string, text: string, expected: Case["expected"]): Case => ({
  name, operation: "account.from-words", given: { words: text }, ...(expected !== undefined && { expected }),
});

export const identityCases: readonly Case[] = [
  ...entropies.map((entropy, i) => ({ name: `account ${i}`, operation: "account.from-entropy", given: { entropy: written(entropy) } })),
  spelt("24 words", `${words}art`, { entropy: "00*32" }),
  spelt("in capitals, with spaces", ` ${words.toUpperCase()} ART\n`, { entropy: "00*32" }),
  spelt("23 words", words, { refused: "words-invalid" }),
  spelt("a word of no list", `${words}sotto`, { refused: "words-invalid" }),
  spelt("a checksum that does not fit", `${words}abandon`, { refused: "words-invalid" }),
  ...[0, NOW].map((createdAt) => ({
    name: `created at ${createdAt}`, operation: "certificate.make",
    given: { accountSeed: written(ada.seed), device: written(ours.public), createdAt },
  })),
  reads("as it was made", certificate),
  reads("created at 2^53 - 1", claimed(ours.public, u64(2 ** 53 - 1))),
  reads("created at 2^53", claimed(ours.public, hex("0020000000000000")), refused),
  reads("135 bytes", certificate.slice(1), refused),
  reads("137 bytes", concat(certificate, zeros(1)), refused),
  reads("another account", concat(bob.public, certificate.slice(32)), refused),
  ...[32, 71, 72, 135].map((at) => reads(`byte ${at} changed`, flip(certificate, at), refused)),
  reads("a device key of low order", claimed(zeros(32), u64(NOW)), refused),
  reads("a device key above p", claimed(P, u64(NOW)), refused),
  { name: "two people", operation: "safety-number", given: { a: written(ada.public), b: written(bob.public) } },
  { name: "the same, the other way round", operation: "safety-number", given: { a: written(bob.public), b: written(ada.public) } },
  dh("a good key", theirs.public),
  ...lowOrder.map((point, i) => dh(`a key of low order, ${i}`, point, refused)),
  dh("p", P, refused),
  dh("p + 9, another spelling of the base point", P.with(0, 0xf6), refused),
  dh("bit 255 set", theirs.public.with(31, (theirs.public[31] as number) | 128), refused),
  dh("31 bytes", theirs.public.slice(1), refused),
  verify("a good signature", ada.public, "signed", signature, true),
  verify("another message", ada.public, "signet", signature, false),
  verify("another key", bob.public, "signed", signature, false),
  verify("S + L", ada.public, "signed", withOrderAdded(signature), false),
  verify("63 bytes", ada.public, "signed", signature.slice(0, -1), false),
  ...smallOrder.map((point, i) => verify(`a key of small order, ${i}, which fits R = A and S = 0`, point, "signed", concat(point, zeros(32)), false)),
];

const root0 = chance(32);
const chain = startChain(crypto, root0, NOW);
const chainJson = { offset: chain.offset, epoch: chain.epoch, root: written(chain.root) };
const border = (chain.epoch + 3) * DAY - chain.offset;

export const epochCases: readonly Case[] = [
  ...[root0, zeros(32), chance(32)].map((root, i) => ({ name: `root ${i}`, operation: "epoch.offset", given: { root0: written(root) } })),
  ...([["at a border", border], ["a ms before it", border - 1], ["2 h after it", border + 2 * HOUR], ["2 h and 1 ms after it", border + 2 * HOUR + 1],
    ["2 h before it", border - 2 * HOUR], ["2 h and 1 ms before it", border - 2 * HOUR - 1]] as const).map(([name, now]) => ({
    name, operation: "epoch.around", given: { now, offset: chain.offset },
  })),
  { name: "a pair", operation: "chain.start", given: { pairRoot: written(root0), madeAt: NOW } },
  { name: "a pair in the first days of time", operation: "chain.start", given: { pairRoot: written(root0), madeAt: 0 } },
  ...[0, 1, 2, 365, 4000].map((ahead) => ({ name: `${ahead} epochs ahead`, operation: "chain.secret", given: { chain: chainJson, epoch: chain.epoch + ahead } })),
  { name: "4 001 epochs ahead", operation: "chain.secret", given: { chain: chainJson, epoch: chain.epoch + 4001 }, expected: refused },
  { name: "an epoch before it", operation: "chain.secret", given: { chain: chainJson, epoch: chain.epoch - 1 }, expected: refused },
  { name: "nothing is due", operation: "chain.advance", given: { chain: chainJson, now: border - DAY - 1, proven: false }, expected: chainJson },
  { name: "one epoch is due", operation: "chain.advance", given: { chain: chainJson, now: border - DAY, proven: false } },
  { name: "never back", operation: "chain.advance", given: { chain: chainJson, now: 0, proven: true }, expected: chainJson },
  { name: "2 epochs by our clock alone", operation: "chain.advance", given: { chain: chainJson, now: border, proven: false }, expected: chainJson },
  { name: "2 epochs, proven", operation: "chain.advance", given: { chain: chainJson, now: border, proven: true } },
  { name: "31 epochs, proven", operation: "chain.advance", given: { chain: chainJson, now: border + 29 * DAY, proven: true } },
  ...[root0, chance(32)].map((secret, i) => ({ name: `secret ${i}`, operation: "epoch.keys", given: { secret: written(secret) } })),
];

const host = "12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5" as HostId;
const secret = chance(32);
const keys = rendezvousKeys(crypto, secret, "a");
const addresses = ["/ip4/203.0.113.7/tcp/4001", "/ip6/2001:db8::7/tcp/4001"];
const record = sealRecord(crypto, keys, { host, addresses }, NOW);
const seals = (name: string, given: { host?: string; addresses?: string[]; direction?: string }): Case => ({
  name, operation: "record.seal",
  given: { secret: written(secret), direction: "a", host, addresses, time: NOW, nonce: written(chance(24)), ...given },
});
const opens = (name: string, bytes: Uint8Array, now: number, expected?: Case["expected"]): Case => ({
  name, operation: "record.open", given: { secret: written(secret), direction: "a", record: written(bytes), now },
  ...(expected !== undefined && { expected }),
});
const signed = (bytes: Uint8Array, by: RendezvousKeys = keys) =>
  concat(bytes.subarray(0, 448), crypto.sign(by.signing, signedPart(bytes)));
/** A record whose sealed body says this, made by an attacker who has the keys. */
const saying = (...said: Uint8Array[]) => {
  const head = concat(Uint8Array.of(1), keys.tag, u64(NOW));
  const plain = zeros(367);
  plain.set(concat(...said));
  const nonce = chance(24);
  return signed(concat(head, nonce, crypto.sealX(keys.seal, nonce, plain, head), zeros(64)));
};
const prefixed = (text: string) => concat(Uint8Array.of(text.length), utf8(text));
const count = (value: number) => Uint8Array.of(value);
const timed = (time: number) => sealRecord(crypto, keys, { host, addresses }, time);
const put = (bytes: Uint8Array, now = NOW, tag = keys.tag) => ({ tag: written(tag), record: written(bytes), now });
const [earlier, later] = [timed(NOW - 1), timed(NOW + 1)];
const stores = (name: string, puts: ReturnType<typeof put>[], expected: string[]): Case => ({ name, operation: "record.store", given: { puts }, expected });
const beyond = signed(concat(record.subarray(0, 33), hex("0020000000000000"), record.subarray(41)));

export const recordCases: readonly Case[] = [
  seals("two addresses", {}),
  seals("of the invitee", { direction: "b" }),
  seals("no addresses", { addresses: [] }),
  seals("only the first four", { addresses: ["/a", "/b", "/c", "/d", "/e"] }),
  seals("those that fit", { addresses: [`/${"a".repeat(127)}`, `/${"b".repeat(127)}`, `/${"c".repeat(127)}`, "/d"] }),
  opens("as it was made", record, NOW, { addresses, host, time: NOW }),
  opens("2 h old", record, NOW + 2 * HOUR, { addresses, host, time: NOW }),
  opens("2 h and 1 ms old", record, NOW + 2 * HOUR + 1, { refused: "stale" }),
  opens("10 min ahead", record, NOW - 10 * MINUTE, { addresses, host, time: NOW }),
  opens("10 min and 1 ms ahead", record, NOW - 10 * MINUTE - 1, { refused: "early" }),
  opens("a time of 2^53", beyond, NOW, { refused: "early" }),
  opens("511 bytes", record.slice(0, -1), NOW, { refused: "size" }),
  opens("513 bytes", concat(record, zeros(1)), NOW, { refused: "size" }),
  opens("version 2", record.with(0, 2), NOW, { refused: "version" }),
  opens("the other direction's", sealRecord(crypto, rendezvousKeys(crypto, secret, "b"), { host, addresses }, NOW), NOW, { refused: "tag" }),
  opens("another time", flip(record, 40), NOW, { refused: "signature" }),
  opens("a changed body", flip(record, 100), NOW, { refused: "signature" }),
  opens("a changed signature", flip(record, 448), NOW, { refused: "signature" }),
  opens("a body under another key, signed", signed(flip(record, 100)), NOW, { refused: "sealed" }),
  opens("a body that was sealed for another time", signed(flip(record, 40)), NOW, { refused: "sealed" }),
  opens("a host and no addresses", saying(prefixed("Qm1"), count(0)), NOW, { addresses: [], host: "Qm1", time: NOW }),
  opens("no host", saying(count(0), count(0)), NOW, { refused: "body" }),
  opens("a host of 65 characters", saying(prefixed("a".repeat(65)), count(0)), NOW, { refused: "body" }),
  opens("a host with a sign", saying(prefixed("Qm-1"), count(0)), NOW, { refused: "body" }),
  opens("five addresses", saying(prefixed("Qm1"), count(5), ..."abcde".split("").map((a) => prefixed(`/${a}`))), NOW, { refused: "body" }),
  opens("an address without /", saying(prefixed("Qm1"), count(1), prefixed("ip4")), NOW, { refused: "body" }),
  opens("an address of / alone", saying(prefixed("Qm1"), count(1), prefixed("/")), NOW, { refused: "body" }),
  opens("an address of 129 characters", saying(prefixed("Qm1"), count(1), prefixed(`/${"a".repeat(128)}`)), NOW, { refused: "body" }),
  opens("an address beyond the end", saying(prefixed("Qm1"), count(4), ...[1, 2, 3].map(() => prefixed(`/${"a".repeat(118)}`)), Uint8Array.of(100, 0x2f)), NOW, { refused: "body" }),
  opens("something behind the addresses", saying(prefixed("Qm1"), count(0), count(0), count(1)), NOW, { refused: "body" }),
  stores("newer ones, and the newest again", [put(earlier), put(record), put(later), put(later)], ["stored", "stored", "stored", "stored"]),
  stores("an older one", [put(later), put(record)], ["stored", "rollback"]),
  stores("a forged newer one locks nothing", [put(signed(later, rendezvousKeys(crypto, chance(32), "a"))), put(record)], ["signature", "stored"]),
  stores("an older one is a rollback before its signature is looked at", [put(later), put(flip(record, 448))], ["stored", "rollback"]),
  stores("under another tag", [put(record, NOW, zeros(32))], ["tag"]),
  stores("stale, early, too short, of another version", [put(record, NOW + 3 * HOUR), put(record, NOW - HOUR), put(record.slice(1)), put(record.with(0, 0))], ["stale", "early", "size", "version"]),
  stores("a body that nobody can open is no matter of who stores it", [put(signed(flip(record, 100)))], ["stored"]),
  { name: "the greatest time", operation: "record.newest", given: { records: [record, later, earlier].map(written) }, expected: { index: 1 } },
  {
    name: "of one time, the greater in the order of bytes", operation: "record.newest",
    given: { records: [record.with(41, 1), record.with(41, 2)].map(written) }, expected: { index: 1 },
  },
];

const linkKey = chance(32);
const ends = { caller: "12D3KooWCaller" as HostId, callee: "12D3KooWCallee" as HostId };
const endpoints = { dialer: ends.caller, listener: ends.callee };
const other = { caller: ends.callee, callee: ends.caller };
const id = chance(32);
const under = { linkKey: written(linkKey), ...ends };
const hello = makeHello(crypto, linkKey, endpoints, { mode: "handshake", id }, true);
const answer = makeAnswer(crypto, linkKey, endpoints, hello, { status: "handshake", id });
const [helloBytes, answerBytes] = [encodeLinkFrame(hello), encodeLinkFrame(answer)];
const shake = { id: written(id), mode: "handshake" };
const hears = (name: string, given: object, expected: Case["expected"]): Case => ({
  name, operation: "hello.open", given: { ...under, hello: written(helloBytes), ...given },
  ...(expected !== undefined && { expected }),
});
const heeds = (name: string, given: object, expected?: Case["expected"]): Case => ({
  name, operation: "answer.open", given: { ...under, hello: written(helloBytes), answer: written(answerBytes), ...given },
  ...(expected !== undefined && { expected }),
});
/** A hello whose tag is right and whose body is what we like. */
const bodied = (plain: Uint8Array) => {
  const key = crypto.hkdf(hello.nonce, linkKey, utf8(labels.helloSeal), 32);
  return encodeLinkFrame({ ...hello, sealed: crypto.seal(key, zeros(12), plain, hello.tag) });
};
const answered = (plain: Uint8Array) => {
  const key = crypto.hkdf(concat(hello.nonce, answer.nonce), linkKey, utf8(labels.answerSeal), 32);
  return encodeLinkFrame({ ...answer, sealed: crypto.seal(key, zeros(12), plain, answer.tag) });
};
const again = encodeLinkFrame(makeHello(crypto, linkKey, endpoints, { mode: "handshake", id }, true));

export const helloCases: readonly Case[] = [
  { name: "two PeerIds", operation: "link.ends", given: ends },
  { name: "the index of a key at a host", operation: "hello.index", given: { linkKey: written(linkKey), callee: ends.callee } },
  { name: "the index at another host", operation: "hello.index", given: { linkKey: written(linkKey), callee: ends.caller } },
  ...["resume", "handshake", "group", "group-unclean"].map((mode) => ({
    name: `${mode}, to a host that the contact named`, operation: "hello.make",
    given: { ...under, mode, id: written(id), named: true, nonce: written(chance(32)) },
  })),
  {
    name: "to any other host, with an index drawn", operation: "hello.make",
    given: { ...under, mode: "resume", id: written(id), named: false, index: written(chance(8)), nonce: written(chance(32)) },
  },
  hears("as it was made", {}, shake),
  hears("under another key", { linkKey: written(chance(32)) }, { refused: "tag" }),
  hears("between the same two the other way", other, { refused: "tag" }),
  hears("from another host", { caller: "12D3KooWCalles" }, { refused: "tag" }),
  hears("PeerIds cut at another place", { caller: "12D3KooWCaller1", callee: "2D3KooWCallee" }, { refused: "tag" }),
  hears("a changed index", { hello: written(flip(helloBytes, 2)) }, { refused: "tag" }),
  hears("a changed nonce", { hello: written(flip(helloBytes, 10)) }, { refused: "tag" }),
  hears("a changed tag", { hello: written(flip(helloBytes, 42)) }, { refused: "tag" }),
  hears("a changed body", { hello: written(flip(helloBytes, 74)) }, { refused: "body" }),
  hears("version 2", { hello: written(helloBytes.with(1, 2)) }, { refused: "frame" }),
  hears("an answer", { hello: written(answerBytes) }, { refused: "frame" }),
  hears("a body of mode 5", { hello: written(bodied(concat(Uint8Array.of(5), id))) }, { refused: "body" }),
  hears("a body as an answer has it (mode 1)", { hello: written(bodied(encodeAnswerBody({ status: "resume", id }))) }, { id: written(id), mode: "resume" }),
  ...["resume", "handshake", "used", "expired", "pending", "denied"].map((status) => ({
    name: status, operation: "answer.make",
    given: { ...under, hello: written(helloBytes), status, id: written(id), nonce: written(chance(32)) },
  })),
  heeds("as it was made", {}, { id: written(id), status: "handshake" }),
  heeds("to another hello", { hello: written(again) }, refused),
  heeds("under another key", { linkKey: written(chance(32)) }, refused),
  heeds("with the ends turned round", other, refused),
  heeds("a changed nonce", { answer: written(flip(answerBytes, 2)) }, refused),
  heeds("a changed tag", { answer: written(flip(answerBytes, 34)) }, refused),
  heeds("a changed body", { answer: written(flip(answerBytes, 114)) }, refused),
  heeds("a hello", { answer: written(helloBytes) }, refused),
  heeds("a body of status 0", { answer: written(answered(zeros(33))) }, refused),
  heeds("a body of status 7", { answer: written(answered(encodeHelloBody({ mode: "resume", id }).with(0, 7))) }, refused),
];
