import assert from "node:assert/strict";
import { KeyedMutex, limits } from "../../../src/base/index.ts";
import { type MessageRow, messageKey, putMessage } from "../../../src/messenger/model/message.ts";
import { decodeRow, encodeRow, put } from "../../../src/messenger/model/rows.ts";
import { bucketKey } from "../../../src/messenger/state/index-step.ts";
import { SearchIndex, searchState } from "../../../src/messenger/state/search-index.ts";
import { encodePostings } from "../../../src/search/index.ts";
import { type SimNode, World } from "../../scenario/world.ts";

const found = async (node: SimNode, question: string, options = {}): Promise<string[]> => {
  const { hits } = await node.messenger.search(question, { limit: 50, ...options });
  return hits.map(({ message }) => message.text).sort();
};

describe("messenger/search", () => {
  let world: World;
  let alice: SimNode;
  let bob: SimNode;

  beforeEach(async () => {
    world = new World(5);
    alice = await world.node("alice");
    bob = await world.node("bob");
    await world.pair(alice, bob);
  });
  afterEach(() => world.stop());

  /** Bob writes so many messages, and alice has them all. */
  async function write(count: number, text: (i: number) => string): Promise<void> {
    for (let i = 0; i < count; i += 50)
      await Promise.all(
        Array.from({ length: Math.min(50, count - i) }, (_, k) =>
          bob.messenger.send("alice", text(i + k)),
        ),
      );
    await world.until(
      "alice has them",
      () => alice.shown().length >= count && bob.contact("alice").waiting === 0,
    );
  }

  /** Rows of the index on a disk. */
  const rows = (node: SimNode) => node.store.snapshot().filter(({ table }) => table === "search");

  it("finds what has every word, by the start of one, whatever its case and accents", async () => {
    await write(3, (i) => ["Café at noon", "noon train", "CAFETERIA closed"][i] as string);
    assert.deepEqual(await found(alice, "cafe"), ["CAFETERIA closed", "Café at noon"]);
    assert.deepEqual(await found(alice, "NOON caf"), ["Café at noon"]);
    assert.deepEqual(await found(bob, "train"), ["noon train"]);
    assert.deepEqual(await found(alice, "n"), []);
    assert.deepEqual(await found(alice, "midnight"), []);
  });

  it("finds the same in the index as before it was taken in, and across batches, and after a restart", async () => {
    const count = limits.searchWaiting * 2 + 10;
    await write(count, (i) => `common w${i % 7} n${i}`);
    const expected = Array.from({ length: count }, (_, i) => `common w${i % 7} n${i}`);
    const third = expected.filter((text) => text.includes(" w3 ")).sort();
    assert.deepEqual(await found(alice, "w3", { limit: count }), third);
    assert.ok(rows(alice).length > 0, "something was taken in");
    assert.deepEqual(await found(alice, "common w3", { limit: count }), third);
    assert.deepEqual(await found(alice, "n123"), ["common w4 n123"]);
    await alice.restart();
    assert.deepEqual(await found(alice, "w3", { limit: count }), third);
    assert.deepEqual(await found(alice, "n123"), ["common w4 n123"]);
  });

  it("lists the newest by arrival first, whatever the sender's clock", async () => {
    const DAY = 86_400_000;
    for (const [skew, text] of [
      [0, "order one"],
      [9 * DAY, "order two"],
      [-9 * DAY, "order three"],
    ] as const) {
      bob.skew = skew;
      await world.reaches(bob, await bob.messenger.send("alice", text), "delivered");
      await world.time.pass(60_000);
    }
    bob.skew = 0;
    const order = async () =>
      (await alice.messenger.search("order", { limit: 2 })).hits.map(({ message }) => message.text);
    assert.deepEqual(await order(), ["order three", "order two"]);
    await alice.restart();
    assert.deepEqual(await order(), ["order three", "order two"]);
  });

  it("says that there is more, and gives no more than was asked for", async () => {
    await write(30, (i) => `again ${i}`);
    const page = await alice.messenger.search("again", { limit: 10 });
    assert.equal(page.hits.length, 10);
    assert.equal(page.more, true);
    assert.equal((await alice.messenger.search("again", { limit: 30 })).more, false);
  });

  it("looks at one contact alone where that is asked", async () => {
    const carol = await world.node("carol");
    await world.pair(alice, carol);
    await write(1, () => "parcel from bob");
    await world.reaches(
      carol,
      await carol.messenger.send("alice", "parcel from carol"),
      "delivered",
    );
    const from = alice.contact("bob").account;
    assert.deepEqual(await found(alice, "parcel", { from }), ["parcel from bob"]);
    assert.deepEqual(await found(alice, "parcel"), ["parcel from bob", "parcel from carol"]);
  });

  it("refuses a question without a word, and one with too many", async () => {
    for (const question of ["", "?!", Array.from({ length: 17 }, (_, i) => `w${i}`).join(" ")])
      await assert.rejects(alice.messenger.search(question, { limit: 5 }), {
        code: "search-empty",
      });
  });

  it("finds emoji, and parts of a sentence without spaces, before and after they are indexed", async () => {
    const texts = ["今日は東京タワーに行く👍🏽", "京東で買う", "ok 👍"];
    await write(3, (i) => texts[i] as string);
    const check = async () => {
      assert.deepEqual(await found(alice, "東京タワー"), [texts[0]]);
      assert.deepEqual(await found(alice, "東"), [texts[0], texts[1]].sort());
      assert.deepEqual(await found(alice, "👍"), [texts[0], texts[2]].sort());
      assert.deepEqual(await found(alice, "京東"), [texts[1]]);
    };
    await check();
    assert.equal(rows(alice).length, 0);
    await write(limits.searchWaiting + 3, (i) => `filler ${i}`);
    await world.until("messages are indexed", () => rows(alice).length > 0);
    await check();
  });

  it("rebuilds an index of another version of the terms", async () => {
    await write(limits.searchWaiting + 5, (i) => (i === 0 ? "secret plan" : `filler ${i}`));
    await world.until("messages are indexed", () => rows(alice).length > 0);
    const state = await alice.store.get(searchState);
    assert.ok(state);
    const old = { ...decodeRow<object>(state), terms: "another version" };
    const stray = bucketKey(3, 9);
    await alice.store.commit([
      put(searchState, encodeRow(old)),
      put(stray, encodePostings(new Map([["stray", [{ conversation: 1, at: 1 }]]]))),
    ]);
    await alice.restart();
    assert.deepEqual(await found(alice, "secret"), ["secret plan"]);
    assert.ok(rows(alice).every(({ at }) => at === 1));
  });

  it("forgets what was edited or deleted, wherever the words were", async () => {
    await write(limits.searchWaiting + 5, (i) => (i < 2 ? `secret${i} plan` : `filler ${i}`));
    await world.until("it was taken in", () => rows(alice).length > 0 && rows(bob).length > 0);
    await write(1, () => "secret2 plan");
    const [first, second] = (await bob.messenger.history("alice", { limit: 1000 })).slice(0, 2);
    const last = (await bob.messenger.search("secret2", { limit: 1 })).hits[0]?.message;
    assert.ok(first && second && last);
    await bob.messenger.edit(first.id, "public plan");
    await bob.messenger.delete(second.id);
    await bob.messenger.edit(last.id, "later plan");
    await world.until("both are one", () => bob.contact("alice").waiting === 0);
    for (const node of [alice, bob]) {
      for (const n of [0, 1, 2]) assert.deepEqual(await found(node, `secret${n}`), [], node.name);
      assert.deepEqual(await found(node, "plan"), ["later plan", "public plan"]);
      const all = Buffer.concat(node.store.snapshot().map(({ value }) => value));
      for (const n of [0, 1, 2]) assert.equal(all.indexOf(`secret${n}`), -1, `${node.name} ${n}`);
    }
  });

  it("forgets a contact's words with the contact", async () => {
    await write(limits.searchWaiting + 5, (i) => `secret plan ${i}`);
    await found(alice, "secret");
    assert.ok(rows(alice).length > 0);
    await alice.messenger.remove("bob");
    assert.deepEqual(rows(alice), []);
    assert.deepEqual(await found(alice, "secret"), []);
  });

  it("takes a message's words out, puts those of its new text in, and leaves those of the others", async () => {
    await write(limits.searchWaiting + 5, (i) => `kept word${i}x`);
    await found(alice, "kept");
    const [mark] = await alice.store.all("search-mark");
    const { ref } = decodeRow<{ ref: string }>(mark as Uint8Array);
    const place = async (at: number) => {
      const [message] = await alice.messenger.history("bob", { limit: 1, before: at + 1 });
      assert.ok(message !== undefined);
      return message;
    };
    const index = new SearchIndex({
      store: alice.store,
      owners: { all: () => [] },
      locks: new KeyedMutex<string>(),
      stopping: { now: false },
      breathe: () => Promise.resolve(),
      log: () => undefined,
    });
    const [gone, edited] = [await place(8), await place(9)];
    const changed = [
      { ref, at: 8, text: gone.text },
      { ref, at: 9, text: edited.text, now: "kept otherwise", arrival: edited.arrival ?? 0 },
    ];
    const ops = await index.forget(changed, async (ops) => {
      await alice.store.commit([
        ...ops,
        putMessage(ref, 9, { ...(await rowAt(alice, ref, 9)), text: "kept otherwise" }),
      ]);
      return ops.length;
    });
    assert.ok(ops > 0);
    assert.deepEqual(await found(alice, gone.text), []);
    assert.deepEqual(await found(alice, edited.text), []);
    assert.deepEqual(await found(alice, "otherw"), ["kept otherwise"]);
    assert.equal((await found(alice, "kept", { limit: 1000 })).length, limits.searchWaiting + 4);
  });
});

async function rowAt(node: SimNode, ref: string, at: number): Promise<MessageRow> {
  return decodeRow<MessageRow>((await node.store.get(messageKey(ref, at))) as Uint8Array);
}
