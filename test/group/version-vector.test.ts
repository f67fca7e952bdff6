import assert from "node:assert/strict";
import fc from "fast-check";
import { concat, u64 } from "../../src/base/index.ts";
import type { MemberId, StreamId } from "../../src/group/ids.ts";
import { groupLimits } from "../../src/group/limits.ts";
import {
  compareHeads,
  differing,
  type SeqRange,
  type StreamHead,
  streamDigests,
} from "../../src/group/version-vector.ts";
import { crypto } from "./people.ts";

const key = new Uint8Array(32).fill(9);
const member = "0a".repeat(16) as MemberId;
const streamOf = (n: number) => n.toString(16).padStart(2, "0").repeat(8) as StreamId;

/** The head of a stream of which these messages are here. */
function headOf(stream: number, seqs: ReadonlySet<number>, hashed = 0): StreamHead {
  const upTo = Math.max(...seqs);
  const missing: SeqRange[] = [];
  for (let seq = 1; seq < upTo; seq++) {
    if (seqs.has(seq)) continue;
    const last = missing.at(-1);
    if (last?.to === seq - 1) missing[missing.length - 1] = { from: last.from, to: seq };
    else missing.push({ from: seq, to: seq });
  }
  const hash = crypto.sha256(concat(u64(stream), u64(upTo), u64(hashed)));
  return { member, stream: streamOf(stream), upTo, hash, missing };
}
const headsOf = (held: ReadonlyMap<number, ReadonlySet<number>>) =>
  [...held].filter(([, seqs]) => seqs.size > 0).map(([stream, seqs]) => headOf(stream, seqs));
const byStream = (heads: readonly StreamHead[]) =>
  new Map(heads.map((head) => [head.stream, head]));

/** At most 16 messages, so at most 8 gaps. */
const holdings = fc.uniqueArray(fc.nat(99), { maxLength: 12 }).chain((streams) =>
  fc
    .array(fc.uniqueArray(fc.integer({ min: 1, max: 16 }), { maxLength: 16 }), {
      minLength: streams.length,
      maxLength: streams.length,
    })
    .map((seqs) => new Map(streams.map((stream, i) => [stream, new Set(seqs[i])]))),
);

describe("group/version-vector", () => {
  it("asks for exactly what the other has and this one lacks", () =>
    fc.assert(
      fc.property(holdings, holdings, (mine, theirs) => {
        const [ours, others] = [headsOf(mine), headsOf(theirs)];
        const [one, other] = [ours, others].map((heads) => streamDigests(crypto, key, heads));
        const sent = differing(other as Uint8Array, one as Uint8Array, others);
        const found = compareHeads(byStream(ours), sent ?? []);
        const asked = new Set<string>();
        for (const { stream, from, to } of found?.wanted ?? [])
          for (let seq = from; seq <= to; seq++) asked.add(`${stream} ${seq}`);
        const lacking = [...theirs].flatMap(([stream, seqs]) =>
          [...seqs]
            .filter((seq) => !mine.get(stream)?.has(seq))
            .map((seq) => `${streamOf(stream)} ${seq}`),
        );
        assert.deepEqual([...asked].sort(), lacking.sort());
        assert.deepEqual(found?.forked, []);
      }),
    ));

  it("has equal digests for equal states in any order, and for no others nor under another key", () => {
    // 1 and 33 share a bucket.
    const heads = [2, 1, 33].map((stream) => headOf(stream, new Set([1, 2, 4])));
    const digests = streamDigests(crypto, key, heads);
    assert.equal(digests.length, 256);
    assert.deepEqual(streamDigests(crypto, key, [...heads].reverse()), digests);
    assert.notDeepEqual(streamDigests(crypto, new Uint8Array(32), heads), digests);
    const changed = [headOf(2, new Set([1, 2, 3, 4])), ...heads.slice(1)];
    const other = streamDigests(crypto, key, changed);
    assert.deepEqual(differing(other, digests, changed), changed.slice(0, 1));
  });

  it("shows a fork of a stream by its hashes", () => {
    const [ours, theirs] = [0, 1].map((hashed) => headOf(7, new Set([1, 2]), hashed));
    assert.deepEqual(compareHeads(byStream([ours as StreamHead]), [theirs as StreamHead]), {
      wanted: [],
      forked: [theirs],
    });
  });

  it("refuses what cannot be, with work that no number in it increases", () => {
    const good = headOf(1, new Set([1, 5]));
    assert.deepEqual(compareHeads(new Map(), [{ ...good, upTo: 0xffffffff }])?.wanted.length, 2);
    const bad: readonly Partial<StreamHead>[] = [
      { upTo: 0 },
      { upTo: 2 ** 32 },
      { upTo: Number.NaN },
      { upTo: 1.5 },
      { hash: new Uint8Array(8) },
      { missing: [{ from: 0, to: 1 }] },
      { missing: [{ from: 3, to: 2 }] },
      { missing: [{ from: 2, to: 5 }] },
      {
        missing: [
          { from: 2, to: 2 },
          { from: 3, to: 3 },
        ],
      },
      {
        missing: [
          { from: 3, to: 3 },
          { from: 1, to: 1 },
        ],
      },
      {
        upTo: 99,
        missing: Array.from({ length: 9 }, (_, i) => ({ from: 2 * i + 1, to: 2 * i + 1 })),
      },
    ];
    for (const change of bad)
      assert.equal(compareHeads(new Map(), [{ ...good, ...change }]), undefined);
    const many = Array.from({ length: groupLimits.streamHeads + 1 }, () => good);
    assert.equal(compareHeads(new Map(), many), undefined);
    assert.equal(differing(new Uint8Array(256), new Uint8Array(255), []), undefined);
  });

  it("does not ask for a stream under the name of another member", () => {
    const ours = headOf(1, new Set([1]));
    const theirs = { ...headOf(1, new Set([1, 2])), member: "0b".repeat(16) as MemberId };
    assert.deepEqual(compareHeads(byStream([ours]), [theirs])?.wanted, []);
  });
});
