import assert from "node:assert/strict";
import { limits } from "../../../src/base/index.ts";
import type { Diagnosis } from "../../../src/messenger/index.ts";
import type { MessageRow } from "../../../src/messenger/model/message.ts";
import { decodeRow, encodeRow } from "../../../src/messenger/model/rows.ts";
import { putContact } from "../../../src/messenger/state/contact-store.ts";
import { pairOf } from "../../scenario/acts.ts";
import { contactOf, talk } from "../../scenario/pairing.ts";
import type { SimNode, World } from "../../scenario/world.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const lamportOf = async (node: SimNode) => (await contactOf(node)).conversation.lamport;

/** The node's program is changed: from its next start on it stamps above `lamport`. */
async function claim(world: World, node: SimNode, lamport: number): Promise<void> {
  await node.stop();
  const contact = await contactOf(node);
  const conversation = { ...contact.conversation, lamport };
  await node.store.commit([putContact({ ...contact, conversation })]);
  await node.start();
  await world.time.pass(MINUTE);
}

/** Sends, and waits until the peer has it, whatever it makes of it. */
async function say(world: World, node: SimNode, who: string, text: string): Promise<void> {
  await world.reaches(node, await node.messenger.send(who, text), "delivered");
}

/** What `sotto doctor` counts of Bob's messages. */
async function refusedBy(world: World, node: SimNode): Promise<Diagnosis["refused"]> {
  let told: Diagnosis | undefined;
  void node.messenger.diagnose("bob").then((diagnosis) => {
    told = diagnosis;
  });
  await world.until("a diagnosis", () => told !== undefined, 2 * limits.diagnosis);
  return told?.refused;
}

describe("a peer whose order is far ahead", () => {
  for (const lamport of [2 ** 48, limits.lamport - 2])
    it(`cannot pin a timer, nor break the link, with a value above ${lamport}`, async () => {
      const { world, alice, bob } = await pairOf(1);
      await talk(world, alice, bob);
      const before = await lamportOf(alice);
      await claim(world, bob, lamport);
      const linked = alice.events.length;
      await bob.messenger.setTimer("alice", limits.timerMin);
      await say(world, bob, "alice", "from the end of time");
      await world.time.pass(MINUTE);
      assert.equal(alice.contact("bob").timer, 0);
      assert.ok(!(await alice.texts("bob")).includes("in: from the end of time"));
      assert.equal(await lamportOf(alice), before);
      const events = alice.events.slice(linked);
      assert.ok(!events.some(({ type }) => type === "presence"), "the link lives");
      const refused = await refusedBy(world, alice);
      assert.ok(refused !== undefined && refused.held > 0);
      // Alice's timer holds, and what she sends is stamped below the end.
      await alice.messenger.setTimer("bob", HOUR);
      await say(world, alice, "bob", "still here");
      assert.equal(alice.contact("bob").timer, HOUR);
      assert.ok((await lamportOf(alice)) <= before + 2);
      await world.stop();
    });

  it("is read as soon as the order of the conversation has come near", async () => {
    const { world, alice, bob } = await pairOf(2);
    await talk(world, alice, bob);
    const before = await lamportOf(alice);
    await claim(world, bob, before + limits.lamportStep + 4);
    await say(world, bob, "alice", "early");
    await bob.messenger.setTimer("alice", HOUR);
    await world.time.pass(MINUTE);
    assert.deepEqual(await refusedBy(world, alice), { held: 2, dropped: 0 });
    assert.equal(alice.messenger.unread("bob"), 1);
    for (let n = 0; n < 4; n++) await say(world, alice, "bob", `${n}`);
    assert.deepEqual(await refusedBy(world, alice), { held: 2, dropped: 0 });
    // The first one that comes within reach raises the greatest value, and so brings the others.
    await say(world, alice, "bob", "4");
    await world.time.pass(MINUTE);
    assert.equal(await refusedBy(world, alice), undefined);
    assert.ok((await alice.texts("bob")).includes("in: early"));
    assert.equal(alice.contact("bob").timer, HOUR);
    assert.equal(alice.messenger.unread("bob"), 2);
    assert.equal(alice.shown().filter(({ text }) => text === "early").length, 1);
    await world.stop();
  });

  it("fills no disk: a bounded number is held back, the rest is counted and dropped", async () => {
    const { world, alice, bob } = await pairOf(3);
    await talk(world, alice, bob);
    await claim(world, bob, 2 ** 40);
    for (let n = 0; n < limits.heldMessages + 3; n++) await bob.messenger.send("alice", `${n}`);
    await world.until("everything is sent", () => bob.contact("alice").waiting === 0, HOUR);
    const held = { held: limits.heldMessages, dropped: 3 };
    assert.deepEqual(await refusedBy(world, alice), held);
    const rows = () => alice.store.snapshot().filter(({ table }) => table === "early").length;
    assert.equal(rows(), limits.heldMessages);
    // A contact that is removed leaves nothing of it.
    await alice.messenger.remove("bob");
    assert.equal(rows(), 0);
    await world.stop();
  });
});

describe("a text that follows one which is not here", () => {
  it("shows a gap until that one arrives", async () => {
    const { world, alice, bob } = await pairOf(6);
    await talk(world, alice, bob);
    const [first, second] = await alice.messenger.history("bob", { limit: 2 });
    assert.ok(first && second);
    const row = alice.store
      .snapshot()
      .find(({ table, at }) => table === "message" && at === second.at);
    assert.ok(row);
    for (const [missing, gap] of [
      ["a".repeat(26), true],
      [first.id, undefined],
    ]) {
      await alice.stop();
      const changed = { ...decodeRow<MessageRow>(row.value), missing: [missing] };
      await alice.store.commit([{ kind: "put", key: row, value: encodeRow(changed) }]);
      await alice.start();
      const shown = await alice.messenger.history("bob", { limit: 2 });
      assert.deepEqual(
        shown.map((each) => each.gap),
        [undefined, gap],
      );
      assert.equal((await alice.messenger.message(second.id))?.gap, gap);
    }
    await world.stop();
  });

  it("shows no gap for one that was deleted before it arrived", async () => {
    const { world, alice, bob } = await pairOf(7);
    await talk(world, alice, bob);
    // Both are sent on a link that carries nothing any more; then the first is deleted.
    alice.host.group = 1;
    const first = await bob.messenger.send("alice", "deleted on its way");
    const second = await bob.messenger.send("alice", "follows it");
    await world.time.pass(100);
    assert.deepEqual((await bob.states("alice")).slice(-2), ["sent", "sent"]);
    await bob.messenger.delete(first.id);
    bob.host.cutAll();
    alice.host.group = 0;
    await world.until("it is delivered", () => bob.contact("alice").waiting === 0, HOUR);
    assert.equal(await alice.messenger.message(first.id), undefined);
    const shown = await alice.messenger.message(second.id);
    assert.deepEqual([shown?.text, shown?.gap], ["follows it", undefined]);
    await world.stop();
  });
});

describe("an author whose contact is absent", () => {
  it("uses up no order by changes that replace each other before they are sent", async () => {
    const { world, alice, bob } = await pairOf(4);
    const { id } = await alice.messenger.send("bob", "0");
    await world.time.pass(MINUTE);
    const before = await lamportOf(bob);
    await bob.stop();
    await world.time.pass(MINUTE);
    for (let n = 1; n <= 50; n++) await alice.messenger.edit(id, `${n}`);
    for (let n = 0; n < 50; n++)
      await alice.messenger.cancel((await alice.messenger.send("bob", "no")).id);
    await alice.messenger.react(id, "👍");
    await bob.start();
    await world.until("all arrives", () => alice.contact("bob").waiting === 0);
    assert.equal((await bob.messenger.message(id))?.text, "50");
    assert.equal(await lamportOf(bob), before + 2);
    await world.stop();
  });
});

describe("a conversation whose order is used up", () => {
  it("refuses a change that would not hold, and still sends and deletes", async () => {
    const { world, alice, bob } = await pairOf(5);
    const { id } = await alice.messenger.send("bob", "0");
    await world.time.pass(MINUTE);
    await claim(world, alice, limits.lamport - 1);
    for (const change of [
      () => alice.messenger.setTimer("bob", HOUR),
      () => alice.messenger.edit(id, "1"),
      () => alice.messenger.react(id, "👍"),
    ])
      await assert.rejects(change(), { code: "order-exhausted" });
    assert.equal(alice.contact("bob").timer, 0);
    assert.equal((await alice.messenger.message(id))?.text, "0");
    await alice.messenger.send("bob", "1");
    assert.equal((await alice.messenger.delete(id)).deleted, true);
    await world.stop();
    assert.ok(bob.store);
  });
});
