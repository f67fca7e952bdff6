/** Cases of groups: what members say to each other on a link, and how they compare records. */
import { concat } from "../../src/base/index.ts";
import { encodeGroupLink, type Link } from "../../src/wire/index.ts";
import { seeded } from "../ratchet/support.ts";
import type { Case } from "./chapters.ts";
import { written } from "./notation.ts";

const chance = seeded("vectors of group links");
const drawn = (length: number): string => written(chance(length));
const refused = { refused: true };

const range = { member: chance(16), stream: chance(8), from: 3, to: 70_000 };
const compared = [
  { lower: { depth: 0, id: new Uint8Array(0) }, upper: { depth: 7, id: chance(2) }, fingerprint: chance(16) },
  { lower: { depth: 7, id: chance(2) }, ids: chance(64) },
];
const head = { member: chance(16), stream: chance(8), upTo: 9, hash: chance(32), missing: [2, 3, 5, 5] };
const state = { kind: "state", digests: chance(256), records: chance(16), frontier: [chance(32)], lamport: 300 } as const;

const links: readonly (readonly [string, Link])[] = [
  ["a state", { ...state, generation: chance(16) }],
  ["a state of a node without generation", state],
  ["heads of streams", { kind: "heads", heads: [head] }],
  ["a request", { kind: "request", ranges: [range], reconcile: compared, pages: [chance(32)], keys: [chance(32)], records: [chance(32)] }],
  ["a response", { kind: "response", messages: [chance(9)], records: [chance(9)], reconcile: compared, pages: [chance(9)], keys: [{ message: chance(32), mk: chance(32) }], withheld: [range] }],
  ["an RPC of the mesh", { kind: "mesh", rpc: chance(9) }],
  ["addresses of members", { kind: "peers", peers: [{ member: chance(16), addresses: [chance(9), chance(4)] }] }],
  ["typing", { kind: "typing", typing: 1 }],
  ["a broken envelope", { kind: "broken", generation: chance(32) }],
  ["news", { kind: "news", records: [chance(9), chance(4)] }],
];
const decoding = (name: string, link: Uint8Array, expected?: Case["expected"]): Case => ({
  ...{ name, operation: "group.link.decode", given: { link: written(link) } },
  ...(expected !== undefined && { expected }),
});
const typing = encodeGroupLink({ kind: "typing", typing: 1 });

export const groupLinkCases: readonly Case[] = [
  { name: "an op", operation: "group.record-id", given: { record: written(concat(Uint8Array.of(1), chance(40))) } },
  { name: "of two", operation: "group.records.fingerprint", given: { key: drawn(32), ids: [drawn(32), drawn(32)] } },
  { name: "of none", operation: "group.records.fingerprint", given: { key: drawn(32), ids: [] } },
  ...links.map(([name, link]) => decoding(name, encodeGroupLink(link))),
  decoding("a kind of a newer version", Uint8Array.of(0x52, 1, 7), { kind: "newer" }),
  decoding("two kinds", concat(typing, encodeGroupLink({ kind: "mesh", rpc: chance(3) })), refused),
  decoding("a kind and one of a newer version", concat(typing, Uint8Array.of(0x52, 1, 7)), refused),
  decoding("no kind", new Uint8Array(0), refused),
  decoding("a kind that is cut off", encodeGroupLink({ kind: "broken", generation: chance(32) }).slice(0, 20), refused),
];
