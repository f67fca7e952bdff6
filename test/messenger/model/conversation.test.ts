import assert from "node:assert/strict";
import { limits } from "../../../src/base/index.ts";
import type { Contact } from "../../../src/messenger/model/contact.ts";
import { decodeRow, encodeRow, put, rowKey } from "../../../src/messenger/model/rows.ts";
import { World } from "../../scenario/world.ts";

const OWN_REF = "a-ref-of-its-own";
const TABLES = ["message", "outbox", "early", "span", "search-mark", "search-part"];

describe("a conversation", () => {
  it("keys its rows by its own ref, whatever the contact's ref is", async () => {
    const world = new World(1);
    const [alice, bob] = [await world.node("alice"), await world.node("bob")];
    await world.pair(alice, bob);
    await alice.stop();
    const [bytes] = await alice.store.all("contact");
    assert.ok(bytes);
    const contact = decodeRow<Contact>(bytes);
    const moved = { ...contact, conversation: { ...contact.conversation, ref: OWN_REF } };
    await alice.store.commit([put(rowKey("contact", contact.ref), encodeRow(moved))]);
    await alice.start();

    await alice.messenger.setTimer("bob", limits.timerMin);
    const first = await alice.messenger.send("bob", "zero", { key: "a key" });
    await world.reaches(alice, first, "delivered");
    await world.reaches(bob, await bob.messenger.send("alice", "back"), "delivered");
    for (let n = 0; n < limits.searchWaiting; n++) await alice.messenger.send("bob", `word ${n}`);
    assert.equal(
      (await alice.messenger.search("zero", { limit: 2 })).hits[0]?.message.id,
      first.id,
    );
    await bob.stop();
    await world.until("the link is closed", () => !alice.contact("bob").online);
    await alice.messenger.markRead("bob");
    const queued = await alice.messenger.send("bob", "queued");
    await alice.restart();

    assert.equal((await alice.messenger.message(queued.id))?.text, "queued");
    assert.equal((await alice.messenger.send("bob", "zero", { key: "a key" })).id, first.id);
    const refs = (): Set<string> =>
      new Set(
        alice.store
          .snapshot()
          .filter(({ table }) => TABLES.includes(table))
          .map(({ of }) => of),
      );
    assert.deepEqual([...refs()], [OWN_REF]);
    // Messages expire where they are stored.
    const whole = alice.store.snapshot().filter(({ table }) => table === "message").length;
    await world.time.pass(limits.timerMin + limits.spanLook);
    const left = alice.store.snapshot().filter(({ table }) => table === "message").length;
    assert.ok(left < whole, `${left} of ${whole}`);

    await alice.messenger.remove("bob");
    assert.deepEqual([...refs()], []);
    await world.stop();
  });
});
