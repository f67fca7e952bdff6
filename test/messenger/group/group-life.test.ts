import assert from "node:assert/strict";
import { decodeSealed } from "../../../src/messenger/group-state/sealed-rows.ts";
import type { SimNode } from "../../scenario/world.ts";
import { groupOf } from "./group-of.ts";

const SECOND = 1_000;

const text = (row: Uint8Array): string => Buffer.from(row).toString();
const isOpen = (row: string): boolean =>
  row.includes('"generation"') && row.includes('"standing":"open"');

const names = (node: SimNode) =>
  node.messenger.groups
    .members("Club")
    .map(({ name, role }) => `${name} ${role}`)
    .sort();

const texts = async (node: SimNode) =>
  (await node.messenger.page("group:Club", { limit: 50 })).messages.map(({ text }) => text);

describe("a group of three contacts", () => {
  it("has its members once they were invited and accepted", async () => {
    const { world, alice, bob, carol } = await groupOf(1);
    const all = ["alice owner", "bob member", "carol member"];
    for (const node of [alice, bob, carol]) {
      assert.deepEqual(names(node), all, node.name);
      const [group] = node.messenger.groups.list();
      assert.equal(group?.standing, "member", node.name);
      assert.equal(group?.linked, 2, node.name);
      assert.deepEqual(node.messenger.groups.invitations(), []);
    }
    await world.stop();
  });

  it("brings what each writes to all, in one order", async () => {
    const { world, alice, bob, carol } = await groupOf(2);
    const sent = [];
    for (const node of [alice, bob, carol]) {
      sent.push(await node.messenger.send("group:Club", `hello from ${node.name}`));
      await world.time.pass(5 * SECOND);
    }
    await world.time.pass(20 * SECOND);
    const order = ["hello from alice", "hello from bob", "hello from carol"];
    for (const node of [alice, bob, carol]) assert.deepEqual(await texts(node), order, node.name);
    const shown = await alice.messenger.message(sent[0]?.id as never, "group:Club");
    assert.deepEqual(shown?.reached, { held: 2, delivered: 2, read: 0, of: 2 });
    // It has the announcement of the first generation before the keys.
    const standings = bob.events.flatMap((event) =>
      event.type === "group.changed" ? [event.group.standing] : [],
    );
    assert.ok(standings.includes("behind"), `${standings}`);
    assert.equal(standings.at(-1), "member");
    await world.stop();
  });

  it("erases the key of a deleted text at all members, which then cannot read it", async () => {
    const { world, alice, bob, carol } = await groupOf(4);
    const { id } = await bob.messenger.send("group:Club", "a slip");
    await world.time.pass(10 * SECOND);
    const keys = async (node: SimNode): Promise<boolean[]> =>
      (await node.store.all("group-message")).map((row) => decodeSealed(row).mk !== undefined);
    for (const node of [alice, bob, carol]) assert.deepEqual(await keys(node), [true], node.name);
    await bob.messenger.delete(id, "group:Club");
    await world.time.pass(20 * SECOND);
    for (const node of [alice, bob, carol]) {
      assert.deepEqual(await texts(node), [""], node.name);
      assert.deepEqual((await keys(node)).sort(), [false, true], node.name);
    }
    await world.stop();
  });

  it("gives a removed member nothing that was written in knowledge of it", async () => {
    const { world, alice, bob, carol } = await groupOf(3);
    await alice.messenger.send("group:Club", "before");
    await world.time.pass(10 * SECOND);
    await alice.messenger.groups.remove("Club", "carol");
    await world.time.pass(10 * SECOND);
    await bob.messenger.send("group:Club", "after");
    await world.time.pass(5 * SECOND);
    await alice.messenger.send("group:Club", "after, too");
    await world.time.pass(30 * SECOND);
    assert.deepEqual(await texts(carol), ["before"]);
    assert.deepEqual(await texts(bob), ["before", "after", "after, too"]);
    assert.equal(carol.messenger.groups.list()[0]?.standing, "removed");
    await assert.rejects(carol.messenger.send("group:Club", "may I?"), { code: "group-ended" });
    await world.stop();
  });

  it("has a generation without a member that left, before anybody writes", async () => {
    const { world, alice, bob, carol } = await groupOf(5);
    await alice.messenger.send("group:Club", "before");
    await world.time.pass(10 * SECOND);
    const announced = async () => (await alice.store.all("group-key")).map(text).filter(isOpen);
    const before = (await announced()).length;
    await carol.messenger.groups.leave("Club");
    await world.time.pass(90 * SECOND);
    const made = (await announced()).length - before;
    assert.ok(made === 1 || made === 2, `${made} generations were made`);
    await bob.messenger.send("group:Club", "after");
    await world.time.pass(10 * SECOND);
    assert.deepEqual(await texts(alice), ["before", "after"]);
    assert.equal((await announced()).length - before, made, "it serves the next message");
    await world.stop();
  });

  it("tells a member that was away of its removal, and of what came before it", async () => {
    const { world, alice, bob, carol } = await groupOf(14);
    await carol.stop();
    await alice.messenger.groups.set("Club", "topic", "Walks");
    await world.time.pass(10 * SECOND);
    await alice.messenger.groups.remove("Club", "carol");
    await alice.messenger.groups.set("Club", "topic", "Secret");
    await world.time.pass(10 * SECOND);
    await carol.start();
    await world.time.pass(120 * SECOND);
    const { standing, topic } = carol.messenger.groups.show("Club");
    assert.deepEqual([standing, topic], ["removed", "Walks"]);
    assert.deepEqual(names(bob), ["alice owner", "bob member"]);
    await world.stop();
  });

  it("lets a reader read only, until it may write again, under other keys", async () => {
    const { world, alice, bob, carol } = await groupOf(11);
    await bob.messenger.send("group:Club", "one");
    await world.time.pass(10 * SECOND);
    await alice.messenger.groups.setRole("Club", "bob", "reader");
    await world.time.pass(10 * SECOND);
    await assert.rejects(bob.messenger.send("group:Club", "no"), { code: "group-reader" });
    await carol.messenger.send("group:Club", "two");
    await world.time.pass(10 * SECOND);
    await alice.messenger.groups.setRole("Club", "bob", "member");
    await world.time.pass(10 * SECOND);
    await bob.messenger.send("group:Club", "three");
    await world.time.pass(30 * SECOND);
    for (const node of [alice, bob, carol])
      assert.deepEqual(await texts(node), ["one", "two", "three"], node.name);
    await world.stop();
  });

  it("says which members have a message, and no more than they proved", async () => {
    const { world, alice, bob, carol } = await groupOf(12);
    await carol.stop();
    await world.time.pass(60 * SECOND);
    const { id } = await alice.messenger.send("group:Club", "hello");
    await world.time.pass(20 * SECOND);
    const states = async () =>
      (await alice.messenger.groups.who(id)).map(({ contact, state }) => [contact, state]);
    assert.deepEqual(await states(), [
      ["bob", "delivered"],
      ["carol", "none"],
    ]);
    await bob.messenger.markRead("group:Club", {});
    await carol.start();
    await world.time.pass(120 * SECOND);
    assert.deepEqual(await states(), [
      ["bob", "read"],
      ["carol", "delivered"],
    ]);
    const { id: own } = await alice.messenger.send("bob", "of a pair");
    await assert.rejects(alice.messenger.groups.who(own), { code: "message-unknown" });
    await world.stop();
  });

  it("has a timer and a topic that all know, and messages go when their time is over", async () => {
    const { world, alice, bob, carol } = await groupOf(13);
    await alice.messenger.groups.set("Club", "topic", "Walks");
    await alice.messenger.groups.setTimer("Club", 60 * SECOND);
    await assert.rejects(alice.messenger.groups.setTimer("Club", 1), { code: "timer-invalid" });
    await assert.rejects(bob.messenger.groups.set("Club", "topic", "x"), { code: "group-role" });
    await world.time.pass(10 * SECOND);
    for (const node of [bob, carol]) {
      const { topic, timer } = node.messenger.groups.show("Club");
      assert.deepEqual([topic, timer], ["Walks", 60 * SECOND], node.name);
    }
    await bob.messenger.send("group:Club", "soon gone");
    await world.time.pass(5 * SECOND);
    for (const node of [alice, carol]) await node.messenger.markRead("group:Club", {});
    await world.time.pass(180 * SECOND);
    for (const node of [alice, bob, carol]) assert.deepEqual(await texts(node), [], node.name);
    await world.stop();
  });
});
