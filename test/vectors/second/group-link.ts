/** SPEC §13 (comparing records) and WIRE §9 (group link), read aloud. Messages of more than 64 fields are not among the vectors. */
import { bytes, type Fields, type Json, list, spelled, written } from "../notation.ts";
import { parse } from "./formats.ts";
import { hmac, label, sha256, u64 } from "./primitives.ts";

const NO_REASON = { refused: true };

/** How a field is read, and how often it must and may be there. */
interface Row {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  readonly type: 0 | 2;
  readonly read: (value: Uint8Array, count: bigint) => Json | undefined;
  readonly list?: boolean;
}
type Rows = Readonly<Record<number, Row>>;

const blob = (name: string, least: number, most = least, step = 1): Row => ({
  ...{ name, least: 1, most: 1, type: 2 },
  read: (value) => (value.length >= least && value.length <= most && value.length % step === 0 ? written(value) : undefined),
});
const count = (name: string, least = 0n, most = 2n ** 53n - 1n): Row => ({
  ...{ name, least: 1, most: 1, type: 0 },
  read: (_, value) => (value >= least && value <= most ? Number(value) : undefined),
});
const seq = (name: string) => count(name, 1n, 2n ** 32n - 1n);
const inside = (name: string, rows: Rows, holds: (said: Fields) => boolean = () => true): Row => ({
  ...{ name, least: 1, most: 1, type: 2 },
  read: (value) => {
    const said = table(value, rows);
    return said && holds(said) ? said : undefined;
  },
});
const absent = (row: Row): Row => ({ ...row, least: 0 });
const up = (most: number, row: Row): Row => ({ ...row, least: 0, most, list: true });

function table(from: Uint8Array, rows: Rows): Fields | undefined {
  const found = parse(from);
  if (found === undefined) return undefined;
  const said: [string, Json][] = [];
  for (const [number, row] of Object.entries(rows)) {
    const here = found.filter((field) => field.number === Number(number));
    if (here.length < row.least || here.length > row.most || here.some(({ type }) => type !== row.type)) return undefined;
    const values = here.map(({ value, count }) => row.read(value, count));
    if (values.includes(undefined)) return undefined;
    if (row.list) said.push([row.name, values as Json[]]);
    else if (values.length > 0) said.push([row.name, values[0] as Json]);
  }
  return Object.fromEntries(said.sort(([a], [b]) => (a < b ? -1 : 1)));
}

const hash = (name: string) => blob(name, 32);
const RANGE = inside("", { 1: blob("member", 16), 2: blob("stream", 8), 3: seq("from"), 4: seq("to") }, ({ from, to }) => Number(from) <= Number(to));
const BOUND = { 1: count("depth"), 2: blob("id", 0, 32) };
const RECORDS = inside(
  "",
  { 1: inside("lower", BOUND), 2: absent(inside("upper", BOUND)), 3: absent(blob("fingerprint", 16)), 4: absent(blob("ids", 0, 512, 32)) },
  (said) => "fingerprint" in said !== "ids" in said,
);
const HEAD = inside(
  "",
  { 1: blob("member", 16), 2: blob("stream", 8), 3: seq("upTo"), 4: hash("hash"), 5: up(16, seq("missing")) },
  ({ missing }) => (missing as Json[]).length % 2 === 0,
);
const KEY = inside("", { 1: hash("message"), 2: blob("mk", 32) });
const PEER = inside("", { 1: blob("member", 16), 2: up(8, blob("addresses", 1, 256)) });
const some = (most: number, name: string, row: Row): Row => up(most, { ...row, name });

const KINDS: readonly (readonly [string, Rows])[] = [
  ["state", { 1: blob("digests", 256), 2: blob("records", 16), 3: absent(blob("generation", 16)), 4: up(16, hash("frontier")), 5: count("lamport") }],
  ["heads", { 1: some(256, "heads", HEAD) }],
  ["request", { 1: some(64, "ranges", RANGE), 2: some(256, "reconcile", RECORDS), 3: up(1, hash("pages")), 4: up(256, hash("keys")), 5: up(512, hash("records")) }],
  ["response", { 1: up(512, blob("messages", 1, 69_632)), 2: up(512, blob("records", 2, 73_728)), 3: some(256, "reconcile", RECORDS), 4: up(1, blob("pages", 1, 73_728)), 5: some(256, "keys", KEY), 6: some(64, "withheld", RANGE) }],
  ["mesh", { 1: blob("rpc", 1, 16_384) }],
  ["peers", { 1: some(64, "peers", PEER) }],
  ["typing", { 1: count("typing", 0n, 1n) }],
  ["broken", { 1: hash("generation") }],
  ["news", { 1: up(64, blob("records", 2, 73_728)) }],
];

export const groupLink: Readonly<Record<string, (given: Fields) => Json>> = {
  "group.record-id": (given) => ({ id: written(sha256(Buffer.concat([label("group record id"), bytes(given, "record")]))) }),
  "group.records.fingerprint": (given) => {
    const ids = list(given, "ids").map((id) => spelled(String(id)));
    const of = Buffer.concat([label("group records fingerprint"), u64(ids.length), ...ids]);
    return { fingerprint: written(hmac(bytes(given, "key"), of).subarray(0, 16)) };
  },
  "group.link.decode": (given) => {
    const [one, ...others] = parse(bytes(given, "link")) ?? [];
    if (one === undefined || others.length > 0) return NO_REASON;
    const known = KINDS[one.number - 1];
    if (known === undefined) return { kind: "newer" };
    const said = one.type === 2 ? table(one.value, known[1]) : undefined;
    return said ? { ...said, kind: known[0] } : NO_REASON;
  },
};
