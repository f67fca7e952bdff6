import assert from "node:assert/strict";
import type { MessageView } from "../../../src/messenger/index.ts";
import type { SimNode } from "../../scenario/world.ts";
import { groupOf } from "./group-of.ts";

const SECOND = 1_000;

const pageOf = async (node: SimNode): Promise<MessageView[]> => [
  ...(await node.messenger.page("group:Club", { limit: 50 })).messages,
];

/** What all members show alike: texts, marks and reactions, by whom. */
async function shown(node: SimNode): Promise<string[]> {
  const own = node.messenger.self().name;
  return (await pageOf(node)).map(({ text, author, edited, deleted, reactions }) => {
    const marks = reactions.map((each) => `${each.emoji} ${each.author?.name ?? own}`).sort();
    const notes = [...(edited ? ["edited"] : []), ...(deleted ? ["deleted"] : []), ...marks];
    return `${author?.name ?? own}: ${text} [${notes.join(", ")}]`;
  });
}

describe("a conversation in a group of contacts", () => {
  it("shows edits, deletions, reactions and replies alike at all members", async () => {
    const { world, alice, bob, carol } = await groupOf(21);
    const first = await alice.messenger.send("group:Club", "tea at five");
    const slip = await bob.messenger.send("group:Club", "a slip");
    await world.time.pass(10 * SECOND);
    await carol.messenger.send("group:Club", "gladly", { replyTo: first.id });
    await alice.messenger.edit(first.id, "tea at six");
    await bob.messenger.delete(slip.id);
    for (const [node, emoji] of [
      [bob, "👍"],
      [carol, "🍵"],
      [alice, "🎉"],
    ] as const)
      await node.messenger.react(first.id, emoji, "group:Club");
    await world.time.pass(20 * SECOND);
    const expected = [
      "alice: tea at six [edited, 🍵 carol, 🎉 alice, 👍 bob]",
      "bob:  [deleted]",
      "carol: gladly []",
    ];
    for (const node of [alice, bob, carol]) {
      assert.deepEqual((await shown(node)).sort(), expected.sort(), node.name);
      assert.ok((await pageOf(node)).every(({ changing }) => !changing));
      const reply = (await pageOf(node)).find(({ text }) => text === "gladly");
      assert.equal(reply?.replyTo, first.id);
    }
    await assert.rejects(bob.messenger.edit(first.id, "no", "group:Club"), {
      code: "message-not-yours",
    });
    await world.stop();
  });

  it("counts who holds, received and read a message, also one that was away", async () => {
    const { world, alice, bob, carol } = await groupOf(22);
    await carol.stop();
    await world.time.pass(5 * SECOND);
    const { id } = await alice.messenger.send("group:Club", "who reads this?");
    await world.time.pass(20 * SECOND);
    const reached = async () => (await alice.messenger.message(id))?.reached;
    assert.deepEqual(await reached(), { held: 1, delivered: 1, read: 0, of: 2 });
    assert.equal(bob.messenger.unread("group:Club"), 1);
    await bob.messenger.markRead("group:Club");
    await world.time.pass(10 * SECOND);
    assert.deepEqual(await reached(), { held: 1, delivered: 1, read: 1, of: 2 });
    await carol.start();
    await world.time.pass(120 * SECOND);
    assert.deepEqual(await reached(), { held: 2, delivered: 2, read: 1, of: 2 });
    assert.equal((await alice.messenger.message(id))?.state, "read");
    const { hits } = await carol.messenger.search("reads", { limit: 5, from: "group:Club" });
    assert.equal(hits[0]?.message.id, id);
    await world.stop();
  });

  it("keeps what is written without a link, also through a crash, and sends it once", async () => {
    const { world, alice, bob, carol } = await groupOf(23);
    for (const node of [bob, carol]) await node.stop();
    await world.time.pass(5 * SECOND);
    const waiting = await alice.messenger.send("group:Club", "kept", { key: "k" });
    await alice.restart();
    await world.time.pass(5 * SECOND);
    assert.equal((await alice.messenger.message(waiting.id))?.state, "queued");
    assert.equal(alice.messenger.isLive("group:Club"), false);
    const again = await alice.messenger.send("group:Club", "kept", { key: "k" });
    assert.equal(again.id, waiting.id);
    for (const node of [bob, carol]) await node.start();
    await world.time.pass(120 * SECOND);
    for (const node of [alice, bob, carol])
      assert.deepEqual(await shown(node), ["alice: kept []"], node.name);
    assert.deepEqual((await alice.messenger.message(waiting.id))?.reached, {
      ...{ held: 2, delivered: 2, read: 0, of: 2 },
    });
    assert.equal(alice.messenger.isLive("group:Club"), true);
    await world.stop();
  });

  it("reports a long text and a member that is removed while a message waits", async () => {
    const { world, alice, bob, carol } = await groupOf(24);
    const long = "x".repeat(60_000);
    await bob.messenger.send("group:Club", long);
    await world.time.pass(30 * SECOND);
    for (const node of [alice, carol]) assert.equal((await pageOf(node))[0]?.text, long, node.name);
    await carol.stop();
    await alice.messenger.groups.remove("Club", "carol");
    await bob.messenger.send("group:Club", "without carol");
    await world.time.pass(10 * SECOND);
    await carol.start();
    await carol.messenger.send("group:Club", "too late").catch(() => undefined);
    await world.time.pass(60 * SECOND);
    assert.equal(carol.messenger.groups.list()[0]?.standing, "removed");
    const theirs = await pageOf(carol);
    assert.deepEqual(
      theirs.slice(1).map(({ state }) => state),
      theirs.slice(1).map(() => "failed"),
    );
    for (const node of [alice, bob])
      assert.deepEqual(
        (await pageOf(node)).slice(1).map(({ text }) => text),
        ["without carol"],
        node.name,
      );
    await world.stop();
  });
});
