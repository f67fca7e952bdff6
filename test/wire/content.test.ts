import assert from "node:assert/strict";
import fc from "fast-check";
import { concat, limits, utf8 } from "../../src/base/index.ts";
import {
  type Body,
  type Content,
  decodeContent,
  decodeHandshakePayload,
  encodeContent,
  encodeHandshakePayload,
  type HandshakePayload,
  type Message,
  type Settings,
} from "../../src/wire/index.ts";
import { canonical, contentFields, field, payloadFields } from "./canonical.ts";

const count = fc.maxSafeNat();
const id = fc.uint8Array({ minLength: 16, maxLength: 16 });
const text = fc.string({ unit: "binary", maxLength: 200 }).filter((said) => !/\p{Cs}/u.test(said));
const exact = { noNullPrototype: true } as const;
const kind = <Kind extends string>(word: Kind) => fc.constant(word);
const body: fc.Arbitrary<Body> = fc.oneof(
  fc.record(
    {
      kind: kind("text"),
      text,
      replyTo: id,
      keep: fc.integer({ min: limits.timerMin, max: limits.timerMax }),
    },
    { requiredKeys: ["kind", "text"], noNullPrototype: true },
  ),
  fc.record({ kind: kind("edit"), target: id, text: text.filter((said) => said !== "") }, exact),
  fc.record({ kind: kind("delete"), target: id }, exact),
  fc.record(
    { kind: kind("reaction"), target: id, emoji: fc.constantFrom("", "👍", "❤️", "no") },
    exact,
  ),
  fc.record(
    {
      kind: kind("timer"),
      ms: fc.oneof(fc.constant(0), fc.integer({ min: limits.timerMin, max: limits.timerMax })),
    },
    exact,
  ),
  fc.record(
    {
      kind: kind("hosts"),
      hosts: fc.array(fc.stringMatching(/^\/[!-~]{1,20}$/), { maxLength: limits.toldHosts }),
    },
    exact,
  ),
);
const message: fc.Arbitrary<Message> = fc
  .record(
    {
      id,
      sequence: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
      lamport: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
      parents: fc.array(id, { maxLength: limits.parents }),
      sentAt: count,
      body,
      settled: count,
    },
    { noNullPrototype: true },
  )
  .map((value) => ({ ...value, settled: value.settled % value.sequence }));
const bits = fc.uint8Array({ maxLength: limits.ackBits / 8 }).filter((value) => value.at(-1) !== 0);
const settings: fc.Arbitrary<Settings> = fc.record(
  {
    lamport: fc.integer({ min: 0, max: limits.lamport - 1 }),
    timer: fc.record(
      {
        ms: fc.constantFrom(0, limits.timerMin, limits.timerMax),
        lamport: fc.integer({ min: 1, max: limits.lamport - 1 }),
        id,
        own: fc.integer({ min: 0, max: 1 }),
      },
      exact,
    ),
    addresses: fc.array(fc.stringMatching(/^\/[!-~]{1,20}$/), {
      maxLength: limits.recordAddresses,
    }),
  },
  { requiredKeys: ["lamport", "addresses"], noNullPrototype: true },
);
const content: fc.Arbitrary<Content> = fc.record(
  {
    message,
    ack: fc.record({ upTo: count, bits, readUpTo: count }, exact),
    typing: fc.constant(true as const),
    settings,
  },
  { requiredKeys: [], noNullPrototype: true },
);
const payload: fc.Arbitrary<HandshakePayload> = fc.record(
  {
    certificate: fc.uint8Array({ minLength: 136, maxLength: 136 }),
    name: fc.string({ unit: "grapheme", maxLength: 20 }),
    capabilities: fc.integer({ min: 0, max: 0xffffffff }),
    madeAt: count,
    stream: id,
  },
  { noNullPrototype: true },
);

const plain: Message = {
  id: new Uint8Array(16).fill(1),
  sequence: 1,
  settled: 0,
  lamport: 1,
  parents: [],
  sentAt: 5,
  body: { kind: "text", text: "hi" },
};

const settled = field(7, 0);
const head = [field(1, plain.id), field(2, 1), field(3, 1), field(5, 5)];
const whole = [...head, field(6, utf8("hi")), settled];
const inMessage = (...fields: Uint8Array[]) => decodeContent(field(1, concat(...fields)));
const inAck = (...fields: Uint8Array[]) => decodeContent(field(2, concat(...fields)));

describe("wire/content", () => {
  it("gives every content back", () => {
    fc.assert(
      fc.property(content, (value) => {
        assert.deepEqual(decodeContent(encodeContent(value)), value);
      }),
    );
  });

  it("allows an empty content", () => {
    assert.equal(encodeContent({}).length, 0);
    assert.deepEqual(decodeContent(new Uint8Array(0)), {});
  });

  it("takes any bytes without throwing", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        decodeContent(bytes);
        decodeHandshakePayload(bytes);
        decodeContent(field(1, bytes));
        decodeContent(field(2, bytes));
      }),
      { numRuns: 2000 },
    );
  });

  /** Valid bytes with some of their bytes replaced, inserted or removed. */
  const changed = (valid: fc.Arbitrary<Uint8Array>) => {
    const position = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    const edit = fc.tuple(
      position,
      fc.integer({ min: 0, max: 1 }),
      fc.uint8Array({ maxLength: 2 }),
    );
    return fc.tuple(valid, fc.array(edit, { maxLength: 2 })).map(([bytes, edits]) => {
      const result = [...bytes];
      for (const [where, removed, added] of edits)
        result.splice(Math.floor(where * result.length), removed, ...added);
      return Uint8Array.from(result);
    });
  };
  /** Fields of a content in any order, doubled or left out. */
  const shuffled = fc
    .shuffledSubarray([...whole, ...whole, field(4, plain.id), field(12, 1), field(8, plain.id)])
    .map((fields) => field(1, concat(...fields)));

  it("refuses any bytes or decodes a content that encodes to the same bytes in order", () => {
    const bytes = fc.oneof(
      changed(content.map(encodeContent)),
      shuffled,
      fc.uint8Array({ maxLength: 40 }),
    );
    let accepted = 0;
    fc.assert(
      fc.property(bytes, (from) => {
        const decoded = decodeContent(from);
        if (decoded === undefined) return;
        const { message: received, ...rest } = decoded;
        if (received?.body.kind === "newer" || received?.body.kind === "newer-act") return;
        accepted += 1;
        const ours = received && { ...received, body: received.body };
        const again = encodeContent({ ...rest, ...(ours && { message: ours }) });
        assert.deepEqual(again, canonical(from, contentFields));
      }),
      { numRuns: 3000 },
    );
    assert.ok(accepted > 300, `only ${accepted} inputs were accepted`);
  });

  it("refuses any bytes or decodes a handshake payload that encodes to the same bytes", () => {
    fc.assert(
      fc.property(changed(payload.map(encodeHandshakePayload)), (from) => {
        const decoded = decodeHandshakePayload(from);
        if (decoded === undefined) return;
        assert.deepEqual(encodeHandshakePayload(decoded), canonical(from, payloadFields));
      }),
      { numRuns: 1000 },
    );
  });

  it("takes a content with one byte changed without throwing, and never as the same content", () => {
    const position = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(content, position, fc.integer({ min: 1, max: 255 }), (value, where, flip) => {
        const bytes = encodeContent(value);
        fc.pre(bytes.length > 0);
        const at = Math.floor(where * bytes.length);
        bytes[at] = (bytes[at] as number) ^ flip;
        assert.notDeepEqual(decodeContent(bytes), value);
      }),
      { numRuns: 1000 },
    );
  });

  it("refuses a content that was cut anywhere", () => {
    const bytes = encodeContent({ message: plain });
    for (let length = 1; length < bytes.length; length++)
      assert.equal(decodeContent(bytes.subarray(0, length)), undefined);
  });

  it("writes the same as protobuf by hand", () => {
    assert.deepEqual(encodeContent({ message: plain }), field(1, concat(...whole)));
    assert.deepEqual(inMessage(...whole), { message: plain });
  });

  it("holds a text of exactly the limit and no more", () => {
    const said = "é".repeat(limits.textBytes / 2);
    for (const longest of [
      { kind: "text", text: said },
      { kind: "edit", target: plain.id, text: said },
    ] as const) {
      const message = { ...plain, body: longest };
      assert.deepEqual(decodeContent(encodeContent({ message })), { message });
      const longer = { ...plain, body: { ...longest, text: `${said}a` } };
      assert.throws(() => encodeContent({ message: longer }), RangeError);
    }
    assert.equal(
      inMessage(...head, settled, field(6, new Uint8Array(limits.textBytes + 1))),
      undefined,
    );
  });

  it("refuses text that is not UTF-8 instead of repairing it", () => {
    assert.equal(inMessage(...head, settled, field(6, [0xff])), undefined);
    assert.equal(inMessage(...head, settled, field(6, [0xed, 0xa0, 0x80])), undefined);
    assert.equal(inMessage(...head, settled, field(6, [0xc0, 0x80])), undefined);
  });

  it("refuses a missing, doubled or mistyped field", () => {
    for (let missing = 0; missing < whole.length; missing++)
      assert.equal(inMessage(...whole.filter((_, i) => i !== missing)), undefined);
    for (const doubled of whole) assert.equal(inMessage(...whole, doubled), undefined);
    assert.equal(
      decodeContent(concat(field(1, concat(...whole)), field(1, concat(...whole)))),
      undefined,
    );
    assert.equal(inMessage(...head, settled, field(6, 3)), undefined);
    assert.equal(decodeContent(field(1, 0)), undefined);
    assert.equal(decodeContent(field(2, 0)), undefined);
  });

  it("refuses lengths and numbers out of bounds", () => {
    const [one, two, three, five, ...rest] = whole as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    assert.equal(inMessage(field(1, new Uint8Array(15)), two, three, five, ...rest), undefined);
    assert.equal(inMessage(field(1, new Uint8Array(17)), two, three, five, ...rest), undefined);
    assert.equal(inMessage(one, field(2, 0), three, five, ...rest), undefined);
    assert.equal(inMessage(one, field(2, 2 ** 53), three, five, ...rest), undefined);
    assert.equal(inMessage(one, two, field(3, 2 ** 60), five, ...rest), undefined);
    // The order of the conversation judges a great value, so that it breaks no link.
    assert.ok(inMessage(one, two, field(3, limits.lamport), five, ...rest));
    assert.equal(inMessage(one, two, field(3, 0), five, ...rest), undefined);
    assert.ok(inMessage(one, field(2, 2 ** 53 - 1), three, five, ...rest));
    assert.equal(inMessage(...head, field(6, []), field(7, 1)), undefined);
    // Ten bytes of 0xff, a minus one: more than any number that we know.
    const huge = Uint8Array.of(16, ...new Array(9).fill(0xff), 1);
    assert.equal(inMessage(one, huge, three, five, ...rest), undefined);
    const parent = field(4, new Uint8Array(16));
    assert.ok(inMessage(...whole, ...new Array(limits.parents).fill(parent)));
    assert.equal(inMessage(...whole, ...new Array(limits.parents + 1).fill(parent)), undefined);
    assert.equal(inMessage(...whole, field(4, new Uint8Array(15))), undefined);
  });

  it("refuses a number that is not in its shortest form", () => {
    assert.equal(
      inMessage(...head.slice(0, 1), Uint8Array.of(16, 0x81, 0), ...whole.slice(2)),
      undefined,
    );
  });

  it("refuses field number 0, groups, and lengths beyond the end of what holds them", () => {
    assert.equal(decodeContent(field(0, 1)), undefined);
    assert.equal(decodeContent(Uint8Array.of(0x1b, 0x1c)), undefined);
    assert.equal(
      decodeContent(concat(field(1, Uint8Array.of(0x0a, 16, 1)), new Uint8Array(20))),
      undefined,
    );
  });

  it("holds an acknowledgement to its bounds", () => {
    const ack = (value: Uint8Array) => inAck(field(1, 7), field(2, value), field(3, 2));
    const most = new Uint8Array(limits.ackBits / 8).fill(1);
    assert.deepEqual(ack(most), { ack: { upTo: 7, bits: most, readUpTo: 2 } });
    assert.equal(ack(Uint8Array.of(...most, 1)), undefined);
    assert.equal(ack(Uint8Array.of(1, 0)), undefined);
    assert.equal(inAck(field(1, 7), field(2, [])), undefined);
    assert.throws(
      () => encodeContent({ ack: { upTo: 0, bits: Uint8Array.of(0), readUpTo: 0 } }),
      RangeError,
    );
  });

  it("holds settings to their bounds", () => {
    const by = (...fields: Uint8Array[]) => decodeContent(field(4, concat(...fields)));
    const timer = (ms: number, lamport: number, own: number, length = 16) =>
      field(
        2,
        concat(field(1, ms), field(2, lamport), field(3, new Uint8Array(length)), field(4, own)),
      );
    const top = limits.lamport - 1;
    assert.deepEqual(by(field(1, 0)), { settings: { lamport: 0, addresses: [] } });
    assert.ok(by(field(1, top), timer(5000, top, 1)));
    assert.equal(by(), undefined);
    assert.equal(by(field(1, top + 1)), undefined);
    for (const bad of [
      timer(1, 1, 0),
      timer(0, 0, 0),
      timer(0, top + 1, 0),
      timer(0, 1, 2),
      timer(0, 1, 1, 15),
      field(3, utf8("a")),
    ])
      assert.equal(by(field(1, 1), bad), undefined);
    const address = field(3, utf8("/ip4/192.0.2.1/tcp/1"));
    const many = (length: number) => Array.from({ length }, () => address);
    assert.ok(by(field(1, 1), ...many(limits.recordAddresses)));
    assert.equal(by(field(1, 1), ...many(limits.recordAddresses + 1)), undefined);
  });

  it("keeps the envelope of what a newer Sotto made, and says whether there is something to show", () => {
    const envelope = ({ body: _, ...rest }: Message) => rest;
    for (const number of [32, 200]) {
      const lines = field(number, [1, 2]);
      const newer = (said: object) => ({
        message: { ...envelope(plain), body: { kind: "newer", ...said } },
      });
      assert.deepEqual(inMessage(...head, settled, lines), newer({ text: "" }));
      assert.deepEqual(inMessage(...whole, lines), newer({ text: "hi" }));
      const replyTo = new Uint8Array(16);
      assert.deepEqual(
        inMessage(...whole, field(8, replyTo), lines),
        newer({ text: "hi", replyTo }),
      );
      assert.equal(inMessage(...head.slice(1), settled, lines), undefined);
    }
    for (const number of [21, 31])
      assert.deepEqual(inMessage(...head, settled, field(number, 7)), {
        message: { ...envelope(plain), body: { kind: "newer-act" } },
      });
    assert.deepEqual(decodeContent(field(5, [1])), {});
  });

  const acts = {
    edit: field(16, concat(field(1, plain.id), field(2, utf8("new")))),
    delete: field(17, field(1, plain.id)),
    reaction: field(18, concat(field(1, plain.id), field(2, utf8("👍")))),
    timer: field(19, field(1, 5000)),
    hosts: field(20, field(1, utf8("/dns4/example.org/tcp/1/p2p/a"))),
  };

  it("holds the time that a message is kept to its bounds", () => {
    const kept = (...fields: Uint8Array[]) => inMessage(...whole, ...fields);
    for (const ms of [limits.timerMin, limits.timerMax])
      assert.deepEqual(kept(field(9, ms))?.message?.body, { kind: "text", text: "hi", keep: ms });
    for (const ms of [0, limits.timerMin - 1, limits.timerMax + 1])
      assert.equal(kept(field(9, ms)), undefined);
    assert.equal(kept(field(9, 5000), field(9, 5000)), undefined);
    assert.equal(kept(field(9, [1])), undefined);
    assert.equal(inMessage(...head, settled, acts.delete, field(9, 5000)), undefined);
    for (const keep of [0, limits.timerMin - 1, 1.5 * limits.timerMax])
      assert.throws(
        () => encodeContent({ message: { ...plain, body: { kind: "text", text: "a", keep } } }),
        RangeError,
      );
  });

  it("takes one body and no more", () => {
    for (const [name, act] of Object.entries(acts)) {
      assert.equal(inMessage(...head, settled, act)?.message?.body.kind, name);
      assert.equal(inMessage(...whole, act), undefined, `${name} beside a text`);
      assert.equal(inMessage(...head, settled, act, act), undefined, `${name} twice`);
      for (const number of [8, 21, 31, 32])
        assert.equal(
          inMessage(...head, settled, act, field(number, new Uint8Array(16))),
          undefined,
          `${name} beside field ${number}`,
        );
      for (const [other, beside] of Object.entries(acts))
        if (other !== name) assert.equal(inMessage(...head, settled, act, beside), undefined);
    }
  });

  it("refuses acts whose fields are missing, doubled, mistyped or out of bounds", () => {
    const act = (number: number, ...fields: Uint8Array[]) =>
      inMessage(...head, settled, field(number, concat(...fields)));
    const target = field(1, plain.id);
    const said = field(2, utf8("a"));
    for (const number of [16, 18]) {
      assert.ok(act(number, target, said, field(3, 9)));
      assert.equal(act(number, target), undefined);
      assert.equal(act(number, said), undefined);
      assert.equal(act(number, target, said, said), undefined);
      assert.equal(act(number, field(1, new Uint8Array(15)), said), undefined);
      assert.equal(act(number, target, field(2, [0xff])), undefined);
      assert.equal(act(number, target, field(2, 3)), undefined);
    }
    assert.equal(act(16, target, field(2, [])), undefined);
    assert.equal(act(16, target, field(2, new Uint8Array(limits.textBytes + 1))), undefined);
    assert.ok(act(18, target, field(2, [])));
    assert.ok(act(18, target, field(2, new Uint8Array(limits.emojiBytes).fill(97))));
    assert.equal(
      act(18, target, field(2, new Uint8Array(limits.emojiBytes + 1).fill(97))),
      undefined,
    );
    for (const bad of ["\n", "a\u202eb", "\u2066", "\u200f", "\u0085", "\u2028", "\u061c", "\0"])
      assert.equal(act(18, target, field(2, utf8(bad))), undefined, JSON.stringify(bad));
    assert.equal(act(17), undefined);
    assert.equal(act(17, field(1, new Uint8Array(17))), undefined);
    for (const ms of [0, limits.timerMin, limits.timerMax]) assert.ok(act(19, field(1, ms)));
    for (const ms of [1, limits.timerMin - 1, limits.timerMax + 1])
      assert.equal(act(19, field(1, ms)), undefined);
    assert.equal(act(19), undefined);
    const host = field(1, utf8("/a"));
    for (const hosts of [[], [host], [host, host], [host, field(2, 1)]])
      assert.ok(act(20, ...hosts));
    assert.equal(act(20, ...Array(limits.toldHosts + 1).fill(host)), undefined);
    for (const bad of ["", "a", "/a b", "/\u00e9", "/a\n", `/${"a".repeat(limits.addressLength)}`])
      assert.equal(act(20, field(1, utf8(bad))), undefined, JSON.stringify(bad));
    assert.equal(act(20, field(1, [47, 0xff])), undefined);
    assert.equal(act(20, field(1, 3)), undefined);
    assert.equal(inMessage(...head, settled, field(19, 5000)), undefined);
    assert.equal(inMessage(...head, settled, field(17, [10, 16, 1])), undefined);
  });

  it("throws for acts of ours that break a bound", () => {
    for (const wrong of [
      { kind: "edit", target: plain.id, text: "" },
      { kind: "delete", target: new Uint8Array(15) },
      { kind: "reaction", target: plain.id, emoji: "a\nb" },
      { kind: "timer", ms: 1 },
      { kind: "hosts", hosts: ["/a", "/b", "/c"] },
      { kind: "hosts", hosts: ["a"] },
      { kind: "text", text: "a", replyTo: new Uint8Array(3) },
    ] as const)
      assert.throws(() => encodeContent({ message: { ...plain, body: wrong } }), RangeError);
  });

  it("accepts every emoji that users send, however many parts it has", () => {
    for (const emoji of ["👍🏿", "❤️", "👩🏽‍❤️‍💋‍👨🏿", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "1️⃣", "👨‍👩‍👧‍👦"]) {
      const message: Message = { ...plain, body: { kind: "reaction", target: plain.id, emoji } };
      assert.deepEqual(decodeContent(encodeContent({ message })), { message });
    }
  });

  it("knows one sign of writing", () => {
    assert.deepEqual(decodeContent(field(3, 1)), { typing: true });
    for (const value of [0, 2]) assert.equal(decodeContent(field(3, value)), undefined);
    assert.equal(decodeContent(concat(field(3, 1), field(3, 1))), undefined);
    assert.equal(decodeContent(field(3, [1])), undefined);
  });

  it("requires a text where the newer kind is next to the message, not in it", () => {
    assert.equal(
      decodeContent(concat(field(1, concat(...head, settled)), field(4, [1]))),
      undefined,
    );
  });

  it("skips additions to kinds that it knows", () => {
    assert.deepEqual(inMessage(...whole, field(10, [1]), field(15, 3)), { message: plain });
    assert.deepEqual(inAck(field(1, 1), field(2, []), field(3, 0), field(4, 9)), {
      ack: { upTo: 1, bits: new Uint8Array(0), readUpTo: 0 },
    });
  });

  it("refuses more fields than any content has", () => {
    assert.ok(inMessage(...whole, ...new Array(58).fill(field(10, 1))));
    assert.equal(inMessage(...whole, ...new Array(59).fill(field(10, 1))), undefined);
  });

  it("keeps no view of the bytes that it decoded", () => {
    const bytes = encodeContent({ message: { ...plain, parents: [new Uint8Array(16).fill(2)] } });
    const decoded = decodeContent(bytes);
    const before = structuredClone(decoded);
    bytes.fill(0);
    assert.deepEqual(decoded, before);
  });

  it("gives every handshake payload back, and skips what a newer peer added", () => {
    fc.assert(
      fc.property(payload, (value) => {
        const bytes = encodeHandshakePayload(value);
        assert.deepEqual(decodeHandshakePayload(bytes), value);
        assert.deepEqual(decodeHandshakePayload(concat(bytes, field(9, [1]))), value);
        for (const length of [0, 1, 138, bytes.length - 1])
          assert.equal(decodeHandshakePayload(bytes.subarray(0, length)), undefined);
      }),
    );
  });

  it("holds a handshake payload to its bounds", () => {
    const good = {
      certificate: new Uint8Array(136),
      name: "a",
      capabilities: 0,
      madeAt: 0,
      stream: new Uint8Array(16),
    };
    for (const bad of [
      { certificate: new Uint8Array(135) },
      { name: "a".repeat(257) },
      { capabilities: 2 ** 32 },
      { madeAt: -1 },
      { madeAt: 0.5 },
      { stream: new Uint8Array(15) },
    ])
      assert.throws(() => encodeHandshakePayload({ ...good, ...bad }), RangeError);
    const by = (certificate: number, name: Uint8Array, capabilities: number, stream = 16) =>
      decodeHandshakePayload(
        concat(
          field(1, new Uint8Array(certificate)),
          field(2, name),
          field(3, capabilities),
          field(4, 0),
          field(5, new Uint8Array(stream)),
        ),
      );
    assert.deepEqual(by(136, utf8("a"), 0), good);
    assert.equal(by(137, utf8("a"), 0), undefined);
    assert.equal(by(136, new Uint8Array(257).fill(97), 0), undefined);
    assert.equal(by(136, Uint8Array.of(0xff), 0), undefined);
    assert.equal(by(136, utf8("a"), 2 ** 32), undefined);
    assert.equal(by(136, utf8("a"), 0, 17), undefined);
  });
});
