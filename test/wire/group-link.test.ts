import assert from "node:assert/strict";
import fc from "fast-check";
import { concat } from "../../src/base/index.ts";
import {
  decodeGroupLink,
  encodeGroupLink,
  groupLinkBytes,
  type Link,
  linkLists,
  meshBytes,
} from "../../src/wire/index.ts";
import { varint } from "./canonical.ts";

const of = (length: number, fill = 1) => new Uint8Array(length).fill(fill);
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const seq = fc.integer({ min: 1, max: 0xffffffff });
const range = fc.tuple(bytes(16), bytes(8), seq, seq).map(([member, stream, a, b]) => ({
  ...{ member, stream },
  from: Math.min(a, b),
  to: Math.max(a, b),
}));
const bound = fc.record({
  depth: fc.maxSafeNat(),
  id: fc.uint8Array({ minLength: 0, maxLength: 32 }),
});
const reconcile = fc.oneof(
  fc.record({ lower: bound, upper: bound, fingerprint: bytes(16) }),
  fc.record({ lower: bound, ids: fc.nat(16).chain((n) => bytes(32 * n)) }),
);
const few = <T>(item: fc.Arbitrary<T>, most = 4) => fc.array(item, { maxLength: most });

const link: fc.Arbitrary<Link> = fc.oneof(
  fc.record({
    kind: fc.constant("state" as const),
    digests: bytes(256),
    records: bytes(16),
    generation: bytes(16),
    frontier: few(bytes(32), 16),
    lamport: fc.maxSafeNat(),
  }),
  fc.record({
    kind: fc.constant("heads" as const),
    heads: few(
      fc.record({
        member: bytes(16),
        stream: bytes(8),
        upTo: seq,
        hash: bytes(32),
        missing: few(seq, 8).map((seqs) => seqs.flatMap((one) => [one, one])),
      }),
    ),
  }),
  fc.record({
    kind: fc.constant("request" as const),
    ranges: few(range),
    reconcile: few(reconcile),
    pages: few(bytes(32), 1),
    keys: few(bytes(32)),
    records: few(bytes(32)),
  }),
  fc.record({
    kind: fc.constant("response" as const),
    messages: few(fc.uint8Array({ minLength: 1, maxLength: 300 })),
    records: few(fc.uint8Array({ minLength: 2, maxLength: 300 })),
    reconcile: few(reconcile),
    pages: few(bytes(1136), 1),
    keys: few(fc.record({ message: bytes(32), mk: bytes(32) })),
    withheld: few(range),
  }),
  fc.record({
    kind: fc.constant("mesh" as const),
    rpc: fc.uint8Array({ minLength: 1, maxLength: 500 }),
  }),
  fc.record({
    kind: fc.constant("peers" as const),
    peers: few(
      fc.record({
        member: bytes(16),
        addresses: few(fc.uint8Array({ minLength: 1, maxLength: 99 })),
      }),
    ),
  }),
  fc.record({ kind: fc.constant("typing" as const), typing: fc.nat(1) }),
  fc.record({ kind: fc.constant("broken" as const), generation: bytes(32) }),
  fc.record({
    kind: fc.constant("news" as const),
    records: few(fc.uint8Array({ minLength: 2, maxLength: 99 })),
  }),
);

const states = {
  kind: "state",
  ...{ digests: of(256), records: of(16), frontier: [of(32)], lamport: 3 },
} as const;
const requests = {
  kind: "request",
  ...{ ranges: [], reconcile: [], pages: [], keys: [], records: [] },
} as const;
const responses = {
  kind: "response",
  ...{ messages: [], records: [], reconcile: [], pages: [], keys: [], withheld: [] },
} as const;
const oneRange = { member: of(16), stream: of(8), from: 1, to: 2 };
const head = { member: of(16), stream: of(8), upTo: 9, hash: of(32), missing: [] };
const lower = { depth: 0, id: of(0) };
const many = <T>(item: T, count: number): T[] => Array.from({ length: count }, () => item);
const heads = (changed: object): Link => ({ kind: "heads", heads: [{ ...head, ...changed }] });
const ranges = (changed: object): Link => ({ ...requests, ranges: [{ ...oneRange, ...changed }] });
const compared = (changed: object): Link => ({
  ...requests,
  reconcile: [{ lower, ...changed }],
});

/** Link messages of which one field breaks its bound. */
const beyond: readonly [string, Link][] = [
  ["digests of 255 bytes", { ...states, digests: of(255) }],
  ["a fingerprint of records of 17 bytes", { ...states, records: of(17) }],
  ["a generation of 32 bytes", { ...states, generation: of(32) }],
  ["17 heads of the log", { ...states, frontier: many(of(32), 17) }],
  ["a head of the log of 31 bytes", { ...states, frontier: [of(31)] }],
  ["a Lamport value below 0", { ...states, lamport: -1 }],
  ["257 heads of streams", { kind: "heads", heads: many(head, linkLists.heads + 1) }],
  ["a head of a member of 8 bytes", heads({ member: of(8) })],
  ["a head of a stream of 7 bytes", heads({ stream: of(7) })],
  ["a head up to 0", heads({ upTo: 0 })],
  ["a head beyond 32 bits", heads({ upTo: 2 ** 32 })],
  ["a head with half a hash", heads({ hash: of(16) })],
  ["nine gaps", heads({ missing: many(1, 18) })],
  ["half a gap", heads({ missing: [1] })],
  ["a range from 0", ranges({ from: 0 })],
  ["a range that ends before it begins", ranges({ from: 3 })],
  ["a range beyond 32 bits", ranges({ to: 2 ** 32 })],
  ["a range of a member of 8 bytes", ranges({ member: of(8) })],
  ["a range of a stream of 9 bytes", ranges({ stream: of(9) })],
  ["65 ranges", { ...requests, ranges: many(oneRange, linkLists.ranges + 1) }],
  ["a range of records with nothing to compare", compared({})],
  ["a range of records with both", compared({ fingerprint: of(16), ids: of(32) })],
  ["a fingerprint of 15 bytes", compared({ fingerprint: of(15) })],
  ["half an id in a list", compared({ ids: of(16) })],
  ["a list of 17 ids", compared({ ids: of(17 * 32) })],
  ["a bound of 33 bytes", compared({ ids: of(0), upper: { depth: 0, id: of(33) } })],
  ["two pages asked for", { ...requests, pages: many(of(32), linkLists.pages + 1) }],
  ["a page by 8 bytes", { ...requests, pages: [of(8)] }],
  ["257 keys asked for", { ...requests, keys: many(of(32), linkLists.keys + 1) }],
  ["513 records asked for", { ...requests, records: many(of(32), linkLists.records + 1) }],
  ["an empty message", { ...responses, messages: [of(0)] }],
  ["513 messages", { ...responses, messages: many(of(1), linkLists.messages + 1) }],
  ["a record without bytes", { ...responses, records: [of(1)] }],
  ["513 records", { ...responses, records: many(of(2), linkLists.records + 1) }],
  ["two pages", { ...responses, pages: many(of(9), linkLists.pages + 1) }],
  ["a key of 16 bytes", { ...responses, keys: [{ message: of(32), mk: of(16) }] }],
  ["a key by a prefix", { ...responses, keys: [{ message: of(16), mk: of(32) }] }],
  ["257 keys", { ...responses, keys: many({ message: of(32), mk: of(32) }, 257) }],
  ["65 ranges withheld", { ...responses, withheld: many(oneRange, linkLists.ranges + 1) }],
  ["an empty RPC", { kind: "mesh", rpc: of(0) }],
  ["an RPC that is too long", { kind: "mesh", rpc: of(meshBytes + 1) }],
  ["65 peers", { kind: "peers", peers: many({ member: of(16), addresses: [] }, 65) }],
  ["nine addresses", { kind: "peers", peers: [{ member: of(16), addresses: many(of(9), 9) }] }],
  ["an empty address", { kind: "peers", peers: [{ member: of(16), addresses: [of(0)] }] }],
  ["an address of 257 bytes", { kind: "peers", peers: [{ member: of(16), addresses: [of(257)] }] }],
  ["typing twice over", { kind: "typing", typing: 2 }],
  ["65 records of news", { kind: "news", records: many(of(9), linkLists.news + 1) }],
  ["news of one byte", { kind: "news", records: [of(1)] }],
  ["half a generation", { kind: "broken", generation: of(16) }],
];

/** A field of bytes, by hand. */
const field = (number: number, ...parts: readonly Uint8Array[]): Uint8Array => {
  const value = concat(...parts);
  return concat(Uint8Array.of(...varint(number * 8 + 2), ...varint(value.length)), value);
};
const count = (number: number, value: number) =>
  Uint8Array.of(...varint(number * 8), ...varint(value));

describe("wire/group-link", () => {
  it("reads what it writes, for every kind", () =>
    fc.assert(
      fc.property(link, (value) => {
        assert.deepEqual(decodeGroupLink(encodeGroupLink(value)), structuredClone(value));
      }),
    ));

  for (const [name, value] of beyond)
    it(`does not write ${name}`, () => assert.throws(() => encodeGroupLink(value), RangeError));

  it("refuses a field that breaks its bound", () => {
    const good = field(3, field(1, field(1, of(16)), field(2, of(8)), count(3, 2), count(4, 2)));
    assert.equal(decodeGroupLink(good)?.kind, "request");
    const oneHead = (...missing: number[]) =>
      field(
        2,
        field(
          1,
          field(1, of(16)),
          field(2, of(8)),
          count(3, 9),
          field(4, of(32)),
          ...missing.map((one) => count(5, one)),
        ),
      );
    assert.equal(decodeGroupLink(oneHead(1, 1))?.kind, "heads");
    const refused: readonly [string, Uint8Array][] = [
      ["no field", of(0)],
      ["two kinds", concat(good, field(7, count(1, 1)))],
      ["a kind twice", concat(good, good)],
      ["a known and a newer kind", concat(good, field(10, of(1)))],
      [
        "a range that ends before it begins",
        field(3, field(1, field(1, of(16)), field(2, of(8)), count(3, 2), count(4, 1))),
      ],
      [
        "a range from 0",
        field(3, field(1, field(1, of(16)), field(2, of(8)), count(3, 0), count(4, 1))),
      ],
      ["half a gap", oneHead(1)],
      ["nine gaps", oneHead(...many(1, 18))],
      ["a range of records without lower bound", field(3, field(2, field(3, of(16))))],
      [
        "a list with half an id",
        field(3, field(2, field(1, count(1, 0), field(2)), field(4, of(16)))),
      ],
      ["digests of 8 bytes", field(1, field(1, of(8)), field(2, of(16)), count(5, 0))],
      ["a state without Lamport value", field(1, field(1, of(256)), field(2, of(16)))],
      ["typing twice over", field(7, count(1, 2))],
      ["half a generation", field(8, field(1, of(16)))],
      ["an empty RPC", field(5, field(1))],
      ["an RPC that is too long", field(5, field(1, of(meshBytes + 1)))],
    ];
    for (const [name, from] of refused) assert.equal(decodeGroupLink(from), undefined, name);
  });

  it("reads a kind of a newer version as such", () =>
    assert.deepEqual(decodeGroupLink(field(10, of(3))), { kind: "newer" }));

  it("neither writes nor reads more than fits a frame", () => {
    const pages = [of(groupLinkBytes)];
    assert.throws(() => encodeGroupLink({ ...responses, pages }), RangeError);
    assert.equal(decodeGroupLink(field(4, field(4, of(groupLinkBytes)))), undefined);
  });

  it("refuses every truncation, and throws for no bytes", () => {
    const whole = encodeGroupLink({ ...states, generation: of(16) });
    for (let length = 0; length < whole.length; length++)
      assert.equal(decodeGroupLink(whole.subarray(0, length)), undefined, `${length}`);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (from) => void decodeGroupLink(from)));
  });
});
