import assert from "node:assert/strict";
import { reconcileOlderCopy } from "../../../src/messenger/index.ts";
import type { MemoryStore } from "../../../src/store/index.ts";
import { onDisk, watchDelivered } from "../../scenario/storm.ts";
import { type SimNode, World } from "../../scenario/world.ts";

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

/**
 * Bob comes back with an older copy of his disk; `between` is what he forgot, `queued` what he
 * writes before he is online.
 */
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

  for (const [what, whole] of [
    ["a link", 1],
    ["several links", 4],
  ] as const)
    it(`recovers when it forgot only the receipts of ${what}`, async () => {
      for (let seed = 51; seed <= 56; seed++) {
        const { world, alice, bob } = await pair(seed);
        const old = bob.store.fork();
        for (let n = 0; n < whole; n++) {
          bob.host.cutAll();
          await world.time.pass(60_000);
        }
        await bob.stop();
        await world.time.pass(5000);
        const { lies } = watchDelivered(bob, alice);
        await bob.startFrom(old);
        const sent = [];
        for (let n = 0; n < 4; n++) sent.push(await bob.messenger.send("alice", `after ${n}`));
        for (const message of sent) await world.reaches(bob, message, "delivered");
        assert.deepEqual(lies, []);
        assert.deepEqual((await alice.texts("bob")).slice(2), [
          "in: after 0",
          "in: after 1",
          "in: after 2",
          "in: after 3",
        ]);
        // Receipts went out under keys of the past, each with a nonce of its own; they are all that
        // did.
        assert.ok(world.keys.reused.length <= 2, `${world.keys.reused.length} keys`);
        for (const node of [alice, bob]) await node.stop();
      }
    });

  it("recovers when it forgot some receipts of one burst, however many messages it has to send", async () => {
    for (let queued = 0; queued <= 6; queued++) {
      const { world, alice, bob } = await pair(61);
      await world.time.pass(5000);
      let old: MemoryStore | undefined;
      bob.onCommit = (_ops, moment) => {
        if (moment === "after") old ??= bob.store.fork();
      };
      const burst = await Promise.all(
        [1, 2, 3, 4, 5].map((n) => alice.messenger.send("bob", `burst ${n}`)),
      );
      for (const message of burst) await world.reaches(alice, message, "delivered");
      bob.onCommit = undefined;
      await bob.stop();
      await world.time.pass(5000);
      assert.ok(old);
      await bob.startFrom(old);
      const sent = [];
      for (let n = 0; n < queued; n++) sent.push(await bob.messenger.send("alice", `${n}`));
      for (const message of sent) await world.reaches(bob, message, "delivered");
      assert.equal((await alice.texts("bob")).length, 2 + 5 + queued);
      const next = await alice.messenger.send("bob", "next");
      await world.reaches(alice, next, "delivered");
      for (const node of [alice, bob]) await node.stop();
    }
  });

  for (const [what, arrived] of [
    ["arrived after the copy was made", true],
    ["never arrived", false],
  ] as const)
    it(`queues messages again whose outbox entries cannot be opened, and which ${what}`, async () => {
      for (let seed = 71; seed <= 73; seed++) {
        const { world, alice, bob } = await pair(seed);
        await alice.stop();
        const queued = [];
        for (let n = 0; n < 3; n++) queued.push(await bob.messenger.send("alice", `queued ${n}`));
        const old = bob.store.fork();
        if (arrived) {
          await alice.start();
          for (const message of queued) await world.reaches(bob, message, "delivered");
          await exchange(world, alice, bob, "forgotten");
        }
        await bob.stop();
        // The keys of sessions and outbox entries were shredded since; the others still open.
        const shredded = old
          .snapshot()
          .filter(({ table }) => table === "outbox" || table === "session");
        assert.ok(shredded.some(({ table }) => table === "outbox"));
        await old.commit(shredded.map((key) => ({ kind: "delete" as const, key })));
        await reconcileOlderCopy(old);
        const { lies } = watchDelivered(bob, alice);
        await bob.startFrom(old);
        assert.equal(bob.contact("alice").waiting, 3);
        const after = await bob.messenger.send("alice", "after");
        if (!arrived) await alice.start();
        for (const message of [...queued, after]) await world.reaches(bob, message, "delivered");
        assert.deepEqual(lies, []);
        const texts = (await alice.texts("bob")).filter((text) => text.startsWith("in: "));
        assert.deepEqual(
          texts.filter((text) => text !== "in: forgotten, bob"),
          ["before, bob", "queued 0", "queued 1", "queued 2", "after"].map((one) => `in: ${one}`),
        );
        await world.stop();
      }
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
