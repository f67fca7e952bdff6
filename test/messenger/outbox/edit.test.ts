import assert from "node:assert/strict";
import type { MessageId } from "../../../src/base/index.ts";
import type { MessageView } from "../../../src/messenger/index.ts";
import { lines, pairOf, settledActs } from "../../scenario/acts.ts";
import type { SimNode, World } from "../../scenario/world.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Sends, and waits until it is there. */
async function said(world: World, from: SimNode, who: string, text: string): Promise<MessageView> {
  const message = await from.messenger.send(who, text);
  await world.reaches(from, message, "delivered");
  return message;
}

/** Whether a text stands anywhere on a disk. */
const keeps = (node: SimNode, text: string): boolean =>
  node.store.snapshot().some(({ value }) => Buffer.from(value).includes(text));

const rowsOf = (node: SimNode, table: string): number =>
  node.store.snapshot().filter((row) => row.table === table).length;

const changes = (node: SimNode): MessageView[] =>
  node.events.flatMap((event) => (event.type === "message.changed" ? [event.message] : []));

describe("an edit", () => {
  it("replaces the text on both sides, says so, and leaves the old text nowhere", async () => {
    const { world, alice, bob } = await pairOf(1);
    const { id } = await said(world, alice, "bob", "helo there");
    const edited = await alice.messenger.edit(id, "hello there");
    assert.equal(edited.text, "hello there");
    assert.deepEqual([edited.edited, edited.changing], [true, true]);
    await settledActs(world, alice, bob);
    for (const node of [alice, bob]) {
      const view = await node.messenger.message(id);
      assert.deepEqual([view?.text, view?.edited, view?.changing], ["hello there", true, false]);
      assert.ok(!keeps(node, "helo"), node.name);
    }
    assert.deepEqual(
      changes(bob).map(({ text }) => text),
      ["hello there"],
    );
    assert.deepEqual(
      changes(alice).map(({ changing }) => changing),
      [true, false],
    );
    assert.equal((await alice.messenger.message(id))?.state, "delivered");
    await world.stop();
  });

  it("shows no line of its own, counts as nothing unread, and leaves no row once it is delivered", async () => {
    const { world, alice, bob } = await pairOf(2);
    const { id } = await said(world, alice, "bob", "one");
    await bob.messenger.markRead("alice");
    await world.time.pass(1000);
    const before = [alice, bob].map((node) => node.store.snapshot().length);
    for (let n = 0; n < 5; n++) {
      await alice.messenger.edit(id, `one ${n}`);
      await settledActs(world, alice, bob);
    }
    await bob.messenger.react(id, "👍");
    await settledActs(world, alice, bob);
    assert.deepEqual(
      [alice, bob].map((node) => node.store.snapshot().length),
      before,
    );
    assert.equal(bob.messenger.unread("alice"), 0);
    assert.equal(alice.messenger.unread("bob"), 0);
    for (const node of [alice, bob])
      assert.equal(
        (await node.messenger.history(node === alice ? "bob" : "alice", { limit: 99 })).length,
        1,
      );
    assert.equal(bob.shown().length, 1);
    await world.stop();
  });

  it("of a message that still waits goes out with it, and only the last of several", async () => {
    const { world, alice, bob } = await pairOf(3);
    await bob.stop();
    await world.time.pass(1000);
    const { id } = await alice.messenger.send("bob", "first words");
    await alice.messenger.edit(id, "second words");
    await alice.messenger.edit(id, "third words");
    assert.equal(rowsOf(alice, "outbox"), 1);
    assert.ok(!keeps(alice, "first") && !keeps(alice, "second"));
    await bob.start();
    await settledActs(world, alice, bob);
    assert.deepEqual(await bob.texts("alice"), ["in: third words"]);
    await world.stop();
  });

  it("is refused for what is not ours, deleted, given up, too long or nothing", async () => {
    const { world, alice, bob } = await pairOf(4);
    const { id } = await said(world, alice, "bob", "mine");
    const rejects = (job: Promise<unknown>, code: string) => assert.rejects(job, { code });
    await rejects(bob.messenger.edit(id, "yours"), "message-not-yours");
    await rejects(alice.messenger.edit(id, ""), "message-empty");
    await rejects(alice.messenger.edit(id, " \n"), "message-empty");
    await rejects(alice.messenger.edit(id, "x".repeat(65_537)), "message-too-long");
    await rejects(alice.messenger.edit("a".repeat(26) as MessageId, "x"), "message-unknown");
    await bob.stop();
    await world.time.pass(1000);
    const lost = await alice.messenger.send("bob", "never mind");
    await alice.messenger.cancel(lost.id);
    await rejects(alice.messenger.edit(lost.id, "x"), "message-failed");
    await rejects(alice.messenger.react(lost.id, "👍"), "message-failed");
    await bob.start();
    await alice.messenger.delete(id);
    await rejects(alice.messenger.edit(id, "again"), "message-deleted");
    await rejects(alice.messenger.react(id, "👍"), "message-deleted");
    await rejects(alice.messenger.send("bob", "about that", { replyTo: id }), "message-deleted");
    await settledActs(world, alice, bob, [lost.id]);
    await world.stop();
  });
});

describe("a deletion", () => {
  it("leaves a tombstone on both sides, and the text on neither", async () => {
    const { world, alice, bob } = await pairOf(5);
    const { id } = await said(world, alice, "bob", "regrettable");
    await alice.messenger.edit(id, "regrettable too");
    await bob.messenger.react(id, "😮");
    await settledActs(world, alice, bob);
    await alice.messenger.delete(id);
    await settledActs(world, alice, bob);
    for (const node of [alice, bob]) {
      const view = await node.messenger.message(id);
      assert.deepEqual(
        [view?.text, view?.deleted, view?.edited, view?.reactions],
        ["", true, false, []],
      );
      assert.ok(!keeps(node, "regrettable"), node.name);
    }
    // Whatever comes later changes nothing.
    assert.equal((await alice.messenger.delete(id)).changing, false);
    await assert.rejects(bob.messenger.react(id, "👍"), { code: "message-deleted" });
    await assert.rejects(bob.messenger.delete(id), { code: "message-not-yours" });
    await world.stop();
  });

  it("of a message that still waits sends nothing of it", async () => {
    const { world, alice, bob } = await pairOf(6);
    await bob.stop();
    await world.time.pass(1000);
    const { id } = await alice.messenger.send("bob", "in anger");
    await alice.messenger.edit(id, "in great anger");
    const gone = await alice.messenger.delete(id);
    assert.deepEqual([gone.state, gone.deleted], ["cancelled", true]);
    await bob.start();
    await settledActs(world, alice, bob);
    assert.deepEqual(bob.shown(), []);
    await said(world, alice, "bob", "in peace");
    assert.deepEqual(await bob.texts("alice"), ["in: in peace"]);
    await world.stop();
  });

  it("for oneself removes it only here, of either author, permanently", async () => {
    const { world, alice, bob } = await pairOf(7);
    const { id } = await said(world, alice, "bob", "keep or not");
    const second = await said(world, alice, "bob", "second");
    await bob.messenger.hide(id);
    assert.deepEqual(await bob.texts("alice"), ["in: second"]);
    const [shown] = await bob.messenger.history("alice", { limit: 1 });
    const before = shown?.at ?? 0;
    assert.deepEqual(await bob.messenger.history("alice", { limit: 1, before }), []);
    assert.ok(!keeps(bob, "keep or not"));
    await alice.messenger.edit(id, "changed");
    await settledActs(world, alice, bob, [id]);
    assert.equal(await bob.messenger.message(id), undefined);
    for (const again of [bob.messenger.hide(id), bob.messenger.react(id, "👍")])
      await assert.rejects(again, { code: "message-unknown" });
    assert.deepEqual(await alice.texts("bob"), ["out: changed", "out: second"]);
    await bob.stop();
    const waiting = await alice.messenger.send("bob", "on its way");
    await assert.rejects(alice.messenger.hide(waiting.id), { code: "message-waiting" });
    await alice.messenger.hide(second.id);
    assert.deepEqual(await alice.texts("bob"), ["out: changed", "out: on its way"]);
    // With all that is hidden, a removed contact leaves nothing behind.
    await alice.messenger.remove("bob");
    assert.deepEqual(
      alice.store.snapshot().filter(({ table }) => /message|outbox|early|contact/.test(table)),
      [],
    );
    await world.stop();
  });

  it("of an unread message by either side takes it out of the unread count", async () => {
    const { world, alice, bob } = await pairOf(23);
    const seen = await said(world, alice, "bob", "seen");
    await bob.messenger.markRead("alice");
    const [first, second] = [
      await said(world, alice, "bob", "first"),
      await said(world, alice, "bob", "second"),
    ];
    await said(world, alice, "bob", "third");
    assert.equal(bob.messenger.unread("alice"), 3);
    await alice.messenger.delete(first.id);
    await settledActs(world, alice, bob);
    assert.equal(bob.messenger.unread("alice"), 2);
    await bob.messenger.hide(second.id);
    assert.equal(bob.messenger.unread("alice"), 1);
    await alice.messenger.delete(seen.id);
    await alice.messenger.delete(second.id);
    await bob.messenger.hide(first.id);
    await settledActs(world, alice, bob, [first.id, second.id]);
    assert.equal(bob.messenger.unread("alice"), 1, "each counted once");
    await bob.restart();
    assert.equal(bob.messenger.unread("alice"), 1);
    await bob.messenger.markRead("alice");
    assert.equal(bob.messenger.unread("alice"), 0);
    await world.stop();
  });

  it("asks the store to shred, on both sides, and not for a reaction", async () => {
    const { world, alice, bob } = await pairOf(8);
    const shreds = new Map<SimNode, number>();
    for (const node of [alice, bob]) {
      const { shred } = node.store;
      node.store.shred = async () => {
        shreds.set(node, (shreds.get(node) ?? 0) + 1);
        await shred.call(node.store);
      };
    }
    const { id } = await said(world, alice, "bob", "text");
    await bob.messenger.react(id, "👍");
    await settledActs(world, alice, bob);
    assert.equal(shreds.size, 0);
    await alice.messenger.edit(id, "other text");
    await settledActs(world, alice, bob);
    assert.deepEqual([shreds.get(alice), shreds.get(bob)], [1, 1]);
    for (let n = 0; n < 20; n++) await alice.messenger.edit(id, `text ${n}`);
    await world.time.pass(5 * 60_000);
    for (const node of [alice, bob])
      assert.ok((shreds.get(node) ?? 0) <= 3, "not for each of them");
    for (const node of [alice, bob]) assert.ok((shreds.get(node) ?? 0) >= 2, "but for the last");
    await alice.messenger.edit(id, "last text");
    await alice.messenger.delete(id);
    const before = shreds.get(alice) ?? 0;
    await alice.stop();
    assert.equal(shreds.get(alice), before + 1, "what is due is done before the end");
    await world.stop();
  });
});

describe("a reaction", () => {
  it("is one for each side, on messages of both, replaced by a new one, and taken back", async () => {
    const { world, alice, bob } = await pairOf(9);
    const { id } = await said(world, alice, "bob", "look");
    await alice.messenger.react(id, "🙂");
    await bob.messenger.react(id, "👍");
    await settledActs(world, alice, bob);
    const shown = async (node: SimNode) => (await node.messenger.message(id))?.reactions;
    assert.deepEqual(await shown(alice), [
      { direction: "in", emoji: "👍" },
      { direction: "out", emoji: "🙂" },
    ]);
    assert.deepEqual(await shown(bob), [
      { direction: "in", emoji: "🙂" },
      { direction: "out", emoji: "👍" },
    ]);
    await bob.messenger.react(id, "❤️");
    await alice.messenger.react(id, "");
    await settledActs(world, alice, bob);
    assert.deepEqual(await shown(alice), [{ direction: "in", emoji: "❤️" }]);
    assert.deepEqual(await shown(bob), [{ direction: "out", emoji: "❤️" }]);
    for (const bad of ["a\nb", "\u202e", " ", "x".repeat(41), "👍".repeat(11)])
      await assert.rejects(bob.messenger.react(id, bad), { code: "reaction-invalid" });
    await world.stop();
  });
});

describe("what takes the place of something that waits", () => {
  it("leaves no number free: all that was read after it is reported at once", async () => {
    const { world, alice, bob } = await pairOf(12);
    const { id } = await said(world, alice, "bob", "there");
    await bob.stop();
    await world.time.pass(1000);
    await alice.messenger.send("bob", "ahead");
    const gone = await alice.messenger.send("bob", "gone");
    await alice.messenger.edit(id, "there 1");
    await alice.messenger.edit(id, "there 2");
    const last = await alice.messenger.send("bob", "behind");
    await alice.messenger.delete(gone.id);
    await bob.start();
    await settledActs(world, alice, bob);
    await bob.messenger.markRead("alice");
    await world.reaches(alice, last, "read");
    assert.deepEqual(await lines(bob, "alice"), [
      "in: there 2 (edited)",
      "in: ahead",
      "in: behind",
    ]);
    await world.stop();
  });
});

describe("a reply", () => {
  it("names the message that it answers, on both sides", async () => {
    const { world, alice, bob } = await pairOf(10);
    const { id } = await said(world, alice, "bob", "tea?");
    const reply = await bob.messenger.send("alice", "yes", { replyTo: id });
    await world.reaches(bob, reply, "delivered");
    assert.equal((await alice.messenger.message(reply.id))?.replyTo, id);
    assert.equal((await bob.messenger.message(reply.id))?.replyTo, id);
    const other = bob.messenger.send("alice", "?", { replyTo: "a".repeat(26) as MessageId });
    await assert.rejects(other, { code: "message-unknown" });
    await world.stop();
  });
});

describe("a timer notice", () => {
  it("cannot be edited, deleted for both or reacted to by either side", async () => {
    const { world, alice, bob } = await pairOf(13);
    await alice.messenger.setTimer("bob", DAY);
    await world.time.pass(5000);
    for (const [node, who] of [
      [alice, "bob"],
      [bob, "alice"],
    ] as const) {
      const { id } = await node.messenger.find(`${who}/last`);
      for (const act of [
        () => node.messenger.edit(id, "not what was set"),
        () => node.messenger.delete(id),
        () => node.messenger.react(id, "👍"),
      ])
        await assert.rejects(act(), { code: /message-(unknown|not-yours)/ });
      assert.deepEqual(await lines(node, who), [`${node === alice ? "out" : "in"}: `]);
    }
    await world.stop();
  });
});

describe("acts, when the contact is offline", () => {
  it("tell who follows that a message which is deleted before it left is cancelled, and start its time", async () => {
    const { world, alice, bob } = await pairOf(12);
    await said(world, alice, "bob", "old");
    await alice.messenger.setTimer("bob", HOUR);
    await bob.stop();
    await world.time.pass(1000);
    const { id } = await alice.messenger.send("bob", "on its way");
    await alice.messenger.follow("bot", {});
    await alice.messenger.delete(id);
    const { events } = await alice.messenger.readEvents("bot", { limit: 10 });
    const told = events.flatMap((event) =>
      event.type === "message.state" && event.message.id === id ? [event.message.state] : [],
    );
    assert.deepEqual(told, ["cancelled"]);
    await bob.start();
    await settledActs(world, alice, bob);
    await world.time.pass(2 * HOUR);
    assert.equal(await alice.messenger.message(id), undefined);
    await world.stop();
  });

  it("wait as long as it takes, unless the message itself is given up", async () => {
    const { world, alice, bob } = await pairOf(11);
    const { id } = await said(world, alice, "bob", "old");
    await bob.stop();
    await world.time.pass(1000);
    await alice.messenger.edit(id, "new");
    const young = await alice.messenger.send("bob", "young");
    await alice.messenger.edit(young.id, "younger");
    assert.equal(alice.contact("bob").waiting, 2);
    await alice.stop();
    await world.time.pass(30 * DAY);
    await alice.start();
    await world.time.pass(HOUR);
    assert.equal((await alice.messenger.message(young.id))?.state, "failed");
    assert.equal(alice.contact("bob").waiting, 1);
    await bob.start();
    await settledActs(world, alice, bob, [young.id]);
    assert.deepEqual(await lines(bob, "alice"), ["in: new (edited)"]);
    await world.stop();
  });
});
