import assert from "node:assert/strict";
import fc from "fast-check";
import { concat, u32 } from "../../src/base/index.ts";
import {
  firstRanges,
  inRecordOrder,
  type RecordId,
  type RecordItem,
  reconcile,
  recordId,
  recordsFingerprint,
  remainder,
} from "../../src/group/range-reconciliation.ts";
import { encodeGroupLink, linkLists, type ReconcileRange } from "../../src/wire/index.ts";
import { crypto } from "./people.ts";

const key = new Uint8Array(32).fill(7);
/** Records of a page, as if each had 3 KiB. */
const PAGE = 20;

/** The record of a number; several have one depth, and many have none. */
function record(number: number, depth = number % 3 === 0 ? 0 : number >> 2): RecordItem {
  return { depth, id: recordId.from(crypto.sha256(u32(number))) };
}
const sorted = (items: Iterable<RecordItem>) => [...items].sort(inRecordOrder);
const setOf = (numbers: Iterable<number>) => sorted([...numbers].map((n) => record(n)));
const bytesOf = (ranges: readonly ReconcileRange[]) =>
  encodeGroupLink({
    kind: "request",
    ranges: [],
    reconcile: ranges,
    pages: [],
    keys: [],
    records: [],
  }).length;

interface Sync {
  readonly ours: RecordItem[];
  readonly theirs: RecordItem[];
  readonly rounds: number;
  readonly bytes: number;
}

/** One member asks another until nothing is left to compare; then the lists are asked for, too. */
function synchronise(ours: RecordItem[], theirs: RecordItem[], most = 400): Sync {
  let [rounds, bytes] = [0, 0];
  const questions = { ours: [] as (readonly ReconcileRange[])[], theirs: [] as (typeof ours)[] };
  const known = new Map([...ours, ...theirs].map((item) => [item.id, item]));
  const add = (items: RecordItem[], ids: readonly RecordId[]) =>
    sorted(new Set([...items, ...ids.map((id) => known.get(id) as RecordItem)]));
  questions.ours.push(firstRanges(crypto, key, ours));
  /** What the other member lists in each answer, and asks about on its own. */
  const listed: (readonly ReconcileRange[])[] = [];
  const ask = (mine: boolean, question: readonly ReconcileRange[]): readonly ReconcileRange[] => {
    const answering = mine ? theirs : ours;
    const asked = reconcile(crypto, key, answering, question);
    assert.ok(asked);
    if (mine) listed.push(asked.ranges.filter(({ ids }) => ids !== undefined));
    let room = PAGE;
    const rest: ReconcileRange[] = [];
    let given: RecordId[] = [];
    for (const gift of asked.gifts) {
      const taken = gift.records.slice(0, room).map(({ id }) => id);
      room -= taken.length;
      given = [...given, ...taken];
      const left = remainder(crypto, key, answering, gift, taken.length);
      if (left) rest.push(left);
    }
    const reply = sortedRanges([...asked.ranges, ...rest]);
    bytes += bytesOf(question) + bytesOf(reply.slice(0, linkLists.reconcile));
    rounds++;
    if (mine) {
      theirs = add(theirs, asked.wanted);
      ours = add(ours, given);
    } else {
      ours = add(ours, asked.wanted);
      theirs = add(theirs, given);
    }
    const next = reconcile(crypto, key, mine ? ours : theirs, reply.slice(0, linkLists.reconcile));
    assert.ok(next);
    if (mine) ours = add(ours, next.wanted);
    else theirs = add(theirs, next.wanted);
    return next.ranges;
  };
  let question = firstRanges(crypto, key, ours);
  while (question.length > 0 && rounds < most) question = ask(true, question);
  for (const list of listed) {
    question = list;
    while (question.length > 0 && rounds < most) question = ask(false, question);
  }
  return { ours, theirs, rounds, bytes };
}

function sortedRanges(ranges: readonly ReconcileRange[]): readonly ReconcileRange[] {
  const text = ({ lower }: ReconcileRange) => Buffer.from(lower.id).toString("hex");
  return [...ranges].sort((a, b) => a.lower.depth - b.lower.depth || (text(a) < text(b) ? -1 : 1));
}

describe("group/range-reconciliation", () => {
  const numbers = fc.uniqueArray(fc.nat(3_000), { maxLength: 400 });

  it("makes two arbitrary sets equal, in few rounds", () =>
    fc.assert(
      fc.property(numbers, numbers, numbers, (common, mine, other) => {
        const [ours, theirs] = [
          setOf(new Set([...common, ...mine])),
          setOf(new Set([...common, ...other])),
        ];
        const all = setOf(new Set([...common, ...mine, ...other]));
        const { ours: a, theirs: b, rounds } = synchronise(ours, theirs);
        assert.deepEqual(a, all);
        assert.deepEqual(b, all);
        assert.ok(rounds <= 12 + all.length / PAGE, `${rounds} rounds`);
      }),
      { numRuns: 25 },
    ));

  it("compares equal sets of 10,000 records in one round, and one that lacks 10 in few bytes", () => {
    const all = setOf(Array.from({ length: 10_000 }, (_, i) => i));
    const same = synchronise(all, all);
    assert.equal(same.rounds, 1);
    const lacking = all.filter((_, i) => i % 1_000 !== 500);
    const { ours, rounds, bytes } = synchronise(lacking, all);
    assert.deepEqual(ours, all);
    assert.ok(rounds <= 5, `${rounds} rounds`);
    assert.ok(bytes < 16 * 1024, `${bytes} bytes`);
  });

  it("splits no more ranges than a message has, and goes on with the rest as one", () => {
    const theirs = setOf(Array.from({ length: 9_000 }, (_, i) => i));
    const ours = theirs.filter((_, i) => i % 2 === 0);
    let ranges = firstRanges(crypto, key, ours);
    for (let i = 0; i < 3; i++) {
      const found = reconcile(crypto, key, i % 2 === 0 ? theirs : ours, ranges);
      assert.ok(found && found.ranges.length <= linkLists.reconcile);
      assert.ok(bytesOf(found.ranges) <= 33 * 1024);
      ranges = found.ranges;
    }
    assert.equal(ranges.at(-1)?.upper, undefined);
  });

  it("refuses ranges that overlap, descend or are empty", () => {
    const items = setOf([1, 2, 3]);
    const id = (...bytes: number[]) => Uint8Array.of(...bytes);
    const at = (depth: number, ...bytes: number[]) => ({ depth, id: id(...bytes) });
    const fingerprint = new Uint8Array(16);
    const refused = [
      [{ lower: at(2), upper: at(1), fingerprint }],
      [{ lower: at(1), upper: at(1), fingerprint }],
      [{ lower: at(1, 5), upper: at(1, 4, 9), fingerprint }],
      [
        { lower: at(0), fingerprint },
        { lower: at(3), fingerprint },
      ],
      [
        { lower: at(0), upper: at(3), fingerprint },
        { lower: at(2), fingerprint },
      ],
    ];
    for (const ranges of refused) assert.equal(reconcile(crypto, key, items, ranges), undefined);
    const touching = [
      { lower: at(0), upper: at(3), fingerprint },
      { lower: at(3), fingerprint },
    ];
    assert.ok(reconcile(crypto, key, items, touching));
  });

  it("has a fingerprint for each key and for each set", () => {
    const items = setOf([1, 2, 3]);
    const one = recordsFingerprint(crypto, key, items);
    assert.equal(one.length, 16);
    assert.notDeepEqual(recordsFingerprint(crypto, new Uint8Array(32), items), one);
    assert.notDeepEqual(recordsFingerprint(crypto, key, items.slice(1)), one);
  });

  it("asks for what a list names and gives what it does not", () => {
    const items = setOf([1, 2, 3]);
    const named = [items[0] as RecordItem, record(9)];
    const ids = concat(...named.map(({ id }) => recordId.bytes(id)));
    const range = { lower: { depth: 0, id: new Uint8Array(0) }, ids };
    const found = reconcile(crypto, key, items, [range]);
    assert.deepEqual(found?.wanted, [record(9).id]);
    const [gift] = found?.gifts ?? [];
    assert.ok(gift);
    assert.deepEqual(gift.records, items.slice(1));
    const rest = remainder(crypto, key, items, gift, 1);
    const after = items.slice(2);
    assert.deepEqual(rest?.fingerprint, recordsFingerprint(crypto, key, after));
    assert.equal(remainder(crypto, key, items, gift, 2), undefined);
  });
});
