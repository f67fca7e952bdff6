import assert from "node:assert/strict";
import type { MessageView } from "../../../src/messenger/index.ts";
import { reconcileAfterRepair, recreatedTables } from "../../../src/messenger/index.ts";
import { pairOf } from "../../scenario/acts.ts";
import { readPages } from "../../scenario/laws-order.ts";
import type { SimNode, World } from "../../scenario/world.ts";

const HOUR = 3_600_000;
const MINUTE = 60_000;

const texts = (page: readonly MessageView[]): string[] => page.map(({ text }) => text);

/** The text of every message, in the order of the conversation. */
const shown = async (node: SimNode, who: string): Promise<string[]> =>
  texts((await node.messenger.page(who, { limit: 1000 })).messages);

async function delivered(world: World, alice: SimNode, bob: SimNode): Promise<void> {
  const waiting = () => alice.contact("bob").waiting + bob.contact("alice").waiting;
  await world.until("all is delivered", () => waiting() === 0, HOUR);
}

/** Both write at the same time, before either has what the other wrote. */
async function crossed(seed: number) {
  const { world, alice, bob } = await pairOf(seed);
  await world.reaches(alice, await alice.messenger.send("bob", "first"), "delivered");
  alice.host.group = 1;
  for (let n = 1; n <= 3; n++) await alice.messenger.send("bob", `a${n}`);
  for (let n = 1; n <= 3; n++) await bob.messenger.send("alice", `b${n}`);
  bob.host.cutAll();
  alice.host.group = 0;
  await delivered(world, alice, bob);
  return { world, alice, bob };
}

describe("pages of a conversation", () => {
  it("insert late messages where they belong, in one order on both sides", async () => {
    const { world, alice, bob } = await crossed(1);
    const order = await shown(alice, "bob");
    assert.deepEqual(await shown(bob, "alice"), order);
    // By arrival, all of one side comes first.
    assert.deepEqual(texts(await alice.messenger.history("bob", { limit: 9 })).slice(1, 4), [
      "a1",
      "a2",
      "a3",
    ]);
    for (const n of [1, 2, 3])
      assert.deepEqual(order.slice(2 * n - 1, 2 * n + 1).toSorted(), [`a${n}`, `b${n}`]);
    const { messages } = await alice.messenger.page("bob", { limit: 9 });
    assert.ok(messages.some(({ late }) => late));
    await world.stop();
  });

  it("are the same from both ends, for every size", async () => {
    const { world, alice } = await crossed(2);
    const order = await shown(alice, "bob");
    for (const limit of [1, 2, 3, 7, 20])
      for (const end of ["newest", "oldest"] as const)
        assert.deepEqual(texts(await readPages(alice, "bob", end, limit)), order);
    await world.stop();
  });

  it("say on both sides whether there is more", async () => {
    const { world, alice } = await crossed(3);
    const { messenger } = alice;
    const { messages: all } = await messenger.page("bob", { limit: 100 });
    const cut = async (from: number, to: number, order: "newest" | "oldest", limit = 100) => {
      const cursors = {
        ...(all[from - 1] && { after: all[from - 1]?.position as string }),
        ...(all[to] && { before: all[to]?.position as string }),
      };
      const page = await messenger.page("bob", { order, limit, ...cursors });
      return [texts(page.messages), page.moreBefore, page.moreAfter];
    };
    assert.deepEqual(await cut(0, 7, "newest"), [texts(all), false, false]);
    assert.deepEqual(await cut(0, 7, "newest", 2), [texts(all.slice(5)), true, false]);
    assert.deepEqual(await cut(0, 7, "oldest", 2), [texts(all.slice(0, 2)), false, true]);
    assert.deepEqual(await cut(2, 5, "oldest"), [texts(all.slice(2, 5)), true, true]);
    assert.deepEqual(await cut(2, 5, "newest", 1), [texts(all.slice(4, 5)), true, true]);
    assert.deepEqual(await cut(2, 5, "oldest", 1), [texts(all.slice(2, 3)), true, true]);
    assert.deepEqual(await cut(3, 3, "oldest"), [[], true, true]);
    assert.deepEqual(await cut(7, 7, "newest"), [[], true, false]);
    await world.stop();
  });

  it("go around a message", async () => {
    const { world, alice } = await crossed(4);
    const { messages: all } = await alice.messenger.page("bob", { limit: 100 });
    for (const [at, { id }] of all.entries()) {
      const page = await alice.messenger.page("bob", { around: id, limit: 4 });
      assert.deepEqual(texts(page.messages), texts(all.slice(Math.max(0, at - 1), at + 3)));
      assert.deepEqual([page.moreBefore, page.moreAfter], [at > 1, at < 4]);
    }
    const unknown = { around: "a".repeat(26) as MessageView["id"], limit: 4 };
    await assert.rejects(alice.messenger.page("bob", unknown), { code: "message-unknown" });
    await world.stop();
  });

  it("refuse what is no cursor", async () => {
    const { world, alice } = await crossed(5);
    for (const before of ["", "1", "00000000000001.", `${"f".repeat(14)}.~${"0".repeat(14)}`])
      await assert.rejects(alice.messenger.page("bob", { before, limit: 1 }), {
        code: "cursor-unknown",
      });
    await world.stop();
  });

  it("show what waits last, and what was cancelled where it was written", async () => {
    const { world, alice, bob } = await pairOf(6);
    await world.reaches(alice, await alice.messenger.send("bob", "first"), "delivered");
    await bob.stop();
    await world.time.pass(HOUR);
    const taken = await alice.messenger.send("bob", "taken back");
    await alice.messenger.send("bob", "waits");
    const cancelled = await alice.messenger.cancel(taken.id);
    assert.notEqual(cancelled.position, taken.position);
    assert.deepEqual(await shown(alice, "bob"), ["first", "taken back", "waits"]);
    await bob.start();
    await delivered(world, alice, bob);
    await world.reaches(bob, await bob.messenger.send("alice", "answer"), "delivered");
    assert.deepEqual(await shown(alice, "bob"), ["first", "taken back", "waits", "answer"]);
    assert.equal((await alice.messenger.message(taken.id))?.position, cancelled.position);
    await world.stop();
  });

  it("leave out what was removed here, and what has expired", async () => {
    const { world, alice, bob } = await pairOf(7);
    await alice.messenger.setTimer("bob", MINUTE);
    const first = await alice.messenger.send("bob", "expires");
    await world.reaches(alice, first, "delivered");
    await alice.messenger.setTimer("bob", 0);
    const second = await alice.messenger.send("bob", "is removed");
    await world.reaches(alice, second, "delivered");
    await world.reaches(alice, await alice.messenger.send("bob", "stays"), "delivered");
    await alice.messenger.hide(second.id);
    await world.time.pass(HOUR);
    const { messages } = await alice.messenger.page("bob", { limit: 100 });
    assert.deepEqual(
      messages.filter(({ notice }) => notice === undefined).map(({ text }) => text),
      ["stays"],
    );
    const rows = alice.store.snapshot().filter(({ table }) => table === "order");
    assert.equal(rows.length, messages.length);
    await alice.messenger.remove("bob");
    assert.ok(!alice.store.snapshot().some(({ table }) => table === "order"));
    assert.ok(bob.alive);
    await world.stop();
  });

  it("come back with a repair of the store", async () => {
    const { world, alice } = await crossed(8);
    const before = await shown(alice, "bob");
    await alice.stop();
    const lost = alice.store.snapshot().filter(({ table }) => recreatedTables.includes(table));
    assert.ok(lost.some(({ table }) => table === "order"));
    await alice.store.commit(lost.map((key) => ({ kind: "delete", key })));
    await reconcileAfterRepair(alice.store);
    await alice.start();
    assert.deepEqual(await shown(alice, "bob"), before);
    await world.stop();
  });
});
