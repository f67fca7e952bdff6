import assert from "node:assert/strict";
import { pairOf } from "../../scenario/acts.ts";
import { settled } from "../../scenario/storm.ts";
import { type SimNode, World } from "../../scenario/world.ts";

/** From its `step`-th commit on, the disk of this node fails. */
function fail(node: SimNode, moment: "before" | "after", step: number): { failed: boolean } {
  const seen = { failed: false };
  let count = 0;
  node.onCommit = (_ops, at) => {
    if (at !== moment || ++count !== step) return;
    seen.failed = true;
    throw new Error("the disk is gone");
  };
  return seen;
}

async function reopen(node: SimNode): Promise<void> {
  node.onCommit = undefined;
  node.kill();
  await node.world.time.pass(1000);
  await node.start();
}

describe("a disk that fails", () => {
  for (const moment of ["before", "after"] as const)
    for (const online of [true, false])
      it(`${moment} a send is applied, ${online ? "online" : "offline"}: the caller gets the error, and nothing is on the wire`, async () => {
        const { world, alice, bob } = await pairOf(1);
        if (!online) await bob.stop();
        await world.time.pass(5000);
        const since = world.network.captured.length;
        fail(alice, moment, 1);
        await assert.rejects(alice.messenger.send("bob", "lost?"), { code: "store-write-failed" });
        await assert.rejects(alice.messenger.send("bob", "no more"), {
          code: "store-write-failed",
        });
        await world.time.pass(5000);
        const sent = world.network.captured
          .slice(since)
          .filter(({ from, frame }) => from === alice.host.host && frame[0] === 4);
        assert.deepEqual(sent, []);
        assert.ok(!alice.events.some(({ type }) => type === "message.new"));
        assert.deepEqual(bob.shown(), []);
        await reopen(alice);
        if (!online) await bob.start();
        const kept = moment === "after" ? ["lost?"] : [];
        assert.deepEqual(
          (await alice.texts("bob")).map((text) => text.slice(5)),
          kept,
        );
        await world.reaches(alice, await alice.messenger.send("bob", "and on"), "delivered");
        await settled(world, alice, bob);
        await world.stop();
      });

  for (const who of ["alice", "bob"] as const)
    for (const moment of ["before", "after"] as const)
      it(`${moment} any commit of a conversation at ${who}'s: nothing is lost once it is reopened`, async () => {
        for (let step = 1; ; step++) {
          const { world, alice, bob } = await pairOf(2);
          const node = who === "alice" ? alice : bob;
          const seen = fail(node, moment, step);
          for (let n = 0; n < 3; n++) {
            await alice.messenger.send("bob", `a${n}`).catch(() => undefined);
            await bob.messenger.send("alice", `b${n}`).catch(() => undefined);
            await world.time.pass(100);
          }
          await world.time.pass(60_000);
          if (!seen.failed) {
            await world.stop();
            assert.ok(step > 8, `only ${step} commits`);
            return;
          }
          assert.ok(node.host.open + world.time.pending < 40, "nothing piles up");
          await reopen(node);
          await settled(world, alice, bob);
          await world.stop();
        }
      });
});

describe("stopping", () => {
  it("leaves no link, no timer and no later write, whatever was under way", async () => {
    for (let seed = 1; seed <= 30; seed++) {
      const world = new World(100 + seed);
      const alice = await world.node("alice");
      const bob = await world.node("bob");
      const { link } = await alice.messenger.createInvite({
        kind: "once",
        expiresIn: 86_400_000,
        hints: seed % 2 === 0,
      });
      await bob.messenger.add(link, { as: "alice" });
      void bob.messenger.send("alice", "hi").catch(() => undefined);
      await world.time.pass(seed * 7);
      let stopped = false;
      let late = 0;
      for (const node of [alice, bob])
        node.onCommit = () => {
          if (stopped) late++;
        };
      await Promise.all([alice.messenger.stop(), bob.messenger.stop()]);
      stopped = true;
      await world.time.pass(60_000);
      await assert.rejects(bob.messenger.send("alice", "late"), { code: "store-closed" });
      assert.equal(late, 0, `seed ${seed}: written after the end`);
      assert.equal(alice.host.open + bob.host.open, 0, `seed ${seed}: a channel lives`);
      assert.equal(world.time.pending, 0, `seed ${seed}: a timer is left`);
      await assert.rejects(
        alice.messenger.createInvite({ kind: "once", expiresIn: 1, hints: true }),
        {
          code: "expiry-invalid",
        },
      );
      // And both can be started again.
      alice.messenger.start();
      bob.messenger.start();
      await world.paired(alice, bob);
      await settled(world, alice, bob);
      await world.stop();
    }
  });

  it("lets no timer run on for a node that only waits", async () => {
    const { world, alice, bob } = await pairOf(3);
    await alice.stop();
    await bob.stop();
    await world.time.pass(1000);
    assert.equal(world.time.pending, 0);
    await world.stop();
  });
});

describe("a node that is left alone", () => {
  it("asks for an absent contact ever more rarely", async () => {
    const { world, alice, bob } = await pairOf(4);
    await bob.stop();
    await world.time.pass(86_400_000);
    const before = alice.host.lookups;
    await world.time.pass(86_400_000);
    const perDay = alice.host.lookups - before;
    assert.ok(perDay >= 24 && perDay <= 120, `${perDay} lookups a day`);
    await world.stop();
  });

  it("publishes at most every few seconds while its addresses change all the time", async () => {
    const { world, alice } = await pairOf(5);
    const before = alice.host.puts;
    for (let n = 0; n < 600; n++) {
      alice.host.readdressed();
      alice.host.peerAppeared();
      await world.time.pass(100);
    }
    const puts = alice.host.puts - before;
    assert.ok(puts >= 2 && puts <= 2 * (60_000 / 5000 + 2), `${puts} puts in a minute`);
    await world.stop();
  });

  it("does nothing without a network, and publishes as soon as it is back", async () => {
    const { world, alice } = await pairOf(6);
    await world.time.pass(5000);
    alice.host.up = false;
    const before = alice.host.puts;
    await world.time.pass(4 * 3_600_000);
    const meanwhile = alice.host.puts;
    assert.ok(meanwhile - before <= 2);
    alice.host.up = true;
    alice.host.peerAppeared();
    await world.time.pass(10_000);
    assert.ok(alice.host.puts > meanwhile);
    await world.stop();
  });

  it("loads a thousand contacts and finds each", async () => {
    const { world, alice, bob } = await pairOf(7);
    const rows = alice.store
      .snapshot()
      .filter(({ table }) => table === "contact" || table === "session");
    const ops = [];
    for (let n = 0; n < 1000; n++)
      for (const { value, ...key } of rows) {
        const copy =
          key.table === "session"
            ? value
            : Buffer.from(
                JSON.stringify({
                  ...JSON.parse(Buffer.from(value).toString()),
                  ref: `copy${n}`,
                  name: `copy ${n}`,
                  account: `${String(n).padStart(6, "0")}${"a".repeat(46)}`,
                  blocked: true,
                }),
              );
        ops.push({ kind: "put" as const, key: { ...key, of: `copy${n}` }, value: copy });
      }
    await alice.stop();
    await alice.store.commit(ops);
    await alice.start();
    assert.equal(alice.messenger.contacts().length, 1001);
    assert.equal(alice.contact("copy 777").name, "copy 777");
    await world.reaches(bob, await bob.messenger.send("alice", "hi"), "delivered");
    await world.stop();
  });
});
