/** Cases of bytes on the wire. */
import { concat, toBase32, u32, u64, utf8 } from "../../src/base/index.ts";
import { checksum } from "../../src/wire/crc32.ts";
import { type Body, encodeContent, encodeHandshakePayload, encodeInvite, type Message } from "../../src/wire/index.ts";
import { seeded } from "../ratchet/support.ts";
import type { Case } from "./chapters.ts";
import { plain, written } from "./notation.ts";

const chance = seeded("vectors of the wire");
const zeros = (length: number) => new Uint8Array(length);
const fill = (length: number, byte: number) => new Uint8Array(length).fill(byte);
const refused = { refused: true };

const frame = (length: number, payload: Uint8Array, size: number) => {
  const bytes = zeros(size);
  bytes.set(u32(length));
  bytes.set(payload, 4);
  return bytes;
};
const small = frame(3, Uint8Array.of(5, 6, 7), 256);
const push = (name: string, chunks: readonly Uint8Array[], expected?: Case["expected"]): Case => ({
  name,
  operation: "frame.decode",
  given: { chunks: chunks.map(written) },
  ...(expected !== undefined && { expected }),
});
const spoilt = (bytes: Uint8Array, at: number, value: number) => {
  const copy = bytes.slice();
  copy[at] = value;
  return copy;
};

export const frameCases: readonly Case[] = [
  ...[1, 252, 253, 1020, 1021, 4092, 4093, 16_380, 16_381, 81_916].map((length) => ({
    name: `a payload of ${length}`,
    operation: "frame.encode",
    given: { payload: written(fill(length, 0xab)) },
  })),
  push("one frame", [small], { payloads: ["050607"], pending: 0 }),
  push("two frames in one chunk", [concat(small, small)], { payloads: ["050607", "050607"], pending: 0 }),
  push("a frame in three chunks", [small.slice(0, 2), small.slice(2, 9), small.slice(9)]),
  push("a frame that is not whole yet", [small.slice(0, 255)], { payloads: [], pending: 255 }),
  push("nothing", [], { payloads: [], pending: 0 }),
  push("the largest frame", [frame(81_916, fill(81_916, 1), 81_920)]),
  push("a length of 0", [frame(0, zeros(0), 256)], { refused: "empty" }),
  push("a length of 0, before its bucket is there", [zeros(4)], { refused: "empty" }),
  push("a length one above the capacity, at once", [u32(81_917)], { refused: "too-long" }),
  push("the greatest length, at once", [u32(0xffffffff)], { refused: "too-long" }),
  push("padding that is not zero, at its first byte", [spoilt(small, 7, 1)], { refused: "padding" }),
  push("padding that is not zero, at its last byte", [spoilt(small, 255, 1)], { refused: "padding" }),
  push("a good frame before a bad one", [concat(small, zeros(4))], { refused: "empty" }),
  push("a bucket larger than needed, which is a frame and the start of an empty one",
    [frame(3, Uint8Array.of(5, 6, 7), 1024)], { refused: "empty" }),
];

const [nonce, tag, sealed, id] = [chance(32), chance(32), chance(49), chance(32)];
const greeting = concat(Uint8Array.of(1, 1), fill(8, 0x1d), nonce, tag, sealed);
const answering = concat(Uint8Array.of(2, 1), nonce, tag, sealed);
const payload = (name: string, bytes: Uint8Array, expected?: Case["expected"]): Case => ({
  name,
  operation: "link-frame.decode",
  given: { payload: written(bytes) },
  ...(expected !== undefined && { expected }),
});
const body = (operation: string, name: string, bytes: Uint8Array, expected?: Case["expected"]): Case => ({
  name,
  operation,
  given: { body: written(bytes) },
  ...(expected !== undefined && { expected }),
});
const sessionName = chance(16);

export const linkCases: readonly Case[] = [
  payload("a hello", greeting),
  payload("an answer", answering),
  payload("an answer with an index", spoilt(greeting, 0, 2), refused),
  payload("a hello without an index", spoilt(answering, 0, 1), refused),
  payload("a handshake message", concat(Uint8Array.of(3), chance(20))),
  payload("a ratchet message", concat(Uint8Array.of(4), chance(20))),
  payload("a ping", Uint8Array.of(5), { type: "ping" }),
  payload("a pong", Uint8Array.of(6), { type: "pong" }),
  payload("nothing", zeros(0), refused),
  payload("type 0", Uint8Array.of(0, 1), refused),
  payload("type 8", Uint8Array.of(8, 1), refused),
  payload("a sealed message of a group link", concat(Uint8Array.of(7), fill(24, 9))),
  payload("one that is shorter than counter and tag", concat(Uint8Array.of(7), fill(23, 9)), refused),
  payload("a hello of version 0", spoilt(greeting, 1, 0), refused),
  payload("a hello of version 2", spoilt(greeting, 1, 2), refused),
  payload("a hello that lacks a byte", greeting.slice(0, -1), refused),
  payload("a hello with a byte behind it", concat(greeting, zeros(1)), refused),
  payload("a handshake message of no bytes", Uint8Array.of(3), refused),
  payload("a ratchet message of no bytes", Uint8Array.of(4), refused),
  payload("a ping with a byte behind it", Uint8Array.of(5, 0), refused),
  payload("a pong with a byte behind it", Uint8Array.of(6, 0), refused),
  payload("more than a frame holds", concat(Uint8Array.of(4), fill(81_916, 1)), refused),
  ...[1, 2, 3, 4].map((mode) => body("hello-body.decode", `mode ${mode}`, concat(Uint8Array.of(mode), id))),
  ...[0, 5, 255].map((mode) =>
    body("hello-body.decode", `mode ${mode}, which is none`, concat(Uint8Array.of(mode), id), refused)),
  body("hello-body.decode", "32 bytes", concat(Uint8Array.of(1), id.slice(1)), refused),
  body("hello-body.decode", "34 bytes", concat(Uint8Array.of(1), id, zeros(1)), refused),
  ...[1, 2, 3, 4, 5, 6].map((status) =>
    body("answer-body.decode", `status ${status}`, concat(Uint8Array.of(status), id))),
  ...[0, 7, 255].map((status) =>
    body("answer-body.decode", `status ${status}, which is none`, concat(Uint8Array.of(status), id), refused)),
  body("answer-body.decode", "32 bytes", concat(Uint8Array.of(1), id.slice(1)), refused),
  {
    name: "a position", operation: "position.encode",
    given: { session: written(sessionName), sealed: 7, received: 2 ** 53 - 1 },
  },
  {
    name: "no session", operation: "position.encode",
    given: { session: written(zeros(16)), sealed: 0, received: 0 },
    expected: { position: "00*32" },
  },
  {
    name: "a position", operation: "position.decode",
    given: { position: written(concat(sessionName, u64(7), u64(2 ** 53 - 1))) },
    expected: { session: written(sessionName), sealed: 7, received: 2 ** 53 - 1 },
  },
];

const message: Message = {
  id: chance(16),
  sequence: 300,
  settled: 299,
  lamport: 2 ** 53 - 1,
  parents: [chance(16), chance(16)],
  sentAt: 1_800_000_000_000,
  body: { kind: "text", text: "Grüße, 世界 🙂" },
};
const least: Message = {
  ...message, sequence: 1, settled: 0, lamport: 1, parents: [], sentAt: 0, body: { kind: "text", text: "" },
};
const target = fill(16, 0x2a);
const acts: Readonly<Record<string, Body>> = {
  "an edit": { kind: "edit", target, text: "Grüße!" },
  "a deletion": { kind: "delete", target },
  "a reaction": { kind: "reaction", target, emoji: "👩🏽\u200d❤️\u200d💋\u200d👨🏿" },
  "a reaction taken back": { kind: "reaction", target, emoji: "" },
  "a timer": { kind: "timer", ms: 604_800_000 },
  "a timer turned off": { kind: "timer", ms: 0 },
  "bootstrap hosts": { kind: "hosts", hosts: ["/dns4/example.org/tcp/4001/p2p/12D3KooWA", "/ip4/203.0.113.7/tcp/4001/p2p/12D3KooWB"] },
  "no bootstrap host any more": { kind: "hosts", hosts: [] },
  "an invitation to a group": { kind: "groupInvite", group: target, name: "Club", members: 3, founder: fill(32, 5), expires: 1_800_600_000_000 },
  "a declined invitation": { kind: "groupJoin", group: target },
  "the welcome of a newcomer": { kind: "groupWelcome", group: target, heads: [fill(32, 6), fill(32, 7)], lamport: 12 },
};
const ack = { upTo: 41, bits: Uint8Array.of(0, 0x81), readUpTo: 40 };
const hand = {
  certificate: chance(136),
  name: "Zoë",
  capabilities: 0xffffffff,
  madeAt: 1_800_000_000_000,
  stream: chance(16),
};

/** Protocol Buffers by hand: a varint, a field of bytes, a field of a number. */
const varint = (value: number): Uint8Array => {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Uint8Array.from([...bytes, rest]);
};
const field = (number: number, value: Uint8Array) => concat(varint(number * 8 + 2), varint(value.length), value);
const count = (number: number, value: number) => concat(varint(number * 8), varint(value));
const inner = (...parts: Uint8Array[]) => field(1, concat(...parts));
const parts: Readonly<Record<string, Uint8Array>> = {
  id: field(1, least.id),
  sequence: count(2, 2),
  lamport: count(3, 1),
  sentAt: count(5, 0),
  text: field(6, utf8("a")),
  settled: count(7, 1),
};
const all = Object.values(parts);
const without = (name: string) => Object.entries(parts).filter(([key]) => key !== name).map(([, part]) => part);
const swapped = (name: string, part: Uint8Array) => [...without(name), part];

const content = (name: string, bytes: Uint8Array, expected?: Case["expected"]): Case => ({
  name,
  operation: "content.decode",
  given: { bytes: written(bytes) },
  ...(expected !== undefined && { expected }),
});
const bad = (name: string, bytes: Uint8Array) => content(name, bytes, refused);
const encodes = (name: string, value: object): Case => ({
  name, operation: "content.encode", given: plain(value) as Case["given"],
});
const settingsOf = (...fields: Uint8Array[]) => field(4, concat(...fields));
const timer = [count(1, 60_000), count(2, 8), field(3, target), count(4, 1)];
const settings = {
  lamport: 9, timer: { ms: 60_000, lamport: 8, id: target, own: 1 }, addresses: ["/ip4/192.0.2.1/tcp/4001", "/ip6/2001:db8::1/tcp/4001"],
};
const ackOf = (...fields: Uint8Array[]) => field(2, concat(...fields));
const introduction = (name: string, bytes: Uint8Array, expected?: Case["expected"]): Case => ({
  name,
  operation: "payload.decode",
  given: { bytes: written(bytes) },
  ...(expected !== undefined && { expected }),
});
const handParts = [field(1, hand.certificate), field(2, utf8(hand.name)), count(3, 1), count(4, 0), field(5, hand.stream)];
const handWith = (at: number, part: Uint8Array) => concat(...handParts.with(at, part));

export const contentCases: readonly Case[] = [
  encodes("nothing", {}),
  encodes("a message", { message }),
  encodes("a message with the least values", { message: least }),
  encodes("an answer", { message: { ...message, body: { kind: "text", text: "yes", replyTo: target } } }),
  encodes("an answer that goes after a minute", {
    message: { ...message, body: { kind: "text", text: "yes", replyTo: target, keep: 60_000 } },
  }),
  ...Object.entries(acts).map(([name, body]) => encodes(name, { message: { ...message, body } })),
  ...Object.entries(acts).map(([name, body]) =>
    content(name, encodeContent({ message: { ...message, body } }), plain({ message: { ...message, body } }))),
  encodes("a sign of writing", { typing: true }),
  encodes("an acknowledgement", { ack }),
  encodes("both", { message, ack }),
  encodes("an acknowledgement of nothing", { ack: { upTo: 0, bits: zeros(0), readUpTo: 0 } }),
  encodes("eight parents", { message: { ...message, parents: Array.from({ length: 8 }, () => chance(16)) } }),
  content("nothing", zeros(0), {}),
  content("both", encodeContent({ message, ack }), plain({ message, ack })),
  content("fields in another order", inner(...all.toReversed())),
  content("a message that goes after five seconds", inner(...all, count(9, 5000))),
  content("a message that goes after a year", inner(...all, count(9, 31_536_000_000))),
  bad("a message that goes at once", inner(...all, count(9, 0))),
  bad("a message that goes too soon", inner(...all, count(9, 4999))),
  bad("a message that goes too late", inner(...all, count(9, 31_536_000_001))),
  bad("an act that goes", inner(...without("text"), field(17, field(1, target)), count(9, 5000))),
  content("an addition that is skipped (field 10)", inner(...all, count(10, 3))),
  content("an addition that is skipped (field 15)", inner(...all, field(15, zeros(3)))),
  content("something new to show, beside the text (field 32)", inner(...all, field(32, zeros(3)))),
  content("something new to show, without a text", inner(...without("text"), field(32, zeros(3)))),
  content("a new act (field 21)", inner(...without("text"), field(21, zeros(3)))),
  content("a new act (field 31), a number", inner(...without("text"), count(31, 3))),
  content("a new kind of content", concat(inner(...all), count(5, 1))),
  content("a new kind of content alone", field(5, zeros(2)), {}),
  encodes("settings without a timer", { settings: { lamport: 0, addresses: [] } }),
  encodes("settings", { ack, settings }),
  content("settings", encodeContent({ ack, settings }), plain({ ack, settings })),
  content("settings of the greatest value", settingsOf(count(1, 2 ** 52 - 1))),
  content("an addition to settings", settingsOf(count(1, 0), count(5, 1))),
  encodes("settings with a key for group frames", { settings: { lamport: 1, addresses: [], groupKey: fill(32, 9) } }),
  content("settings with a key for group frames", settingsOf(count(1, 1), field(4, fill(32, 9)))),
  bad("settings with a key of 31 bytes", settingsOf(count(1, 1), field(4, fill(31, 9)))),
  bad("settings with two keys", settingsOf(count(1, 1), field(4, fill(32, 9)), field(4, fill(32, 9)))),
  bad("settings of a value of 2^52", settingsOf(count(1, 2 ** 52))),
  bad("settings without a value", settingsOf()),
  bad("settings of five addresses", settingsOf(count(1, 0), ...Array.from({ length: 5 }, () => field(3, utf8("/a"))))),
  bad("settings of what is no address", settingsOf(count(1, 0), field(3, utf8("a")))),
  content("settings of a timer", settingsOf(count(1, 9), field(2, concat(...timer)))),
  ...timer.map((_, at) => bad(`settings of a timer without field ${at + 1}`, settingsOf(count(1, 9), field(2, concat(...timer.toSpliced(at, 1)))))),
  ...[count(1, 1), count(2, 0), count(2, 2 ** 52), field(3, zeros(15)), count(4, 2)].map((part, n) =>
    bad(`settings of a timer out of bounds (${n + 1})`, settingsOf(count(1, 9), field(2, concat(...timer.map((good) => good[0] === part[0] ? part : good)))))),
  content("a sign of writing", count(3, 1), { typing: true }),
  bad("a sign of writing that is 0", count(3, 0)),
  bad("a sign of writing that is 2", count(3, 2)),
  content("an answer", inner(...all, field(8, target))),
  bad("an answer to 15 bytes", inner(...all, field(8, zeros(15)))),
  bad("an answer to a number", inner(...all, count(8, 3))),
  bad("an answer to two", inner(...all, field(8, target), field(8, target))),
  ...[16, 17, 18].flatMap((number) => [
    bad(`field ${number} without a target`, inner(...without("text"), field(number, field(2, utf8("a"))))),
    bad(`field ${number} with a target of 15 bytes`, inner(...without("text"), field(number, concat(field(1, zeros(15)), field(2, utf8("a")))))),
    bad(`field ${number} beside a text`, inner(...all, field(number, concat(field(1, target), field(2, utf8("a")))))),
    bad(`field ${number} beside field 8`, inner(...without("text"), field(8, target), field(number, concat(field(1, target), field(2, utf8("a")))))),
    bad(`field ${number} twice`, inner(...without("text"), ...[1, 2].map(() => field(number, concat(field(1, target), field(2, utf8("a"))))))),
  ]),
  bad("two acts that we know", inner(...without("text"), field(17, field(1, target)), field(19, count(1, 0)))),
  bad("an act that we know and one that we do not", inner(...without("text"), field(17, field(1, target)), field(21, zeros(1)))),
  bad("two acts that we do not know", inner(...without("text"), field(21, zeros(1)), field(22, zeros(1)))),
  bad("an act and something new to show", inner(...without("text"), field(21, zeros(1)), field(32, zeros(1)))),
  content("an addition to an edit", inner(...without("text"), field(16, concat(field(1, target), field(2, utf8("a")), count(3, 1))))),
  bad("an edit of no bytes", inner(...without("text"), field(16, concat(field(1, target), field(2, zeros(0)))))),
  bad("an edit without a text", inner(...without("text"), field(16, field(1, target)))),
  bad("an edit that is no UTF-8", inner(...without("text"), field(16, concat(field(1, target), field(2, fill(1, 0xff)))))),
  content("an edit of 65 536 bytes", inner(...without("text"), field(16, concat(field(1, target), field(2, fill(65_536, 0x61)))))),
  bad("an edit of 65 537 bytes", inner(...without("text"), field(16, concat(field(1, target), field(2, fill(65_537, 0x61)))))),
  content("a reaction of 40 bytes", inner(...without("text"), field(18, concat(field(1, target), field(2, fill(40, 0x61)))))),
  bad("a reaction of 41 bytes", inner(...without("text"), field(18, concat(field(1, target), field(2, fill(41, 0x61)))))),
  bad("a reaction without an emoji", inner(...without("text"), field(18, field(1, target)))),
  ...["\u0000", "\n", "\u001f", "\u007f", "\u009f", "\u061c", "\u200e", "\u200f", "\u2028", "\u2029", "\u202a", "\u202e", "\u2066", "\u2069"].map((sign) =>
    bad(`a reaction with U+${(sign.codePointAt(0) as number).toString(16).padStart(4, "0")}`,
      inner(...without("text"), field(18, concat(field(1, target), field(2, utf8(`a${sign}`))))))),
  ...[0, 5000, 31_536_000_000].map((ms) => content(`a timer of ${ms}`, inner(...without("text"), field(19, count(1, ms))))),
  ...[1, 4999, 31_536_000_001].map((ms) => bad(`a timer of ${ms}`, inner(...without("text"), field(19, count(1, ms))))),
  bad("a timer without a time", inner(...without("text"), field(19, zeros(0)))),
  bad("a timer that is a number", inner(...without("text"), count(19, 5000))),
  ...[0, 1, 2].map((n) => content(`${n} bootstrap hosts`, inner(...without("text"), field(20, concat(...Array.from({ length: n }, () => field(1, utf8("/a")))))))),
  bad("three bootstrap hosts", inner(...without("text"), field(20, concat(...[1, 2, 3].map(() => field(1, utf8("/a"))))))),
  content("a bootstrap host of 128 characters", inner(...without("text"), field(20, field(1, utf8(`/${"a".repeat(127)}`))))),
  content("an addition to bootstrap hosts", inner(...without("text"), field(20, concat(field(1, utf8("/a")), count(2, 1))))),
  ...["", "a", "/a b", "/a\n", "/ä", `/${"a".repeat(128)}`].map((host, n) =>
    bad(`a bootstrap host that is no address (${n + 1})`, inner(...without("text"), field(20, field(1, utf8(host)))))),
  bad("a bootstrap host that is no UTF-8", inner(...without("text"), field(20, field(1, Uint8Array.of(47, 0xff))))),
  bad("a bootstrap host that is a number", inner(...without("text"), field(20, count(1, 1)))),
  bad("bootstrap hosts beside a text", inner(...all, field(20, field(1, utf8("/a"))))),
  content("an addition to an acknowledgement", ackOf(count(1, 0), field(2, zeros(0)), count(3, 0), count(4, 1))),
  ...Object.keys(parts).map((name) => bad(`a message without ${name}`, inner(...without(name)))),
  ...Object.entries(parts).map(([name, part]) => bad(`${name} twice`, inner(...all, part))),
  bad("an id of 15 bytes", inner(...swapped("id", field(1, zeros(15))))),
  bad("an id of 17 bytes", inner(...swapped("id", field(1, zeros(17))))),
  bad("sequence 0", inner(...swapped("sequence", count(2, 0)))),
  bad("lamport 0", inner(...swapped("lamport", count(3, 0)))),
  content("lamport 2^52, which no order accepts", inner(...swapped("lamport", count(3, 2 ** 52)))),
  bad("settled not below sequence", inner(...swapped("settled", count(7, 2)))),
  bad("a number of 2^53", inner(...swapped("lamport", count(3, 2 ** 53)))),
  bad("a number of ten bytes", inner(...swapped("lamport", concat(Uint8Array.of(24), fill(9, 0xff), Uint8Array.of(1))))),
  bad("a number not in its shortest form", inner(...swapped("lamport", Uint8Array.of(24, 0x81, 0)))),
  bad("a parent of 15 bytes", inner(...all, field(4, zeros(15)))),
  bad("nine parents", inner(...all, ...Array.from({ length: 9 }, () => field(4, zeros(16))))),
  bad("a text that is no UTF-8", inner(...swapped("text", field(6, Uint8Array.of(0xc0, 0x80))))),
  bad("a text with half a surrogate pair", inner(...swapped("text", field(6, Uint8Array.of(0xed, 0xa0, 0x80))))),
  content("a text of 65 536 bytes", inner(...swapped("text", field(6, fill(65_536, 0x61))))),
  bad("a text of 65 537 bytes", inner(...swapped("text", field(6, fill(65_537, 0x61))))),
  bad("sequence as bytes", inner(...swapped("sequence", field(2, zeros(1))))),
  bad("two messages", concat(inner(...all), inner(...all))),
  bad("two acknowledgements", concat(...[1, 2].map(() => ackOf(count(1, 0), field(2, zeros(0)), count(3, 0))))),
  bad("a message that is cut", inner(...all).slice(0, -1)),
  bad("a length beyond the end", Uint8Array.of(10, 5, 1)),
  bad("field number 0", Uint8Array.of(0, 0)),
  bad("a group (wire type 3)", Uint8Array.of(27)),
  bad("more than 64 fields", concat(...Array.from({ length: 65 }, () => count(3, 1)))),
  bad("bits that end in zero", ackOf(count(1, 0), field(2, Uint8Array.of(1, 0)), count(3, 0))),
  bad("bits of 65 bytes", ackOf(count(1, 0), field(2, fill(65, 1)), count(3, 0))),
  content("bits of 64 bytes", ackOf(count(1, 0), field(2, fill(64, 0x80)), count(3, 0))),
  ...[1, 2, 3].map((number) =>
    bad(`an acknowledgement without field ${number}`,
      ackOf(...[count(1, 0), field(2, zeros(0)), count(3, 0)].filter((_, i) => i + 1 !== number)))),
  { name: "in order", operation: "received.add", given: { upTo: 0, bits: "", sequences: [1, 2, 3] }, expected: { upTo: 3, bits: "" } },
  { name: "a gap, then closed", operation: "received.add", given: { upTo: 0, bits: "", sequences: [2, 3, 12, 1] } },
  { name: "behind a gap", operation: "received.add", given: { upTo: 5, bits: "", sequences: [7, 14, 15] }, expected: { upTo: 5, bits: "8101" } },
  { name: "the last of the window", operation: "received.add", given: { upTo: 0, bits: "", sequences: [513] } },
  { name: "beyond the window: not noted", operation: "received.add", given: { upTo: 0, bits: "", sequences: [514, 0] }, expected: { upTo: 0, bits: "" } },
  { name: "settled into the window", operation: "received.raise", given: { upTo: 0, bits: "05", floor: 3 } },
  { name: "settled beyond the window", operation: "received.raise", given: { upTo: 0, bits: "05", floor: 9000 }, expected: { upTo: 9000, bits: "" } },
  { name: "an introduction", operation: "payload.encode", given: plain(hand) as Case["given"] },
  { name: "in message 3, without a name", operation: "payload.encode", given: plain({ ...hand, name: "", capabilities: 0, madeAt: 0 }) as Case["given"] },
  introduction("an introduction", encodeHandshakePayload(hand), plain(hand)),
  introduction("an addition that is skipped", concat(...handParts, count(6, 1))),
  introduction("a name of 256 bytes", handWith(1, field(2, fill(256, 0x61)))),
  introduction("a name of 257 bytes", handWith(1, field(2, fill(257, 0x61))), refused),
  introduction("a name that is no UTF-8", handWith(1, field(2, fill(1, 0xff))), refused),
  introduction("a certificate of 135 bytes", handWith(0, field(1, zeros(135))), refused),
  introduction("capabilities of 33 bits", handWith(2, count(3, 2 ** 32)), refused),
  introduction("madeAt of 2^53", handWith(3, count(4, 2 ** 53)), refused),
  introduction("a stream of 15 bytes", handWith(4, field(5, zeros(15))), refused),
  ...handParts.map((_, i) => introduction(`no field ${i + 1}`, concat(...handParts.toSpliced(i, 1)), refused)),
  ...handParts.map((part, i) => introduction(`field ${i + 1} twice`, concat(...handParts, part), refused)),
  ...([["Ada", "Ada"], ["  A   B\u00a0C ", "A B C"], ["e\u0301", "é"], ["👩\u200d🔬", "👩\u200d🔬"], ["", null], [" ", null],
    ["a\u202eb", null], ["a\u200bb", null], ["a\nb", null], ["\u2800", null], ["a".repeat(64), "a".repeat(64)], ["a".repeat(65), null],
  ] as const).map(([name, clean]) => ({ name: `the name ${JSON.stringify(name)}`, operation: "name.clean", given: { name }, expected: { name: clean } })),
];

const invite = { kind: "once" as const, account: chance(32), secret: chance(16), expiresAt: 1_800_000_000_000, hints: [] as string[] };
const hinted = { ...invite, kind: "reusable" as const, hints: ["/ip4/203.0.113.7/tcp/4001", "/dns6/node.example/tcp/65535"] };
const linkOf = (...all: Uint8Array[]) => `sotto:${toBase32(concat(...all, checksum(concat(...all))))}`;
const fixed = concat(invite.account, invite.secret, u32(30_000_000));
const withBlock = (...block: number[]) => linkOf(Uint8Array.of(0x12, 0, block.length), fixed, Uint8Array.from(block));
const bare = encodeInvite(invite);
const parse = (name: string, link: string, expected?: Case["expected"]): Case => ({
  name, operation: "invite.parse", given: { link }, ...(expected !== undefined && { expected }),
});
const why = (name: string, link: string, reason: string) => parse(name, link, { refused: `invite-${reason}` });
const other = (character: string | undefined) => (character === "a" ? "b" : "a");

export const inviteCases: readonly Case[] = [
  { name: "once, without hints", operation: "invite.encode", given: plain(invite) as Case["given"], expected: { link: bare } },
  { name: "reusable, with hints", operation: "invite.encode", given: plain(hinted) as Case["given"] },
  { name: "with the last expiry", operation: "invite.encode", given: plain({ ...invite, expiresAt: 0xffffffff * 60_000 }) as Case["given"] },
  parse("once, without hints", bare, plain(invite)),
  parse("reusable, with hints", encodeInvite(hinted), plain(hinted)),
  parse("in upper case", bare.toUpperCase(), plain(invite)),
  parse("with slashes", bare.replace(":", "://"), plain(invite)),
  parse("with line breaks and space", `  ${bare.replace(/.{40}/g, "$&\r\n ")} `, plain(invite)),
  why("another scheme", bare.replace("sotto", "http"), "malformed"),
  why("no scheme", bare.slice(6), "malformed"),
  why("a sign that no link has", `${bare}.`, "malformed"),
  why("more than there should be", `${bare}aa`, "malformed"),
  why("more than 4 096 characters", bare + " ".repeat(4096), "malformed"),
  why("cut to its scheme", "sotto:", "truncated"),
  why("cut in the middle", bare.slice(0, 50), "truncated"),
  why("cut by one character", bare.slice(0, -1), "truncated"),
  why("one character wrong", bare.slice(0, 40) + other(bare[40]) + bare.slice(41), "mistyped"),
  why("a 0 for an o", `${bare.slice(0, 40)}0${bare.slice(41)}`, "mistyped"),
  why("a wrong version", `sotto:e${bare.slice(7)}`, "mistyped"),
  why("version 2", linkOf(Uint8Array.of(0x20), fixed), "newer"),
  why("version 2 of another length", linkOf(Uint8Array.of(0x20), fixed, zeros(9)), "newer"),
  why("a flag that is not given out", linkOf(Uint8Array.of(0x14), fixed), "newer"),
  why("the flag of hints, and none", withBlock(), "malformed"),
  why("a hint of no characters", withBlock(0), "malformed"),
  why("a hint that does not begin with /", withBlock(2, 0x61, 0x62), "malformed"),
  why("a hint with a space", withBlock(3, 0x2f, 0x20, 0x61), "malformed"),
  why("a hint beyond the end of the block", withBlock(4, 0x2f, 0x61), "malformed"),
  why("a hint of 129 characters", withBlock(129, 0x2f, ...fill(128, 0x61)), "malformed"),
  why("five hints", withBlock(...Array.from({ length: 5 }, () => [2, 0x2f, 0x61]).flat()), "malformed"),
  parse("four hints", withBlock(...Array.from({ length: 4 }, () => [2, 0x2f, 0x61]).flat())),
  { name: "the check of CRC catalogues", operation: "checksum", given: { bytes: written(utf8("123456789")) }, expected: { checksum: "fc891918" } },
  ...["", "66", "666f", "666f6f", "666f6f62", "666f6f6261", "666f6f626172"].map((bytes, i) => ({
    name: `RFC 4648, ${i} bytes`, operation: "base32.encode", given: { bytes },
    expected: { text: ["", "my", "mzxq", "mzxw6", "mzxw6yq", "mzxw6ytb", "mzxw6ytboi"][i] as string },
  })),
  { name: "upper case", operation: "base32.decode", given: { text: "MZXW6YQ" }, expected: { bytes: "666f6f62" } },
  ...["a", "mzx", "mz0q", "mz", "mzxr", "mzxq===="].map((text) => ({ name: JSON.stringify(text), operation: "base32.decode", given: { text }, expected: refused })),
  ...[1, 2].map((n) => ({ name: `secret ${n}`, operation: "invite.keys", given: { secret: written(chance(16)) } })),
  ...[0, 1, 20_833, 2 ** 32].map((epoch) => ({
    name: `epoch ${epoch}`, operation: "invite.secret", given: { secret: written(invite.secret), epoch },
  })),
];
