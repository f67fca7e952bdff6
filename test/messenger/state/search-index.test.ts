import assert from "node:assert/strict";
import { KeyedMutex, limits, messageId } from "../../../src/base/index.ts";
import { nobleCrypto } from "../../../src/crypto/index.ts";
import { type MessageRow, putMessage } from "../../../src/messenger/model/message.ts";
import { arrivalsKey } from "../../../src/messenger/state/index-step.ts";
import { SearchIndex } from "../../../src/messenger/state/search-index.ts";
import type { RowKey, StoreOp } from "../../../src/ports/index.ts";
import { decodePostings, termsOf } from "../../../src/search/index.ts";
import { memoryStore } from "../../../src/store/index.ts";

const REF = "conversation";

/** A text of words that occur in no other message. */
const rareText = (message: number, words: number): string =>
  Array.from({ length: words }, (_, i) => `${((i * 7919) % 17_576).toString(36)}m${message}`).join(
    " ",
  );

class Scene {
  readonly store = memoryStore();
  /** Rows that each commit wrote. */
  readonly commits: number[] = [];
  readonly rowsRead: RowKey[] = [];
  breaths = 0;
  #nextAt = 1;
  readonly index: SearchIndex;

  constructor() {
    const watched = new Proxy(this.store, {
      get: (store, name) => {
        if (name === "commit")
          return (ops: readonly StoreOp[]) => {
            this.commits.push(ops.length);
            return store.commit(ops);
          };
        if (name === "get")
          return (key: RowKey) => {
            if (key.table === "search") this.rowsRead.push(key);
            return store.get(key);
          };
        const value: unknown = Reflect.get(store, name);
        return typeof value === "function" ? value.bind(store) : value;
      },
    });
    const peer = () => ({
      kind: "contact",
      contact: { conversation: { ref: REF, nextAt: this.#nextAt } },
    });
    this.index = new SearchIndex({
      store: watched,
      owners: { all: () => [peer() as never] },
      locks: new KeyedMutex<string>(),
      stopping: { now: false },
      log: () => undefined,
      breathe: async () => {
        this.breaths += 1;
      },
    });
  }

  async write(texts: readonly string[]): Promise<void> {
    for (const text of texts) {
      const row: MessageRow = {
        id: messageId.from(nobleCrypto().random(16)),
        direction: "in",
        text,
        state: "received",
        sequence: this.#nextAt,
        lamport: this.#nextAt,
        parents: [],
        sentAt: 0,
      };
      await this.store.commit([putMessage(REF, this.#nextAt, row)]);
      this.#nextAt += 1;
    }
    for (const text of texts) this.index.stored(text);
    await this.index.takeIn();
  }

  /** Every posting of the index, by term: the positions, in order. */
  postings(): Map<string, number[]> {
    const found = new Map<string, number[]>();
    for (const { table, of, value } of this.store.snapshot())
      if (table === "search" && of !== arrivalsKey(0).of)
        for (const [term, postings] of decodePostings(value))
          found.set(term, [...(found.get(term) ?? []), ...postings.map(({ at }) => at)]);
    for (const places of found.values()) places.sort((a, b) => a - b);
    return found;
  }
}

describe("messenger/search index", () => {
  it("indexes long texts of rare words in small steps that let other work run", async () => {
    const scene = new Scene();
    const texts = Array.from({ length: 60 }, (_, i) => rareText(i, 10_000));
    await scene.write(texts);
    const length = texts.reduce((sum, text) => sum + text.length, 0);
    const indexed = length - limits.searchWaitingLength;
    assert.ok(scene.breaths >= indexed / (64 * 1024), `${scene.breaths} breaths`);
    assert.ok(scene.commits.length >= indexed / limits.searchStepLength / 2, "few steps");
    assert.ok(scene.index.batches > 1, "a batch is full by its postings");
  });

  it("indexes the first terms of a text up to the limit", async () => {
    const scene = new Scene();
    await scene.write([...Array(20)].map((_, i) => rareText(i, 12_000)));
    const byMessage = new Map<number, number>();
    for (const places of scene.postings().values())
      for (const at of places) byMessage.set(at, (byMessage.get(at) ?? 0) + 1);
    assert.ok(termsOf(rareText(0, 12_000)).size > limits.messageTerms);
    assert.equal(Math.max(...byMessage.values()), limits.messageTerms);
  });

  it("reads only the rows of a message's own terms for an edit, however large the index is", async () => {
    const scene = new Scene();
    await scene.write(Array.from({ length: 80 }, (_, i) => `start${i} ${rareText(i, 3_000)}`));
    await scene.write(Array.from({ length: 300 }, (_, i) => `short${i} note`));
    assert.ok(scene.index.batches >= 3);
    const at = 82;
    scene.rowsRead.length = 0;
    const edit = { ref: REF, at, text: "short1 note", now: "another short1 sentence" };
    await scene.index.forget([edit], (ops) => scene.store.commit(ops));
    assert.ok(scene.rowsRead.length <= 7, `${scene.rowsRead.length} rows`);
    const found = scene.postings();
    assert.deepEqual(found.get("another"), [at]);
    assert.deepEqual(found.get("short1"), [at]);
    assert.ok(!found.get("note")?.includes(at));
    assert.ok(found.get("note")?.includes(at + 1));
  });

  it("moves an edited message to the newest batch, and finds it there for the next edit", async () => {
    const scene = new Scene();
    await scene.write(Array.from({ length: 80 }, (_, i) => `start${i} ${rareText(i, 3_000)}`));
    let text = `start3 ${rareText(3, 3_000)}`;
    for (const now of ["first words", "second words", rareText(777, 2_000), "third words"]) {
      await scene.index.forget([{ ref: REF, at: 4, text, now }], (ops) => scene.store.commit(ops));
      text = now;
    }
    const found = scene.postings();
    const terms = [...found].filter(([, places]) => places.includes(4)).map(([term]) => term);
    assert.deepEqual(terms.toSorted(), ["third", "words"]);
    // The messages next to it are where they were.
    for (const at of [3, 5]) {
      const neighbour = `start${at - 1} ${rareText(at - 1, 3_000)}`;
      await scene.index.forget([{ ref: REF, at, text: neighbour }], (ops) =>
        scene.store.commit(ops),
      );
    }
    const left = new Set([...scene.postings().values()].flat());
    assert.ok(!left.has(3) && left.has(4) && !left.has(5) && left.has(6));
  });

  it("keeps batches bounded when short messages are edited into long ones", async () => {
    const scene = new Scene();
    await scene.write(Array.from({ length: 400 }, (_, i) => `short${i}`));
    for (let at = 1; at <= 100; at++)
      await scene.index.forget(
        [{ ref: REF, at, text: `short${at - 1}`, now: rareText(at, 2_000) }],
        (ops) => scene.store.commit(ops),
      );
    const sizes = new Map<number, number>();
    for (const { table, of, at, value } of scene.store.snapshot())
      if (table === "search" && of !== arrivalsKey(0).of)
        for (const postings of decodePostings(value).values())
          sizes.set(at, (sizes.get(at) ?? 0) + postings.length);
    assert.ok(Math.max(...sizes.values()) <= limits.searchPostings + limits.messageTerms);
  });

  it("forgets a conversation with every part of it", async () => {
    const scene = new Scene();
    await scene.write(Array.from({ length: 100 }, (_, i) => rareText(i, 2_000)));
    await scene.index.forgetAll(REF, (ops) => scene.store.commit(ops));
    const left = scene.store.snapshot().filter(({ table }) => table.startsWith("search"));
    assert.deepEqual(left, []);
  });
});
