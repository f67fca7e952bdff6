/**
 * Promises that no other test would have missed: found by changing the code and seeing every test
 * pass (docs/MUTATION.md).
 */
import assert from "node:assert/strict";
import { limits } from "../../src/base/index.ts";
import { nodeCrypto, wordsToEntropy } from "../../src/crypto/index.ts";
import { open } from "../../src/ratchet/index.ts";
import { messageKey } from "../../src/ratchet/keys.ts";
import {
  type OldChain,
  type Skipped,
  type SkippedKey,
  trimSkipped,
} from "../../src/ratchet/skipped.ts";
import { must, pair } from "../ratchet/support.ts";

const NOW = 1_800_000_000_000;
const OLD = NOW - limits.skippedKeyAge - 1;

const keys = (count: number, at = NOW): SkippedKey[] =>
  Array.from({ length: count }, (_, N) => ({ N, at, mk: messageKey(new Uint8Array(32)) }));
const chain = (list: readonly SkippedKey[]): OldChain =>
  ({ HK: new Uint8Array(32), epoch: 0, end: 5000, skipped: { list, lost: 0 } }) as OldChain;
const skipped = (current: readonly SkippedKey[], ...old: OldChain[]): Skipped => ({
  current: { list: current, lost: 0 },
  old,
});

describe("skipped keys", () => {
  it("are the very same value where none is sent, so that an idle session is not copied", () => {
    for (const all of [
      skipped([]),
      skipped(keys(3)),
      skipped([], chain([])),
      skipped([], chain(keys(2)), chain([])),
      skipped(keys(limits.skippedKeys - 5), chain(keys(5))),
    ])
      assert.equal(trimSkipped(all, NOW), all);
  });

  it("go by age from any one chain, whatever the others hold", () => {
    for (const at of [0, 1, 2]) {
      const old = [0, 1, 2].map((i) => chain(keys(2, i === at ? OLD : NOW)));
      const left = trimSkipped(skipped(keys(2), ...old), NOW);
      assert.deepEqual(
        left.old.map((one) => one.skipped.list.length),
        [0, 1, 2].map((i) => (i === at ? 0 : 2)),
      );
      assert.equal(left.current.list.length, 2);
    }
  });
});

describe("a message whose header would end behind it", () => {
  it("is malformed, before any key is tried", () => {
    const { bob } = pair();
    for (const [length, whole] of [
      [390, 400],
      [390, 18 + 390 + 15],
      [1000, 1018],
    ] as const) {
      const message = new Uint8Array(whole);
      message.set([length >> 8, length & 255]);
      assert.equal(must(open(nodeCrypto(), bob, message, NOW), "refused").why, "malformed");
    }
    const message = new Uint8Array(18 + 390 + 16);
    message.set([390 >> 8, 390 & 255]);
    assert.equal(must(open(nodeCrypto(), bob, message, NOW), "refused").why, "forged");
  });
});

describe("recovery words", () => {
  it("name the place of the first wrong one, the very first too", async () => {
    const words = [...Array(23).fill("abandon"), "art"];
    for (const at of [0, 1, 23])
      await assert.rejects(
        wordsToEntropy(words.with(at, "sotto").join(" ")),
        new RegExp(`Word ${at + 1} is not`),
      );
  });
});
