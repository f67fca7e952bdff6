import assert from "node:assert/strict";
import * as fc from "fast-check";
import { limits, toHex, utf8 } from "../../src/base/index.ts";
import {
  changedRows,
  encodeSession,
  open,
  type Session,
  seal,
  sessionOfRows,
} from "../../src/ratchet/index.ts";
import { node, opens, pair, pass, sealMany } from "./support.ts";

const hex = (session: Session | undefined) => session && toHex(encodeSession(session));

/** The rows of one session in a store. */
class Rows {
  readonly rows = new Map<number, Uint8Array>();
  /** Bytes that the last commit wrote. */
  written = 0;
  #session: Session | undefined;

  commit(session: Session | undefined): void {
    const { written, deleted } = changedRows(this.#session, session);
    this.#session = session;
    this.written = 0;
    for (const at of deleted) this.rows.delete(at);
    for (const { at, value } of written) {
      assert.ok(!deleted.includes(at));
      this.rows.set(at, Uint8Array.from(value));
      this.written += value.length;
    }
  }

  list() {
    return [...this.rows].map(([at, value]) => ({ at, value }));
  }

  read(): Session | undefined {
    return sessionOfRows(this.list());
  }
}

/** Bob has 2,000 skipped keys, the most there can be, in two gaps. */
function skipping() {
  const { alice, bob } = pair();
  const skip = limits.skipPerMessage;
  const { messages, next } = sealMany(node, alice, 2 * skip + 2);
  const rows = new Rows();
  let at = opens(node, bob, messages[skip]).next;
  rows.commit(at);
  at = opens(node, at, messages[2 * skip + 1]).next;
  rows.commit(at);
  return { alice: next, bob: at, messages, rows };
}

describe("a session as rows", () => {
  it("writes a small row for a message, however many skipped keys are kept", () => {
    const { alice, bob, rows } = skipping();
    assert.equal(rows.rows.size, 1 + 2 * Math.ceil(limits.skipPerMessage / limits.skippedBlock));
    const { message, next } = seal(node, alice, utf8("next"));
    const after = opens(node, bob, message).next;
    rows.commit(after);
    assert.ok(rows.written < 600, `${rows.written} bytes`);
    rows.commit(seal(node, after, utf8("answer")).next);
    assert.ok(rows.written < 600, `${rows.written} bytes`);
    assert.ok(next !== alice);
  });

  it("rewrites one block when a skipped key is used, and deletes it with its last key", () => {
    const { bob, messages, rows } = skipping();
    const blocks = rows.rows.size;
    let at = bob;
    for (let i = 0; i < limits.skippedBlock; i++) {
      at = opens(node, at, messages[i]).next;
      rows.commit(at);
      assert.ok(rows.written < 600 + 44 * limits.skippedBlock, `${rows.written} bytes`);
      assert.equal(hex(rows.read()), hex(at));
    }
    assert.equal(rows.rows.size, blocks - 1);
  });

  it("keeps no row of keys that were dropped by number, by age or with their chain", () => {
    const { alice, bob, rows } = skipping();
    const aged = seal(node, alice, utf8("later"));
    const at = opens(node, bob, aged.message, limits.skippedKeyAge + 1).next;
    const old = new Rows();
    old.commit(bob);
    old.commit(at);
    assert.equal(old.rows.size, 1);

    let [theirs, ours] = [aged.next, opens(node, bob, aged.message).next];
    for (let turn = 0; turn <= limits.oldChains; turn++) {
      const back = pass(node, ours, theirs);
      const there = pass(node, back.to, back.from);
      [theirs, ours] = [there.from, there.to];
      rows.commit(ours);
      assert.ok(rows.written < 1_000, `${rows.written} bytes`);
      assert.equal(hex(rows.read()), hex(ours));
    }
    assert.equal(rows.rows.size, 1);
  });

  it("leaves nothing of a session that is dropped, its skipped keys included", () => {
    const { rows } = skipping();
    rows.commit(undefined);
    assert.equal(rows.rows.size, 0);
  });

  it("is read as it was after any steps between two commits", () => {
    const step = fc.record({
      gap: fc.integer({ min: 0, max: 40 }),
      late: fc.boolean(),
      turn: fc.boolean(),
      commit: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let { alice, bob } = pair();
        const rows = new Rows();
        const waiting: Uint8Array[] = [];
        for (const { gap, late, turn, commit } of steps) {
          const sealed = sealMany(node, alice, gap + 1);
          alice = sealed.next;
          waiting.push(...sealed.messages.slice(0, -1));
          bob = opens(node, bob, sealed.messages.at(-1)).next;
          const one = late ? waiting.shift() : undefined;
          const opened = one && open(node, bob, one, 0);
          if (opened?.kind === "opened") bob = opened.next;
          if (turn) ({ from: bob, to: alice } = pass(node, bob, alice));
          if (commit) rows.commit(bob);
        }
        rows.commit(bob);
        assert.equal(hex(rows.read()), hex(bob));
      }),
      { numRuns: 30 },
    );
  });

  it("is refused without its first row, and with a block that is not its own", () => {
    const { rows } = skipping();
    const all = rows.list();
    const blocks = all.filter(({ at }) => at > 0);
    const [first, second] = blocks;
    assert.ok(first && second);
    assert.equal(sessionOfRows([]), undefined);
    assert.equal(sessionOfRows(blocks), undefined);
    const others = all.filter(({ at }) => at !== first.at);
    for (const block of [
      { at: first.at, value: second.value },
      { at: first.at, value: new Uint8Array(0) },
      { at: first.at, value: first.value.subarray(1) },
      { at: first.at + 2 ** 28, value: first.value },
    ])
      assert.equal(sessionOfRows([...others, block]), undefined);
    // In order, but found where no later step would look for it.
    const last = blocks.at(-1);
    assert.ok(last);
    const moved = all.map((row) => (row === last ? { ...last, at: last.at + 1 } : row));
    assert.equal(sessionOfRows(moved), undefined);
    assert.equal(hex(sessionOfRows([...others.toReversed(), first])), hex(rows.read()));
  });
});
