/**
 * Decoders of what arrives: they refuse with a value, and what they take encodes to what it was.
 */
import assert from "node:assert/strict";
import { lineSplitter, tooLong } from "../../../src/api/index.ts";
import { concat, type HostId, limits, SottoError, u64, utf8 } from "../../../src/base/index.ts";
import { certify, nodeCrypto, readCertificate } from "../../../src/crypto/index.ts";
import { openRecord, RecordValidator, rendezvousKeys, sealRecord } from "../../../src/dht/index.ts";
import { signedPart } from "../../../src/dht/record-layout.ts";
import {
  helloFits,
  makeAnswer,
  makeHello,
  openAnswer,
  openHello,
} from "../../../src/messenger/link/hello.ts";
import { decodePosition, encodePosition } from "../../../src/messenger/model/session-position.ts";
import { decodeKeyring, encodeKeyring } from "../../../src/store/keyring/keyring-file.ts";
import {
  type Body,
  decodeAnswerBody,
  decodeContent,
  decodeEnvelope,
  decodeHandshakePayload,
  decodeHelloBody,
  decodeLinkFrame,
  decodeSignalFrame,
  decodeSignalPayload,
  decodeSignalReply,
  encodeAnswerBody,
  encodeContent,
  encodeEnvelope,
  encodeFrame,
  encodeHandshakePayload,
  encodeHelloBody,
  encodeInvite,
  encodeLinkFrame,
  encodeSignalFrame,
  encodeSignalPayload,
  encodeSignalReply,
  FrameDecoder,
  parseInvite,
  type ReceivedContent,
} from "../../../src/wire/index.ts";
import { canonical, contentFields, type KnownFields, payloadFields } from "../../wire/canonical.ts";
import { counted, type Target } from "./target.ts";

const NOW = 1_800_000_000_000;
const crypto = nodeCrypto(counted());
const chance = (length: number) => crypto.random(length);
const account = crypto.signingFromSeed(chance(32));
const device = crypto.dhGenerate();
const certificate = certify(crypto, account, device.public, NOW);
const host = "12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5" as HostId;
const addresses = ["/ip4/203.0.113.7/tcp/4001", "/ip6/2001:db8::7/tcp/4001"];

function pushed(chunks: readonly Uint8Array[]): unknown {
  const decoder = new FrameDecoder();
  const frames: Uint8Array[] = [];
  for (const chunk of chunks) {
    const result = decoder.push(chunk);
    assert.ok(decoder.pending <= limits.frameBytes);
    // Where the bytes were cut decides how many good frames come before a refusal, never whether it
    // comes.
    if (result.kind === "refused") return result.why;
    frames.push(...result.frames);
  }
  for (const frame of frames) assert.ok(frame.length > 0 && frame.length <= limits.frameBytes - 4);
  return frames;
}

const frames: Target = {
  name: "frame",
  seeds: [
    encodeFrame(Uint8Array.of(1)),
    concat(encodeFrame(utf8("a")), encodeFrame(chance(300))),
    encodeFrame(chance(1021)),
  ],
  run(input) {
    const whole = pushed([input]);
    const cuts = [1, 3, 4, 5, 255, 257].map((size) =>
      Array.from(
        { length: Math.ceil(Math.min(input.length, 3000) / size) },
        (_, i) => i * size,
      ).map((at, i, all) => input.slice(at, all[i + 1] ?? input.length)),
    );
    for (const chunks of cuts) assert.deepEqual(pushed(chunks), whole);
    // What was taken is what encodes to the very bytes, so no two frames say the same.
    if (!Array.isArray(whole)) return;
    const again = concat(...whole.map(encodeFrame));
    assert.ok(same(again, input.slice(0, again.length)));
  },
};

/** What decodes must encode to the very bytes. */
function exact<Value>(
  name: string,
  seeds: readonly Uint8Array[],
  decode: (bytes: Uint8Array) => Value | undefined,
  encode: (value: Value) => Uint8Array,
): Target {
  return {
    name,
    seeds,
    run(input) {
      const before = input.slice();
      const value = decode(input);
      assert.deepEqual(input, before, "the input was changed");
      if (value !== undefined) assert.deepEqual(encode(value), input);
    },
  };
}

/**
 * What decodes must encode to the very bytes in the order of the fields; additions of newer versions
 * are dropped. `undefined` from `encode` is a value that only a newer version can encode.
 */
function faithful<Value>(
  name: string,
  seeds: readonly Uint8Array[],
  decode: (bytes: Uint8Array) => Value | undefined,
  encode: (value: Value) => Uint8Array | undefined,
  fields: KnownFields,
): Target {
  return {
    name,
    seeds,
    run(input) {
      const value = decode(input);
      const again = value && encode(value);
      if (again !== undefined) assert.deepEqual(again, canonical(input, fields));
    },
  };
}

const envelope = {
  id: chance(16),
  sequence: 3,
  settled: 1,
  lamport: 9,
  parents: [chance(16)],
  sentAt: NOW,
};
const target = new Uint8Array(16).fill(7);
const bodiesOfMessages: readonly Body[] = [
  { kind: "text", text: "hi 🙂" },
  { kind: "text", text: "yes", replyTo: target },
  { kind: "edit", target, text: "hi there" },
  { kind: "delete", target },
  { kind: "reaction", target, emoji: "❤️" },
  { kind: "reaction", target, emoji: "" },
  { kind: "timer", ms: 3_600_000 },
  { kind: "hosts", hosts: ["/dns4/example.org/tcp/4001/p2p/12D3KooWA"] },
];
const ack = { upTo: 4, bits: Uint8Array.of(1, 2), readUpTo: 3 };
const payload = { certificate, name: "Ada", capabilities: 0, madeAt: NOW, stream: chance(16) };
const linkKey = chance(32);
const ends = { dialer: "A1" as HostId, listener: "B2" as HostId };
const swapped = { dialer: ends.listener, listener: ends.dialer };
const hello = makeHello(crypto, linkKey, ends, { mode: "handshake", id: chance(32) }, true);
const answer = makeAnswer(crypto, linkKey, ends, hello, { status: "resume", id: chance(32) });
const [helloBytes, answerBytes] = [encodeLinkFrame(hello), encodeLinkFrame(answer)];
const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;

const greetings: Target = {
  name: "greeting",
  seeds: [helloBytes, answerBytes],
  run(input) {
    const frame = decodeLinkFrame(input);
    if (frame?.type === "hello") {
      const taken = helloFits(crypto, linkKey, ends, frame) && openHello(crypto, linkKey, frame);
      assert.equal(Boolean(taken), same(input, helloBytes));
      assert.ok(!helloFits(crypto, linkKey, swapped, frame));
    }
    if (frame?.type === "answer")
      assert.equal(
        openAnswer(crypto, linkKey, ends, hello, frame) !== undefined,
        same(input, answerBytes),
      );
  },
};

const links = [
  {
    kind: "once" as const,
    account: account.public,
    secret: chance(16),
    expiresAt: 1_800_000_000_000,
    hints: [],
  },
  {
    kind: "reusable" as const,
    account: account.public,
    secret: chance(16),
    expiresAt: 0,
    hints: addresses,
  },
].map(encodeInvite);

const invites: Target = {
  name: "invite",
  seeds: links.map(utf8),
  run(input) {
    const text = String.fromCharCode(...input.slice(0, 10_000));
    const parsed = parseInvite(text);
    if (parsed.kind === "refused") return;
    // A link may be pasted with space in it; what it says has one spelling.
    assert.equal(
      encodeInvite(parsed.invite),
      text.replace(/\s+/g, "").toLowerCase().replace("//", ""),
    );
  },
};

const keys = rendezvousKeys(crypto, chance(32), "a");
const record = sealRecord(crypto, keys, { host, addresses }, NOW);
const judges = (bytes: Uint8Array) => {
  const validator = new RecordValidator(crypto.verify, () => NOW);
  const judged = validator.check(keys.tag, bytes);
  assert.equal(validator.size, judged.kind === "valid" ? 1 : 0, "a refused record was remembered");
  return { judged, opened: openRecord(crypto, keys, bytes, NOW) };
};

const records: Target = {
  name: "record",
  seeds: [record],
  run(input) {
    const { judged, opened } = judges(input);
    assert.equal(judged.kind === "valid", same(input, record));
    assert.equal(opened.kind === "opened", same(input, record));
  },
};

/** The input is what a holder of the pair's keys seals and signs. */
const bodies: Target = {
  name: "record-body",
  seeds: [[], addresses, ["/a", "/b", "/c", "/d"]].map((list) => {
    const bytes = sealRecord(crypto, keys, { host, addresses: list }, NOW);
    return crypto.openX(
      keys.seal,
      bytes.slice(41, 65),
      bytes.slice(65, 448),
      bytes.slice(0, 41),
    ) as Uint8Array;
  }),
  run(input) {
    const plain = new Uint8Array(367);
    plain.set(input.slice(0, 367));
    const head = concat(Uint8Array.of(1), keys.tag, u64(NOW));
    const nonce = new Uint8Array(24);
    const unsigned = concat(
      head,
      nonce,
      crypto.sealX(keys.seal, nonce, plain, head),
      new Uint8Array(64),
    );
    unsigned.set(crypto.sign(keys.signing, signedPart(unsigned)), 448);
    const { judged, opened } = judges(unsigned);
    assert.equal(judged.kind, "valid");
    if (opened.kind === "refused") return assert.equal(opened.why, "body");
    assert.ok(opened.body.addresses.length <= limits.recordAddresses);
    const again = sealRecord(crypto, keys, opened.body, NOW);
    assert.deepEqual(
      crypto.openX(keys.seal, again.slice(41, 65), again.slice(65, 448), again.slice(0, 41)),
      plain,
    );
  },
};

const certificates: Target = {
  name: "certificate",
  seeds: [certificate],
  run: (input) =>
    assert.equal(readCertificate(crypto, input) !== undefined, same(input, certificate)),
};

const ring = {
  kind: "passphrase" as const,
  cost: { memoryKiB: 8, passes: 1, lanes: 1 },
  salt: chance(16),
  nonce: chance(24),
  sealed: chance(48),
};

/** The file with a checksum that fits, so that its fields are reached. */
const keyrings: Target = {
  name: "keyring",
  seeds: [
    encodeKeyring(ring, crypto.sha256),
    encodeKeyring({ ...ring, kind: "key-file" }, crypto.sha256),
  ],
  run(input) {
    const body = input.slice(0, Math.max(0, input.length - 8));
    for (const bytes of [input, concat(body, crypto.sha256(body).subarray(0, 8))])
      try {
        assert.deepEqual(encodeKeyring(decodeKeyring(bytes, crypto.sha256), crypto.sha256), bytes);
      } catch (error) {
        if (!(error instanceof SottoError)) throw error;
        assert.match(error.code, /^(?:store-version|keyring-damaged)$/);
      }
  },
};

const CAP = 50;
const lines: Target = {
  name: "lines",
  seeds: [
    utf8('{"jsonrpc":"2.0","id":1,"method":"node.status"}\n{"a":"é"}\n'),
    utf8(`${"x".repeat(120)}\ny\n`),
  ],
  run(input) {
    const text = Buffer.from(input.slice(0, 2000)).toString("latin1");
    const whole = lineSplitter(CAP).push(text);
    const bytewise = lineSplitter(CAP);
    assert.deepEqual(
      [...text].flatMap((character) => bytewise.push(character)),
      whole,
    );
    const expected = text
      .split("\n")
      .slice(0, -1)
      .map((line) => (line.length > CAP ? tooLong : line));
    assert.deepEqual(whole, expected);
  },
};

const contents = [
  ...bodiesOfMessages.map((body) => ({ message: { ...envelope, body } })),
  ...bodiesOfMessages.slice(0, 1).map((body) => ({ message: { ...envelope, body }, ack })),
  { ack },
  { typing: true as const },
  {
    settings: {
      lamport: 9,
      timer: { ms: 60_000, lamport: 8, id: new Uint8Array(16), own: 1 },
      addresses: ["/ip4/192.0.2.1/tcp/1"],
    },
  },
  {},
].map(encodeContent);

function encodeReceived({ message, ...rest }: ReceivedContent): Uint8Array | undefined {
  if (message === undefined) return encodeContent(rest);
  const { body, ...head } = message;
  if (body.kind === "newer" || body.kind === "newer-act") return undefined;
  return encodeContent({ ...rest, message: { ...head, body } });
}

const sealedCall = encodeEnvelope({ nonce: chance(32), tag: chance(32), sealed: chance(80) });
const words = encodeSignalPayload({
  nat: "preserving",
  roundTrip: 40,
  endpoints: [
    { ip: chance(16), port: 4001 },
    { ip: chance(4), port: 40_001 },
  ],
});

export const wireTargets: readonly Target[] = [
  frames,
  exact(
    "link-frame",
    [
      helloBytes,
      answerBytes,
      Uint8Array.of(3, 1, 2),
      Uint8Array.of(4, 9),
      Uint8Array.of(5),
      Uint8Array.of(6),
      Uint8Array.of(7, ...new Uint8Array(24)),
    ],
    decodeLinkFrame,
    encodeLinkFrame,
  ),
  exact("signal-envelope", [sealedCall], decodeEnvelope, encodeEnvelope),
  exact(
    "signal-frame",
    [
      encodeSignalFrame({ kind: "forward", host, envelope: sealedCall }),
      encodeSignalFrame({ kind: "deliver", host, envelope: Uint8Array.of(1) }),
    ],
    decodeSignalFrame,
    encodeSignalFrame,
  ),
  exact(
    "signal-reply",
    [
      encodeSignalReply({ outcome: "forwarded", envelope: sealedCall }),
      encodeSignalReply({ outcome: "unwilling" }),
    ],
    decodeSignalReply,
    encodeSignalReply,
  ),
  exact("signal-words", [words], decodeSignalPayload, encodeSignalPayload),
  exact(
    "hello-body",
    (["resume", "group"] as const).map((mode) => encodeHelloBody({ mode, id: chance(32) })),
    decodeHelloBody,
    encodeHelloBody,
  ),
  exact(
    "answer-body",
    [encodeAnswerBody({ status: "denied", id: chance(32) })],
    decodeAnswerBody,
    encodeAnswerBody,
  ),
  exact(
    "position",
    [encodePosition({ session: chance(16), sealed: 1, received: 2 })],
    (bytes) => {
      if (bytes.length !== 32) return undefined;
      const position = decodePosition(bytes);
      return Math.max(position.sealed, position.received) > Number.MAX_SAFE_INTEGER
        ? undefined
        : position;
    },
    encodePosition,
  ),
  faithful("content", contents, decodeContent, encodeReceived, contentFields),
  faithful(
    "payload",
    [encodeHandshakePayload(payload)],
    decodeHandshakePayload,
    encodeHandshakePayload,
    payloadFields,
  ),
  greetings,
  invites,
  records,
  bodies,
  certificates,
  keyrings,
  lines,
];
