import assert from "node:assert/strict";
import fc from "fast-check";
import { limits } from "../../../src/base/index.ts";
import type { Contact } from "../../../src/messenger/model/contact.ts";
import { decodeRow, drop, encodeRow, put, rowKey } from "../../../src/messenger/model/rows.ts";
import { arrivalsKey, bucketKey, emptyIndex } from "../../../src/messenger/state/index-step.ts";
import { searchState } from "../../../src/messenger/state/search-index.ts";
import type { StoreOp } from "../../../src/ports/index.ts";
import {
  type BatchArrivals,
  bucketOf,
  encodeArrivals,
  encodePostings,
  noteArrival,
  type Posting,
} from "../../../src/search/index.ts";
import { type SimNode, World } from "../../scenario/world.ts";

const WORD = "common";
/** Messages of each of two contacts. */
const EACH = 40;

/** What the index has of a message. */
interface Indexed {
  readonly ref: string;
  readonly at: number;
  readonly arrival: number;
  readonly batch: number;
  readonly text: string;
}

describe("messenger/search, page by page", () => {
  let world: World;
  let alice: SimNode;

  before(async () => {
    world = new World(7);
    alice = await world.node("alice");
    for (const name of ["bob", "carol"]) {
      const node = await world.node(name);
      await world.pair(alice, node);
      await Promise.all(
        Array.from({ length: EACH }, (_, i) =>
          node.messenger.send("alice", i % 3 === 0 ? `rare ${WORD} ${i}` : `${WORD} ${i}`),
        ),
      );
    }
    await world.until("alice has them", () => alice.shown().length === 2 * EACH);
  });
  after(() => world.stop());

  const all = async () => {
    const { messages } = await alice.messenger.arrivals({ limit: 1_000 });
    return messages.reverse();
  };

  /** Every hit, read in pages. */
  async function pages(query: string, limit: number, from?: string): Promise<number[]> {
    const found: number[] = [];
    for (let before: number | undefined; ; ) {
      const which = { ...(from && { from }), ...(before !== undefined && { before }) };
      const { hits, more } = await alice.messenger.search(query, { limit, ...which });
      found.push(...hits.map(({ message }) => message.arrival ?? 0));
      if (!more) return found;
      assert.equal(hits.length, limit);
      before = found.at(-1);
    }
  }

  /** Checks every page size over all conversations and in one. */
  async function check(): Promise<void> {
    const messages = await all();
    const bob = alice.contact("bob").account;
    for (const [query, from] of [
      [WORD],
      [WORD, "bob"],
      ["rare"],
      [`rar ${WORD}`, "bob"],
    ] as const) {
      const expected = messages
        .filter(({ text }) => query === WORD || text.startsWith("rare"))
        .filter(({ contact }) => from === undefined || contact === bob)
        .map(({ arrival }) => arrival);
      for (const limit of [1, 7, 1_000])
        assert.deepEqual(await pages(query, limit, from), expected, `${query} ${from} ${limit}`);
    }
  }

  it("gives each hit once, newest first, while nothing is indexed", () => check());

  it("does so however the messages are spread over the batches of the index", async () => {
    const messages = await all();
    const numbers = new Map<string, number>();
    const refs = new Map<string, string>();
    for (const bytes of await alice.store.all("contact")) {
      const { account, conversation } = decodeRow<Contact>(bytes);
      refs.set(account, conversation.ref);
      numbers.set(account, numbers.size + 1);
    }
    const batches = 3 * limits.searchRows;
    const spread = fc.array(fc.nat(100), { minLength: 2 * EACH, maxLength: 2 * EACH });
    await fc.assert(
      fc.asyncProperty(spread, fc.nat(2 * EACH), async (steps, edits) => {
        // In each conversation later messages are in the same batch or a later one, …
        const at = new Map<string, number>();
        const indexed: Indexed[] = [...messages].reverse().map((message, i) => {
          const { ref: account } = message;
          const step = (steps[i] ?? 0) > 60 ? (steps[i] ?? 0) % 4 : 0;
          const batch = Math.min(batches, (at.get(account) ?? 1) + step);
          at.set(account, batch);
          const ref = refs.get(account) ?? "";
          const { at: place, arrival = 0, text } = message;
          return { ref, at: place, arrival, batch, text };
        });
        // … but for those that were edited since, which are in the last one.
        const edited = indexed.map((one, i) => (i === edits ? { ...one, batch: batches } : one));
        await alice.store.commit(await rowsOf(edited, numbers, refs));
        await alice.restart();
        await check();
      }),
      { numRuns: 6 },
    );
  });

  /** The rows of an index that has these messages. */
  async function rowsOf(
    indexed: readonly Indexed[],
    numbers: ReadonlyMap<string, number>,
    refs: ReadonlyMap<string, string>,
  ): Promise<StoreOp[]> {
    const batches = 3 * limits.searchRows;
    const ops: StoreOp[] = [];
    const newest = Array.from({ length: batches }, () => 0);
    for (const term of [WORD, "rare"])
      for (let batch = 1; batch <= batches; batch++) {
        const postings: Posting[] = [];
        for (const [account, ref] of refs)
          for (const one of indexed) {
            if (one.ref !== ref || one.batch !== batch) continue;
            newest[batch - 1] = Math.max(newest[batch - 1] ?? 0, one.arrival);
            if (one.text.includes(term))
              postings.push({ conversation: numbers.get(account) ?? 0, at: one.at });
          }
        const key = bucketKey(bucketOf(term), batch);
        ops.push(
          postings.length === 0 ? drop(key) : put(key, encodePostings(new Map([[term, postings]]))),
        );
      }
    for (let batch = 1; batch <= batches; batch++) {
      const arrivals: BatchArrivals = new Map();
      for (const [account, ref] of refs)
        for (const one of indexed)
          if (one.ref === ref && one.batch === batch) {
            const posting = { conversation: numbers.get(account) ?? 0, at: one.at };
            noteArrival(arrivals, posting, one.arrival);
          }
      const row = encodeArrivals(arrivals);
      ops.push(row.length === 0 ? drop(arrivalsKey(batch)) : put(arrivalsKey(batch), row));
    }
    for (const [account, ref] of refs) {
      for (const { at } of await alice.store.list("search-part", ref))
        ops.push(drop(rowKey("search-part", ref, at)));
      const mine = indexed.filter((one) => one.ref === ref);
      for (const [i, { at, batch }] of mine.entries())
        if (batch !== mine[i - 1]?.batch)
          ops.push(put(rowKey("search-part", ref, at), encodeRow({ batch })));
      const conversation = numbers.get(account) ?? 0;
      const mark = { ref, conversation, upTo: mine.at(-1)?.at ?? 0, batch: batches };
      ops.push(put(rowKey("search-mark", ref), encodeRow(mark)));
    }
    const state = { ...emptyIndex, batches, newest, conversations: numbers.size };
    return [...ops, put(searchState, encodeRow(state))];
  }
});
