import assert from "node:assert/strict";
import {
  reconcileAfterRepair,
  reconcileOlderCopy,
  recreatedTables,
} from "../../../src/messenger/index.ts";
import type { Contact } from "../../../src/messenger/model/contact.ts";
import { idempotencyKey, type MessageRow, placeKey } from "../../../src/messenger/model/message.ts";
import { decodeRow, drop, encodeRow, put, rowKey } from "../../../src/messenger/model/rows.ts";
import { putContact } from "../../../src/messenger/state/contact-store.ts";
import { memoryStore } from "../../../src/store/index.ts";
import { answered, secretIn } from "../../scenario/knock.ts";
import { World } from "../../scenario/world.ts";

describe("consistency of rows after a repair of the store", () => {
  it("lets two users continue: new sessions, nothing overwritten, every message found", async () => {
    const world = new World(31);
    const [alice, bob] = [await world.node("alice"), await world.node("bob")];
    await world.pair(alice, bob);
    const old = await alice.store.all("contact");
    for (let n = 0; n < 300; n++) await alice.messenger.send("bob", `a${n}`, { key: `k${n}` });
    const last = await bob.messenger.send("alice", "b");
    await world.reaches(bob, last, "delivered");
    await alice.stop();
    const kept = await bob.messenger.send("alice", "while she was away");
    const before = await alice.store.all("message");

    // The contact as it was long ago, no session, no index of messages, one message gone that was
    // to be sent.
    const [contact] = old.map((bytes) => decodeRow<{ ref: string }>(bytes));
    assert.ok(contact);
    const { ref } = contact;
    const ids = before.map((bytes) => decodeRow<MessageRow>(bytes));
    await alice.store.commit([
      put(rowKey("contact", ref), encodeRow(contact)),
      put(rowKey("outbox", ref, 9_999), encodeRow({ id: last.id, sequence: 1 })),
      drop(rowKey("session", ref)),
      ...ids.flatMap(({ id, key }) => [
        drop(placeKey(ref, id)),
        ...(key === undefined ? [] : [drop(idempotencyKey(ref, key))]),
      ]),
    ]);
    await reconcileAfterRepair(alice.store);
    await alice.start();

    await world.reaches(bob, kept, "delivered");
    const fresh = await alice.messenger.send("bob", "again");
    await world.reaches(alice, fresh, "delivered");
    const texts = await alice.texts("bob");
    assert.equal(texts.length, 303);
    assert.deepEqual(texts.slice(-2), ["in: while she was away", "out: again"]);
    for (const { id } of ids) assert.ok(await alice.messenger.message(id));
    const same = await alice.messenger.send("bob", "a5", { key: "k5" });
    assert.equal((await alice.texts("bob")).length, 303, same.text);
    await world.stop();
  });

  it("queues messages and notices again whose outbox entries are lost", async () => {
    const world = new World(32);
    const [alice, bob] = [await world.node("alice"), await world.node("bob")];
    await world.pair(alice, bob);
    await bob.stop();
    const lost = await alice.messenger.send("bob", "queued");
    await alice.messenger.setTimer("bob", 86_400_000);
    const notice = (await alice.messenger.history("bob", { limit: 9 })).at(-1);
    assert.ok(notice?.notice);
    await alice.stop();
    const { store } = alice;
    const entries = store.snapshot().filter(({ table }) => table === "outbox");
    assert.equal(entries.length, 2);
    await store.commit(entries.map((key) => ({ kind: "delete" as const, key })));
    await reconcileAfterRepair(store);
    await alice.start();
    await bob.start();
    await world.reaches(alice, lost, "delivered");
    await world.reaches(alice, notice, "delivered");
    assert.equal(bob.contact("alice").timer, 86_400_000);
    await world.stop();
  });

  for (const reconcile of [reconcileAfterRepair, reconcileOlderCopy])
    it(`counts invites for one use as used (${reconcile.name})`, async () => {
      const world = new World(33);
      const alice = await world.node("alice");
      const options = { expiresIn: 86_400_000, hints: false } as const;
      const single = await alice.messenger.createInvite({ ...options, kind: "once" });
      const open = await alice.messenger.createInvite({ ...options, kind: "reusable" });
      await alice.stop();
      await reconcile(alice.store);
      await alice.start();
      const states = alice.messenger.invites().map(({ id, state }) => [id, state]);
      assert.deepEqual(Object.fromEntries(states), { [single.id]: "used", [open.id]: "open" });
      assert.equal(await answered(world, alice, secretIn(single.link)), undefined);
      await world.stop();
    });

  for (const reconcile of [reconcileAfterRepair, reconcileOlderCopy])
    it(`takes the order of the contact, however far ahead it is (${reconcile.name})`, async () => {
      const world = new World(34);
      const alice = await world.node("alice");
      const bob = await world.node("bob");
      await world.pair(alice, bob);
      await world.reaches(bob, await bob.messenger.send("alice", "before"), "delivered");
      await Promise.all([alice.stop(), bob.stop()]);
      // Bob's copy is from before a long time in which both sides changed much.
      const [row] = await alice.store.all("contact");
      assert.ok(row);
      const contact = decodeRow<Contact>(row);
      const conversation = { ...contact.conversation, lamport: 2 ** 40 };
      await alice.store.commit([putContact({ ...contact, conversation })]);
      await reconcile(bob.store);
      await Promise.all([alice.start(), bob.start()]);
      await world.reaches(alice, await alice.messenger.send("bob", "after"), "delivered");
      await bob.messenger.setTimer("alice", 86_400_000);
      await world.until("alice has bob's timer", () => alice.contact("bob").timer === 86_400_000);
      assert.ok((await bob.texts("alice")).includes("in: after"));
      await world.stop();
    });

  it("refuses a store without its account", async () => {
    await assert.rejects(reconcileAfterRepair(memoryStore()), { code: "account-lost" });
    assert.ok(recreatedTables.includes("session"));
  });
});
