import assert from "node:assert/strict";
import { onDisk, watchDelivered } from "../scenario/storm.ts";
import { type SimNode, World } from "../scenario/world.ts";

async function pair(seed: number) {
  const world = new World(seed);
  const alice = await world.node("alice");
  const bob = await world.node("bob");
  await world.pair(alice, bob);
  await exchange(world, alice, bob, "before");
  return { world, alice, bob };
}

async function exchange(world: World, alice: SimNode, bob: SimNode, text: string): Promise<void> {
  const there = await alice.messenger.send("bob", `${text}, alice`);
  await world.reaches(alice, there, "delivered");
  const back = await bob.messenger.send("alice", `${text}, bob`);
  await world.reaches(bob, back, "delivered");
}

/** Bob comes back with an older copy of his disk; `between` is what he forgot, `queued` what he writes before he is online. */
async function restored(
  seed: number,
  between: (world: World, alice: SimNode, bob: SimNode) => Promise<void>,
  queued: number,
): Promise<void> {
  const { world, alice, bob } = await pair(seed);
  const old = bob.store.fork();
  await between(world, alice, bob);
  await bob.stop();
  await world.time.pass(5000);
  const lies = [watchDelivered(alice, bob), watchDelivered(bob, alice)];
  await bob.startFrom(old);
  const sent = [];
  for (let n = 0; n < queued; n++) sent.push(await bob.messenger.send("alice", `after ${n}`));
  const waiting = await alice.messenger.send("bob", "welcome back");
  await world.reaches(alice, waiting, "delivered");
  for (const message of sent) await world.reaches(bob, message, "delivered");
  await exchange(world, alice, bob, "after");
  for (const message of sent) assert.ok(onDisk(alice, message.id), "nothing is lost");
  const shown = alice.shown().map(({ id }) => id);
  assert.equal(new Set(shown).size, shown.length, "alice saw nothing twice");
  const texts = await alice.texts("bob");
  for (let n = 0; n < queued; n++)
    assert.equal(texts.filter((text) => text === `in: after ${n}`).length, 1);
  assert.deepEqual(
    lies.flatMap((watch) => watch.lies),
    [],
  );
  await world.stop();
}

describe("a node restored from an older copy of its disk", () => {
  for (const queued of [0, 1, 8])
    it(`is found out before it uses an old key, and loses none of ${queued} new messages`, async () => {
      for (let seed = 1; seed <= 5; seed++)
        await restored(
          seed,
          async (world, alice, bob) => {
            for (let n = 0; n < 5; n++) await exchange(world, alice, bob, `forgotten ${n}`);
          },
          queued,
        );
    });

  it("recovers when it forgot only what it had received", async () => {
    for (let seed = 11; seed <= 15; seed++)
      await restored(
        seed,
        async (world, alice) => {
          for (let n = 0; n < 5; n++)
            await world.reaches(alice, await alice.messenger.send("bob", `lost ${n}`), "delivered");
        },
        3,
      );
  });

  it("recovers when it forgot only what it had sent", async () => {
    for (let seed = 21; seed <= 25; seed++)
      await restored(
        seed,
        async (world, _alice, bob) => {
          for (let n = 0; n < 5; n++)
            await world.reaches(bob, await bob.messenger.send("alice", `kept ${n}`), "delivered");
        },
        3,
      );
  });

  it("recovers when it forgot a newer session", async () => {
    await restored(
      31,
      async (world, alice, bob) => {
        const session = bob.store.snapshot().find(({ table }) => table === "session");
        assert.ok(session);
        await bob.stop();
        await bob.store.commit([{ kind: "delete", key: session }]);
        await bob.start();
        await exchange(world, alice, bob, "under a new session");
      },
      3,
    );
  });

  it("recovers when both were restored", async () => {
    const { world, alice, bob } = await pair(41);
    const disks = [alice.store.fork(), bob.store.fork()] as const;
    for (let n = 0; n < 5; n++) await exchange(world, alice, bob, `forgotten ${n}`);
    await Promise.all([alice.stop(), bob.stop()]);
    await alice.startFrom(disks[0]);
    await bob.startFrom(disks[1]);
    await exchange(world, alice, bob, "after");
    assert.deepEqual(await alice.texts("bob"), [
      "out: before, alice",
      "in: before, bob",
      "out: after, alice",
      "in: after, bob",
    ]);
    for (const node of [alice, bob]) await node.stop();
  });
});
