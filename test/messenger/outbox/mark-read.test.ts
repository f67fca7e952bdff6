import assert from "node:assert/strict";
import type { MessageView } from "../../../src/messenger/index.ts";
import { Stage } from "../../scenario/actions.ts";
import { pairOf } from "../../scenario/acts.ts";
import { Laws } from "../../scenario/laws.ts";
import type { NodeOptions, SimNode } from "../../scenario/world.ts";

const HOUR = 3_600_000;

/** Alice and Bob, to whom Alice sends; Bob's options decide what he keeps. */
/** Twenty messages "1" to "20", none of them read. */
async function twenty(seed: number, options: NodeOptions = {}, timer = 0) {
  const parts = await pairOf(seed, options);
  const { world, alice, bob } = parts;
  if (timer > 0) await alice.messenger.setTimer("bob", timer);
  for (let n = 1; n <= 20; n++) await alice.messenger.send("bob", `${n}`);
  await world.until("delivered", () => alice.contact("bob").waiting === 0);
  assert.equal(bob.messenger.unread("alice"), 20);
  return parts;
}

/** Marks a page as read, as `sotto read` does. @returns what it shows. */
async function show(node: SimNode, who: string, limit: number): Promise<readonly MessageView[]> {
  const page = await node.messenger.history(who, { limit });
  const [from, upTo] = [page.at(0)?.at ?? 0, page.at(-1)?.at ?? 0];
  await node.messenger.markRead(who, { from, upTo });
  return page;
}

async function texts(node: SimNode, who: string): Promise<string[]> {
  const page = await node.messenger.history(who, { limit: 1000 });
  return page.filter(({ notice }) => notice === undefined).map(({ text }) => text);
}

const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, at) => `${from + at}`);

describe("reading a page of a conversation", () => {
  it("marks the messages of the page as read, and no older one", async () => {
    const { world, alice, bob } = await twenty(1);
    assert.equal((await show(bob, "alice", 5)).length, 5);
    assert.equal(bob.messenger.unread("alice"), 15);
    await bob.restart();
    assert.equal(bob.messenger.unread("alice"), 15);
    await show(bob, "alice", 7);
    assert.equal(bob.messenger.unread("alice"), 13);
    await bob.messenger.markRead("alice", { from: 1, upTo: 3 });
    assert.equal(bob.messenger.unread("alice"), 10);
    await show(bob, "alice", 20);
    assert.equal(bob.messenger.unread("alice"), 0);
    await world.stop();
    assert.equal(alice.alive, false);
  });

  it("marks only the messages that are named, whatever arrived between them", async () => {
    const { world, alice, bob } = await twenty(9);
    const page = await bob.messenger.history("alice", { limit: 20 });
    const ids = [3, 7, 19].flatMap((at) => page[at]?.id ?? []);
    await bob.messenger.markRead("alice", { ids });
    assert.equal(bob.messenger.unread("alice"), 17);
    await bob.restart();
    await bob.messenger.markRead("alice", { ids });
    assert.equal(bob.messenger.unread("alice"), 17);
    await bob.messenger.markRead("alice", { ids: page.map(({ id }) => id) });
    assert.equal(bob.messenger.unread("alice"), 0);
    assert.ok(alice.alive);
    await world.stop();
  });

  it("reports to the sender only what comes before every unread message", async () => {
    const { world, alice, bob } = await twenty(2);
    const read = async (): Promise<number> =>
      (await alice.states("bob")).filter((state) => state === "read").length;
    await show(bob, "alice", 5);
    await world.time.pass(5000);
    assert.equal(await read(), 0);
    await bob.messenger.markRead("alice", { from: 1, upTo: 3 });
    await world.time.pass(5000);
    assert.equal(await read(), 3);
    await bob.messenger.markRead("alice", { upTo: 15 });
    await world.time.pass(5000);
    assert.equal(await read(), 20);
    await world.stop();
  });

  it("starts the expiry timers of its messages only", async () => {
    const { world, bob } = await twenty(3, {}, HOUR);
    await show(bob, "alice", 5);
    await world.time.pass(2 * HOUR);
    assert.deepEqual(await texts(bob, "alice"), numbers(1, 15));
    await bob.restart();
    await world.time.pass(2 * HOUR);
    await show(bob, "alice", 20);
    await world.time.pass(HOUR / 2);
    assert.deepEqual(await texts(bob, "alice"), numbers(1, 15));
    await world.time.pass(HOUR);
    assert.deepEqual(await texts(bob, "alice"), []);
    await world.stop();
  });

  it("removes only its messages from a node without history", async () => {
    const { world, bob } = await twenty(4, { history: false });
    await show(bob, "alice", 5);
    await world.time.pass(5000);
    assert.deepEqual(await texts(bob, "alice"), numbers(1, 15));
    assert.equal(bob.messenger.unread("alice"), 15);
    await bob.messenger.markRead("alice", { from: 1, upTo: 15 });
    await world.time.pass(5000);
    assert.deepEqual(await texts(bob, "alice"), []);
    await world.stop();
  });

  it("keeps an unread message of a page that was seen out of order past retention", async () => {
    const { world, bob } = await twenty(5, { retention: HOUR });
    await show(bob, "alice", 5);
    await world.time.pass(9 * HOUR);
    assert.deepEqual(await texts(bob, "alice"), numbers(1, 15));
    await world.stop();
  });

  it("counts a message that was seen out of order no more when it is deleted", async () => {
    const { world, alice, bob } = await twenty(6);
    const [seen] = (await show(bob, "alice", 5)).slice(-1);
    if (seen !== undefined) await bob.messenger.hide(seen.id);
    assert.equal(bob.messenger.unread("alice"), 15);
    const [first] = await bob.messenger.history("alice", { limit: 20 });
    if (first !== undefined) await alice.messenger.delete(first.id);
    await world.until("deleted", () => bob.messenger.unread("alice") === 14);
    await world.stop();
  });

  for (const [name, options] of Object.entries({
    "a timer": {},
    "no history": { history: false },
    "a retention limit": { retention: HOUR },
  }))
    it(`loses nothing unseen under ${name}, at any page length, in spite of kills`, async () => {
      let unseen = 0;
      for (let seed = 1; seed <= 4; seed++) {
        const { world, alice, bob } = await pairOf(200 + seed, options);
        if (name === "a timer") {
          await alice.messenger.setTimer("bob", HOUR / 4);
          await world.until("bob knows", () => bob.contact("alice").timer > 0);
          await world.time.pass(5000);
        }
        const laws = new Laws(world);
        const stage = new Stage(world, laws);
        for (const node of [alice, bob]) laws.opened(node);
        for (let step = 0; step < 60; step++) {
          const draw = world.chance.next();
          if (draw < 0.5) stage.send(alice, "bob", `${step}`);
          else if (draw < 0.8 && bob.alive)
            void stage.read(bob, alice.messenger.self().account, 12 * world.chance.next());
          else if (draw < 0.85) stage.doom(bob, Math.floor(40 * world.chance.next()), 1000);
          await world.time.pass(Math.floor(world.chance.next() ** 4 * HOUR));
        }
        await world.until("bob is there", () => bob.alive);
        await world.until("delivered", () => alice.contact("bob").waiting === 0);
        await world.time.pass(12 * HOUR);
        assert.deepEqual(laws.broken, []);
        const unread = bob.messenger.unread("alice");
        const left = await texts(bob, "alice");
        assert.ok(left.length >= unread, `${unread} of ${left.length}`);
        unseen += unread;
        for (const node of [alice, bob]) await node.stop();
      }
      assert.ok(unseen > 0);
    });
});
