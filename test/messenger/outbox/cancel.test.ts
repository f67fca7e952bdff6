import assert from "node:assert/strict";
import { limits, type MessageId } from "../../../src/base/index.ts";
import { type MessageView, reconcileOlderCopy } from "../../../src/messenger/index.ts";
import type { Contact } from "../../../src/messenger/model/contact.ts";
import { decodeRow, encodeRow } from "../../../src/messenger/model/rows.ts";
import { lines, pairOf, settledActs } from "../../scenario/acts.ts";
import type { SimNode, World } from "../../scenario/world.ts";

/** Alice's messages to bob, who is away: none of them was sealed. */
async function waiting(seed: number, texts: readonly string[]) {
  const { world, alice, bob } = await pairOf(seed);
  await bob.stop();
  await world.time.pass(1000);
  const sent: MessageView[] = [];
  for (const text of texts) sent.push(await alice.messenger.send("bob", text));
  const [one, two, three] = sent.map(({ id }) => id) as [MessageId, MessageId, MessageId];
  return { world, alice, bob, one, two, three };
}

/** Changes alice's row of bob while she is down. */
async function changeContact(alice: SimNode, change: Partial<Contact>): Promise<void> {
  alice.kill();
  const row = alice.store.snapshot().find(({ table }) => table === "contact");
  assert.ok(row);
  const { value, ...key } = row;
  const contact = { ...decodeRow<Contact>(value), ...change };
  await alice.store.commit([{ kind: "put", key, value: encodeRow(contact) }]);
  await alice.start();
}

const outbox = ({ store }: SimNode): number =>
  store.snapshot().filter(({ table }) => table === "outbox").length;

type Bar = (world: World, alice: SimNode) => Promise<unknown>;

const bars: readonly (readonly [why: string, code: string, bar: Bar])[] = [
  ["the contact is blocked", "contact-blocked", (_, alice) => alice.messenger.block("bob")],
  [
    "the account key of the contact has changed",
    "key-changed",
    (_, alice) => changeContact(alice, { changedAccount: alice.messenger.self().account }),
  ],
  [
    "the contact denied the request",
    "invite-denied",
    (_, alice) => changeContact(alice, { pairing: "denied" }),
  ],
];

describe("a message that never left", () => {
  for (const [why, code, bar] of bars)
    it(`is edited, deleted and cancelled although ${why}`, async () => {
      const { world, alice, one, two, three } = await waiting(31, ["one", "two", "three"]);
      await bar(world, alice);
      await assert.rejects(alice.messenger.send("bob", "four"), { code });
      assert.equal((await alice.messenger.edit(one, "one, better")).text, "one, better");
      assert.equal((await alice.messenger.delete(two)).deleted, true);
      assert.equal((await alice.messenger.cancel(three)).state, "cancelled");
      assert.equal(outbox(alice), 1);
      await assert.rejects(alice.messenger.react(one, "👍"), { code });
      await world.stop();
    });

  it("is sent with its last text only, and the contact learns nothing of the others", async () => {
    const { world, alice, bob, one, two, three } = await waiting(32, ["one", "two", "three"]);
    await alice.messenger.block("bob");
    await alice.messenger.edit(one, "one, better");
    await alice.messenger.delete(two);
    await alice.messenger.cancel(three);
    await alice.messenger.unblock("bob");
    await bob.start();
    await settledActs(world, alice, bob, [three]);
    assert.deepEqual(await lines(bob, "alice"), ["in: one, better"]);
    assert.deepEqual(await lines(alice, "bob"), [
      "out: one, better",
      "out:  (deleted)",
      "out: three",
    ]);
    assert.deepEqual(await alice.states("bob"), ["delivered", "cancelled", "cancelled"]);
    assert.ok(!bob.store.snapshot().some(({ table }) => table === "early"));
    // A cancelled message is deleted here only: the contact never had it.
    assert.equal((await alice.messenger.delete(three)).deleted, true);
    assert.equal(outbox(alice), 0);
    await world.stop();
  });

  it("is edited, deleted and cancelled although the outbox is full", async () => {
    const { world, alice, bob, one, two, three } = await waiting(33, ["one", "two", "three"]);
    const left = limits.outboxMessages - 3;
    const late: Promise<MessageView>[] = [];
    // The moment at which a batch is stored, and its senders are not told yet.
    alice.onEvent = (event) => {
      if (event.type !== "message.new" || event.message.text !== "last of many") return;
      for (let n = 0; n < 64; n++) late.push(alice.messenger.send("bob", `late ${n}`));
    };
    const many = Array.from({ length: left - 64 }, (_, n) =>
      alice.messenger.send("bob", n === left - 65 ? "last of many" : `${n}`, { key: `k${n}` }),
    );
    await Promise.all(many);
    await Promise.all(late);
    assert.equal(alice.contact("bob").waiting, limits.outboxMessages);
    await assert.rejects(alice.messenger.send("bob", "too many"), { code: "outbox-full" });
    await assert.rejects(alice.messenger.setTimer("bob", 60_000), { code: "outbox-full" });
    const again = await alice.messenger.send("bob", "0", { key: "k0" });
    assert.equal(again.id, (await many[0])?.id);
    await alice.messenger.edit(one, "one, better");
    await alice.messenger.delete(two);
    await alice.messenger.cancel(three);
    assert.equal(alice.contact("bob").waiting, limits.outboxMessages - 2);
    for (let n = 0; n < 2; n++) await alice.messenger.send("bob", `more ${n}`);
    await assert.rejects(alice.messenger.send("bob", "too many"), { code: "outbox-full" });
    assert.equal(bob.alive, false);
    await world.stop();
  });
});

/** Alice comes back with the copy of her disk on which none of her messages was sealed. */
async function olderCopy(seed: number) {
  const scene = await waiting(seed, ["one", "two", "three", "four"]);
  const { world, alice, bob } = scene;
  const copy = alice.store.fork();
  await bob.start();
  await world.until("all arrive", () => bob.shown().length === 4);
  await world.time.pass(5000);
  await bob.stop();
  await alice.stop();
  return { ...scene, copy };
}

describe("a message of an older copy of the store", () => {
  it("is cancelled, deleted and edited at a contact who has it from the newer state", async () => {
    const { world, alice, bob, one, two, three, copy } = await olderCopy(34);
    await reconcileOlderCopy(copy);
    await alice.startFrom(copy);
    await alice.messenger.block("bob");
    assert.equal((await alice.messenger.cancel(one)).state, "cancelled");
    assert.equal((await alice.messenger.delete(two)).deleted, true);
    await alice.messenger.edit(three, "three, better");
    await alice.messenger.unblock("bob");
    await bob.start();
    await world.until("all is delivered", () => alice.contact("bob").waiting === 0);
    assert.deepEqual(await lines(alice, "bob"), [
      "out: one",
      "out:  (deleted)",
      "out: three, better (edited)",
      "out: four",
    ]);
    assert.deepEqual(await lines(bob, "alice"), [
      "in:  (deleted)",
      "in:  (deleted)",
      "in: three, better (edited)",
      "in: four",
    ]);
    assert.deepEqual(await alice.states("bob"), [
      "cancelled",
      "cancelled",
      "delivered",
      "delivered",
    ]);
    for (const node of [alice, bob]) await node.stop();
  });

  it("counts as sent from the link on that shows that the store is an older copy", async () => {
    const { world, alice, bob, copy } = await olderCopy(35);
    await alice.startFrom(copy);
    await bob.start();
    await settledActs(world, alice, bob);
    const row = alice.store.snapshot().find(({ table }) => table === "contact");
    assert.ok(row);
    const { conversation } = decodeRow<Contact>(row.value);
    assert.equal(conversation.uncertainTo, conversation.nextAt - 1);
    for (const node of [alice, bob]) await node.stop();
  });
});
