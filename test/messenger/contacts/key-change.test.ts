import assert from "node:assert/strict";
import { createAccount } from "../../../src/messenger/index.ts";
import { memoryStore } from "../../../src/store/index.ts";
import { type SimNode, World } from "../../scenario/world.ts";

/**
 * Somebody has everything of bob's but his account: the rows of his contacts, under another
 * identity.
 */
async function impostor(seed: number) {
  const world = new World(seed);
  const alice = await world.node("alice");
  const bob = await world.node("bob");
  await world.pair(alice, bob);
  await world.reaches(alice, await alice.messenger.send("bob", "before"), "delivered");
  await bob.stop();
  const other = memoryStore();
  await createAccount(
    { crypto: world.crypto, store: other, clock: world.time.clock() },
    { name: "bob" },
  );
  const disk = bob.store.fork();
  const ops = other.snapshot().map(({ value, ...key }) => ({ kind: "put" as const, key, value }));
  await disk.commit(ops);
  // A session is needed to go on without a handshake; it was made with another device key.
  const session = disk.snapshot().find(({ table }) => table === "session");
  assert.ok(session);
  await disk.commit([{ kind: "delete", key: session }]);
  return { world, alice, bob, disk };
}

async function shown(seed: number) {
  const made = await impostor(seed);
  const { world, alice, bob, disk } = made;
  const waiting = await alice.messenger.send("bob", "for bob only");
  await bob.startFrom(disk);
  await world.until("alice sees another key", () =>
    alice.events.some(({ type }) => type === "key.changed"),
  );
  return { ...made, waiting };
}

const ratchetsTo = (world: World, node: SimNode): number =>
  world.network.captured.filter(({ to, frame }) => to === node.host.host && frame[0] === 4).length;

describe("a contact that shows another account key", () => {
  for (const seed of [1, 2, 3])
    it(`is sent nothing until the person decides (seed ${seed})`, async () => {
      const { world, alice, bob } = await shown(seed);
      await world.time.pass(3_600_000);
      assert.ok(alice.contact("bob").keyChanged);
      assert.ok(!alice.contact("bob").verified);
      assert.equal(ratchetsTo(world, bob), 0, "no message went to the new key");
      assert.equal(bob.shown().length, 1, "only what came before");
      await assert.rejects(alice.messenger.send("bob", "more"), { code: "key-changed" });
      await assert.rejects(alice.messenger.verify("bob"), { code: "key-changed" });
      const wrong = "0".repeat(60);
      await assert.rejects(alice.messenger.verify("bob", wrong), { code: "number-mismatch" });
      assert.ok(alice.contact("bob").keyChanged);
      assert.equal(alice.events.filter(({ type }) => type === "key.changed").length, 1);
      await world.stop();
    });

  it("gets what waits once the person accepts the new key by its number", async () => {
    const { world, alice, bob, waiting } = await shown(4);
    await alice.restart();
    assert.ok(alice.contact("bob").keyChanged, "also after a restart");
    const number = bob.messenger.safetyNumber("alice");
    const contact = await alice.messenger.verify("bob", number);
    assert.ok(contact.verified && !contact.keyChanged);
    assert.equal(contact.account, bob.messenger.self().account);
    await world.reaches(alice, waiting, "delivered");
    assert.deepEqual(await bob.texts("alice"), ["in: before", "in: for bob only"]);
    await world.reaches(bob, await bob.messenger.send("alice", "thanks"), "delivered");
    await world.stop();
  });
});

describe("safety numbers", () => {
  it("are the same on both sides, and mark a contact verified until it is undone", async () => {
    const world = new World(5);
    const alice = await world.node("alice");
    const bob = await world.node("bob");
    await world.pair(alice, bob);
    const number = bob.messenger.safetyNumber("alice");
    assert.equal(alice.messenger.safetyNumber("bob"), number);
    await assert.rejects(alice.messenger.verify("bob", "1".repeat(60)), {
      code: "number-mismatch",
    });
    assert.ok(!alice.contact("bob").verified);
    assert.ok((await alice.messenger.verify("bob", number)).verified);
    await alice.restart();
    assert.ok(alice.contact("bob").verified);
    assert.ok(!(await alice.messenger.unverify("bob")).verified);
    assert.ok((await alice.messenger.verify("bob")).verified);
    await world.stop();
  });
});
