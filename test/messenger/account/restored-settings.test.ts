import assert from "node:assert/strict";
import { limits } from "../../../src/base/index.ts";
import { putContact } from "../../../src/messenger/state/contact-store.ts";
import { contactOf, once, pairingOf, talk, talking, two } from "../../scenario/pairing.ts";
import type { SimNode, World } from "../../scenario/world.ts";
import { keep, restored } from "./backups.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Both timers, and who set it as either side shows it. */
async function timers(alice: SimNode, bob: SimNode): Promise<unknown[]> {
  const shown = async (node: SimNode, who: string) => {
    const page = await node.messenger.history(who, { limit: 1000 });
    return page.filter(({ notice }) => notice !== undefined).map(({ direction }) => direction);
  };
  return [
    alice.contact("bob").timer,
    bob.contact("alice").timer,
    (await shown(alice, "bob")).at(-1),
    (await shown(bob, "alice")).at(-1),
  ];
}

/** Alice's account on a new machine, by her backup or by her recovery phrase only. */
async function restoredAlice(world: World, alice: SimNode, bob: SimNode, way: "backup" | "words") {
  const kept = await keep(alice);
  await alice.stop();
  await world.time.pass(MINUTE);
  if (way === "backup") return restored(world, "alice", kept);
  const back = await restored(world, "alice", { entropy: kept.entropy });
  const { link } = await back.messenger.createInvite(once);
  await bob.messenger.add(link);
  await world.until("both know each other", () =>
    [pairingOf(back, bob), pairingOf(bob, back)].every((pairing) => pairing === "confirmed"),
  );
  return back;
}

describe("the timer of a conversation, after one side was restored", () => {
  for (const way of ["backup", "words"] as const)
    for (const by of ["alice", "bob"] as const)
      it(`is what ${by} had set, on both sides (${way})`, async () => {
        const { world, alice, bob } = await talking(1);
        const [node, who] = by === "alice" ? ([alice, "bob"] as const) : ([bob, "alice"] as const);
        await node.messenger.setTimer(who, 2 * HOUR);
        await node.messenger.setTimer(who, HOUR);
        await world.time.pass(MINUTE);
        const back = await restoredAlice(world, alice, bob, way);
        await talk(world, back, bob);
        const directions = by === "alice" ? ["out", "in"] : ["in", "out"];
        assert.deepEqual(await timers(back, bob), [HOUR, HOUR, ...directions]);
        await world.stop();
      });

  it("is what the restored side sets before it has found the other one", async () => {
    const { world, alice, bob } = await talking(2);
    for (let n = 0; n < 9; n++) await bob.messenger.setTimer("alice", (n + 1) * HOUR);
    await world.time.pass(MINUTE);
    await bob.stop();
    const back = await restoredAlice(world, alice, bob, "backup");
    await back.messenger.setTimer("bob", limits.timerMin);
    const early = await back.messenger.send("bob", "goes soon");
    await bob.start();
    await world.reaches(back, early, "delivered");
    await talk(world, back, bob);
    assert.deepEqual(await timers(back, bob), [limits.timerMin, limits.timerMin, "out", "in"]);
    await world.stop();
  });

  it("is what the other side sets while it is away", async () => {
    const { world, alice, bob } = await talking(3);
    await alice.messenger.setTimer("bob", HOUR);
    await world.time.pass(MINUTE);
    const kept = await keep(alice);
    await alice.stop();
    await world.time.pass(MINUTE);
    await bob.messenger.setTimer("alice", 2 * HOUR);
    const back = await restored(world, "alice", kept);
    await talk(world, back, bob);
    assert.deepEqual(await timers(back, bob), [2 * HOUR, 2 * HOUR, "in", "out"]);
    await world.stop();
  });

  it("is taken with an order of any size below the limit, above which the restored side goes on", async () => {
    const { world, alice, bob } = await talking(4);
    const lamport = 2 ** 50;
    for (const node of [alice, bob]) {
      await node.stop();
      const contact = await contactOf(node);
      const conversation = { ...contact.conversation, lamport };
      await node.store.commit([putContact({ ...contact, conversation })]);
      await node.start();
    }
    const { id } = await bob.messenger.send("alice", "old");
    await bob.messenger.setTimer("alice", HOUR);
    await talk(world, alice, bob);
    const back = await restoredAlice(world, alice, bob, "backup");
    await back.messenger.setTimer("bob", 2 * HOUR);
    await talk(world, back, bob);
    assert.deepEqual(await timers(back, bob), [2 * HOUR, 2 * HOUR, "out", "in"]);
    // Bob's changes of today are later than everything, and those of the new Alice as well.
    const told = await back.messenger.send("bob", "new");
    await world.reaches(back, told, "delivered");
    await back.messenger.react(told.id, "👍");
    await bob.messenger.react(told.id, "❤️");
    await bob.messenger.edit(id, "still his");
    await world.until("all arrives", () => back.contact("bob").waiting === 0);
    await world.time.pass(MINUTE);
    for (const node of [back, bob]) {
      assert.equal((await node.messenger.message(told.id))?.reactions.length, 2);
      assert.ok((await contactOf(node)).conversation.lamport > lamport);
    }
    await world.stop();
  });
});

describe("a backup", () => {
  it("has where a contact can be reached who always called, so that its owner can call", async () => {
    const { world, alice, bob } = await two(5);
    await world.pair(alice, bob);
    // From now on no lookup at the rendezvous finds a contact, and only Bob dials.
    await talk(world, alice, bob);
    const outbound = (await contactOf(alice)).addresses;
    assert.deepEqual(outbound, [bob.host.address]);
    const kept = await keep(alice);
    await alice.stop();
    world.network.weather = { ...world.network.weather, recordLost: 1, putLost: 1 };
    await world.time.pass(HOUR);
    const back = await restored(world, "alice", kept);
    const message = await back.messenger.send("bob", "a new machine");
    await world.reaches(back, message, "delivered");
    await talk(world, back, bob);
    await world.stop();
  });
});
