import assert from "node:assert/strict";
import { createMessenger, type MessageView, type Messenger } from "../../../src/messenger/index.ts";
import { silent } from "../../../src/ports/index.ts";
import { pairOf } from "../../scenario/acts.ts";
import type { NodeOptions, SimNode, World } from "../../scenario/world.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

type Kept = Pick<NodeOptions, "history" | "retention">;

/** A messenger over a copy of the disk of a node that does not run. */
function offline(world: World, node: SimNode, options: Kept = {}): Promise<Messenger> {
  const host = world.network.host();
  const clock = world.time.clock(() => 0);
  const { crypto } = node;
  const parts = { crypto, store: node.store.fork(), transport: host, rendezvous: host, clock };
  return createMessenger({ ...parts, log: silent, hidesDue: true, ...options });
}

/** What a user finds of the messages with the word "text" in them, by each way. */
async function found(messenger: Messenger, who: string) {
  const history = await messenger.history(who, { limit: 100 });
  const { hits } = await messenger.search("text", { limit: 100 });
  const messages = hits.map(({ message }) => message);
  const ids = (page: readonly MessageView[]): string[] => page.map(({ id }) => id);
  const paged = await messenger.page(who, { limit: 100 });
  assert.deepEqual(ids(paged.messages).sort(), ids(history).sort());
  const arrived = await messenger.arrivals({ limit: 100 });
  assert.deepEqual(ids(arrived.messages), ids(history));
  const { last } = await messenger.conversation(who);
  assert.equal(last?.id, paged.messages.at(-1)?.id);
  return {
    listed: history.filter(({ notice }) => notice === undefined).map(({ text }) => text),
    searched: messages.map(({ text }) => text).sort(),
  };
}

describe("messages that are due while no node runs", () => {
  it("are shown until their time is over, then hidden but not deleted", async () => {
    const { world, alice, bob } = await pairOf(1);
    const kept = await alice.messenger.send("bob", "kept text");
    await alice.messenger.setTimer("bob", HOUR);
    const short = await alice.messenger.send("bob", "short text");
    await world.reaches(alice, short, "delivered");
    await bob.messenger.markRead("alice");
    await bob.stop();
    const before = await offline(world, bob);
    assert.deepEqual((await found(before, "alice")).listed, ["kept text", "short text"]);
    assert.equal(await before.count("alice"), 3, "with the notice of the timer");
    await world.time.pass(HOUR + MINUTE);
    const rows = bob.store.snapshot().length;
    const after = await offline(world, bob);
    assert.deepEqual(await found(after, "alice"), {
      listed: ["kept text"],
      searched: ["kept text"],
    });
    assert.equal(await after.count("alice"), 2);
    assert.equal(await after.message(short.id), undefined);
    await assert.rejects(after.find(short.id, {}), { code: "message-unknown" });
    assert.equal((await after.message(kept.id))?.text, "kept text");
    assert.equal(bob.store.snapshot().length, rows);
    await alice.stop();
  });

  it("are shown as long as an edit of them is queued, which a node delivers first", async () => {
    const { world, alice, bob } = await pairOf(2);
    await alice.messenger.setTimer("bob", HOUR);
    const sent = await alice.messenger.send("bob", "first text");
    await world.reaches(alice, sent, "delivered");
    await bob.stop();
    await alice.messenger.edit(sent.id, "second text");
    await alice.stop();
    await world.time.pass(2 * HOUR);
    const { listed } = await found(await offline(world, alice), "bob");
    assert.deepEqual(listed, ["second text"]);
  });

  it("are those that the settings do not keep: old ones, and seen ones without history", async () => {
    const { world, alice, bob } = await pairOf(3);
    const seen = await alice.messenger.send("bob", "seen text");
    await world.reaches(alice, seen, "delivered");
    await bob.messenger.markRead("alice");
    await world.time.pass(2 * DAY);
    const last = await alice.messenger.send("bob", "unread text");
    await world.reaches(alice, last, "delivered");
    await bob.stop();
    const listed = async (options: Kept) =>
      (await found(await offline(world, bob, options), "alice")).listed;
    assert.deepEqual(await listed({}), ["seen text", "unread text"]);
    assert.deepEqual(await listed({ retention: 3 * DAY }), ["seen text", "unread text"]);
    assert.deepEqual(await listed({ retention: DAY }), ["unread text"]);
    assert.deepEqual(await listed({ history: false }), ["unread text"]);
    await alice.stop();
  });
});
