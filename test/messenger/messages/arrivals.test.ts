import assert from "node:assert/strict";
import { limits } from "../../../src/base/index.ts";
import {
  type MessageView,
  reconcileAfterRepair,
  reconcileOlderCopy,
  recreatedTables,
} from "../../../src/messenger/index.ts";
import { pairOf } from "../../scenario/acts.ts";
import type { SimNode, World } from "../../scenario/world.ts";

const HOUR = 3_600_000;
const MINUTE = 60_000;

const texts = (page: readonly MessageView[]): string[] => page.map(({ text }) => text);

async function say(world: World, node: SimNode, who: string, text: string): Promise<MessageView> {
  const sent = await node.messenger.send(who, text);
  await world.reaches(node, sent, "delivered");
  return sent;
}

/** Alice talks with Bob and Carol in turns. */
async function three(seed: number) {
  const { world, alice, bob } = await pairOf(seed);
  const carol = await world.node("carol");
  await world.pair(alice, carol);
  for (let n = 1; n <= 3; n++) {
    await say(world, bob, "alice", `b${n}`);
    await say(world, carol, "alice", `c${n}`);
    await say(world, alice, "bob", `a${n}`);
  }
  return { world, alice, bob, carol };
}

const ALL = ["b1", "c1", "a1", "b2", "c2", "a2", "b3", "c3", "a3"];

describe("pages by arrival", () => {
  it("go over all conversations, in both directions, and over one", async () => {
    const { world, alice } = await three(1);
    const { messenger } = alice;
    const { messages: all, moreBefore, moreAfter } = await messenger.arrivals({ limit: 100 });
    assert.deepEqual([texts(all), moreBefore, moreAfter], [ALL, false, false]);
    const numbers = all.flatMap(({ arrival }) => arrival ?? []);
    const [, , third] = numbers;
    assert.ok(third !== undefined);
    const shown = async (options: Omit<Parameters<typeof messenger.arrivals>[0], "limit">) => {
      const page = await messenger.arrivals({ limit: 2, ...options });
      return [texts(page.messages).join(), page.moreBefore, page.moreAfter];
    };
    assert.deepEqual(await shown({}), ["c3,a3", true, false]);
    assert.deepEqual(await shown({ order: "oldest" }), ["b1,c1", false, true]);
    assert.deepEqual(await shown({ after: third }), ["b2,c2", true, true]);
    assert.deepEqual(await shown({ before: third }), ["b1,c1", false, true]);
    assert.deepEqual(await shown({ after: third, order: "newest" }), ["c3,a3", true, false]);
    assert.deepEqual(await shown({ after: third, who: "carol" }), ["c2,c3", true, false]);
    assert.deepEqual(await shown({ before: third, who: "bob" }), ["b1", false, true]);
    assert.deepEqual(await shown({ before: 5 }), ["", false, true]);
    assert.deepEqual(await shown({ after: numbers.at(-1) ?? 0 }), ["", true, false]);
    assert.deepEqual(await shown({ after: 7, before: 7 }), ["", false, true]);
    await world.stop();
  });

  it("insert nothing before a number that was shown, whatever was deleted since", async () => {
    const { world, alice, bob } = await pairOf(2);
    await alice.messenger.setTimer("bob", MINUTE);
    const gone = await say(world, alice, "bob", "expires");
    await world.time.pass(HOUR);
    assert.equal(await alice.messenger.message(gone.id), undefined);
    await alice.messenger.hide((await say(world, alice, "bob", "is removed")).id);
    for (const restart of [false, true]) {
      if (restart) await alice.restart();
      const last = await say(world, bob, "alice", "new");
      const { messages } = await alice.messenger.arrivals({ after: gone.arrival ?? 0, limit: 9 });
      assert.ok(messages.some(({ id }) => id === last.id));
      assert.ok(messages.every(({ text }) => text === "new"));
      // Nothing of what was deleted is left.
      const { messages: all } = await alice.messenger.arrivals({ limit: 100 });
      const rows = alice.store.snapshot().filter(({ table }) => table === "arrival");
      assert.equal(rows.length, all.length);
      await alice.messenger.hide(last.id);
    }
    const before = await alice.messenger.arrivals({ limit: 1 });
    await alice.messenger.remove("bob");
    assert.ok(!alice.store.snapshot().some(({ table }) => table === "arrival"));
    await alice.restart();
    await world.pair(alice, bob);
    const next = await say(world, alice, "bob", "next");
    assert.ok((next.arrival ?? 0) > (before.last ?? 0));
    await world.stop();
  });

  it("keep their numbers in a repair, after which none is given again", async () => {
    const { world, alice, bob } = await three(3);
    const before = await alice.messenger.arrivals({ limit: 100 });
    await alice.stop();
    const lost = alice.store.snapshot().filter(({ table }) => recreatedTables.includes(table));
    assert.ok(lost.some(({ table }) => table === "arrival"));
    await alice.store.commit(lost.map((key) => ({ kind: "delete", key })));
    await reconcileAfterRepair(alice.store);
    await alice.start();
    assert.deepEqual(texts((await alice.messenger.arrivals({ limit: 100 })).messages), ALL);
    assert.equal((await alice.messenger.arrivals({ limit: 100 })).first, before.first);
    const next = await say(world, alice, "bob", "next");
    assert.ok((next.arrival ?? 0) > (before.last ?? 0) + limits.arrivalJump / 2);
    assert.ok(bob.alive);
    await world.stop();
  });

  it("give no number again in an older copy of the store", async () => {
    const { world, alice } = await three(4);
    const copy = alice.store.fork();
    const lost = await say(world, alice, "bob", "after the copy");
    await alice.stop();
    await reconcileOlderCopy(copy);
    await alice.startFrom(copy);
    const next = await say(world, alice, "bob", "next");
    assert.ok((next.arrival ?? 0) > (lost.arrival ?? Number.POSITIVE_INFINITY));
    await world.stop();
  });

  it("in a new store begin above those of every store before it", async () => {
    const { world, alice } = await three(5);
    const { last } = await alice.messenger.arrivals({ limit: 1 });
    await world.time.pass(MINUTE);
    const dave = await world.node("dave");
    await world.pair(alice, dave);
    const first = await say(world, dave, "alice", "first");
    assert.ok((first.arrival ?? 0) > (last ?? Number.POSITIVE_INFINITY));
    await world.stop();
  });
});
