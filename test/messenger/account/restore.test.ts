import assert from "node:assert/strict";
import type { AccountId } from "../../../src/base/index.ts";
import { putContact } from "../../../src/messenger/state/contact-store.ts";
import { contactOf, once, pairingOf, talk, talking, two } from "../../scenario/pairing.ts";
import { type SimNode, World } from "../../scenario/world.ts";
import { keep, keepFrom, restored } from "./backups.ts";

const DAY = 86_400_000;

const alarms = (...nodes: readonly SimNode[]) =>
  nodes.flatMap(({ events }) => events.filter(({ type }) => type === "key.changed"));

function shownOnce(node: SimNode): void {
  const ids = node.shown().map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length, `${node.name} saw a message twice`);
}

async function verified(seed: number) {
  const { world, alice, bob } = await talking(seed);
  await alice.messenger.verify("bob");
  await bob.messenger.verify("alice");
  return { world, alice, bob };
}

describe("an account that is restored on another machine", () => {
  for (const role of ["inviter", "invitee"] as const)
    it(`finds its contact (as the ${role}), and messages flow both ways without an alarm`, async () => {
      const { world, alice, bob } = await verified(role === "inviter" ? 1 : 2);
      const [moving, staying] = role === "inviter" ? [alice, bob] : [bob, alice];
      const kept = await keep(moving);
      await moving.stop();
      const waiting = await staying.messenger.send(moving.name, "are you there?");
      await world.time.pass(DAY / 2);
      const back = await restored(world, moving.name, kept);
      assert.notEqual(back.messenger.self().device, moving.messenger.self().device);
      assert.equal(back.messenger.self().account, moving.messenger.self().account);
      await world.reaches(staying, waiting, "delivered");
      const answer = await back.messenger.send(staying.name, "here I am");
      await world.reaches(back, answer, "delivered");
      await talk(world, back, staying);
      assert.deepEqual(await back.texts(staying.name), [
        "in: are you there?",
        "out: here I am",
        "out: to and",
        "in: fro",
      ]);
      assert.deepEqual(alarms(staying, back), []);
      for (const node of [staying, back]) shownOnce(node);
      assert.equal(back.contact(staying.name).verified, true);
      assert.equal(staying.contact(moving.name).verified, true);
      await world.stop();
    });

  it("finds its contact by a backup that is four months old, after both used every epoch since", async () => {
    const { world, alice, bob } = await verified(3);
    const kept = await keep(alice);
    for (let week = 0; week < 17; week++) {
      await Promise.all([alice.stop(), bob.stop()]);
      await world.time.pass(7 * DAY);
      await Promise.all([alice.start(), bob.start()]);
      await talk(world, alice, bob);
    }
    await alice.stop();
    await world.time.pass(2 * DAY);
    const waiting = await bob.messenger.send("alice", "still there?");
    const back = await restored(world, "alice", kept);
    await world.reaches(bob, waiting, "delivered");
    await talk(world, back, bob);
    // The contact's clock is proven now, so the roots of the backup's days go from the new disk.
    const before = (await contactOf(back)).chain?.epoch ?? Number.NaN;
    await world.time.pass(2 * 3_600_000);
    assert.ok(((await contactOf(back)).chain?.epoch ?? 0) >= before + 17 * 7);
    await talk(world, back, bob);
    assert.deepEqual(alarms(bob, back), []);
    for (const node of [bob, back]) shownOnce(node);
    await world.stop();
  });

  it("knows again whom it blocked, named and wrote no word to", async () => {
    const world = new World(4);
    const [alice, bob, carol] = [
      await world.node("alice"),
      await world.node("bob"),
      await world.node("carol"),
    ];
    await world.pair(alice, bob);
    await world.pair(alice, carol);
    await alice.messenger.rename("bob", "Robert");
    await alice.messenger.block("carol");
    const kept = await keep(alice);
    await alice.stop();
    const back = await restored(world, "alice", kept);
    const knocking = await carol.messenger.send("alice", "let me in");
    await talk(world, back, bob);
    await world.time.pass(DAY / 8);
    assert.deepEqual(
      back.messenger
        .contacts()
        .map(({ name, blocked }) => [name, blocked])
        .sort(),
      [
        ["Robert", false],
        ["carol", true],
      ],
    );
    assert.equal((await carol.messenger.message(knocking.id))?.state, "queued");
    await back.messenger.unblock("carol");
    await world.reaches(carol, knocking, "delivered");
    await world.stop();
  });

  it("keeps its reusable invites: a holder of one still pairs", async () => {
    const { world, alice, bob } = await two(5);
    const { link } = await alice.messenger.createInvite({ ...once, kind: "reusable" });
    const kept = await keep(alice);
    await alice.stop();
    const back = await restored(world, "alice", kept);
    await bob.messenger.add(link, { as: "alice" });
    await world.until("bob asks", () => pairingOf(back, bob) === "requested");
    await back.messenger.accept("bob");
    await world.paired(back, bob);
    await talk(world, back, bob);
    await world.stop();
  });

  for (const victim of ["inviter", "invitee"] as const)
    it(`continues pairing from any step, as the ${victim}`, async () => {
      // The inviter commits twice in a pairing, the invitee four times (after the invite was made).
      for (let commit = 1; commit <= (victim === "inviter" ? 2 : 4); commit++) {
        const { world, alice, bob } = await two(40 + commit);
        const { link } = await alice.messenger.createInvite(once);
        const moving = victim === "inviter" ? alice : bob;
        let left = commit;
        moving.onCommit = (_ops, moment) => {
          if (moment === "after" && --left === 0) moving.kill();
        };
        await bob.messenger.add(link, { as: "alice" }).catch(() => undefined);
        await world.until("the node dies", () => !moving.alive);
        moving.onCommit = undefined;
        const kept = await keepFrom(moving);
        await world.time.pass(5_000);
        const back = await restored(world, moving.name, kept);
        const [inviter, invitee] = victim === "inviter" ? [back, bob] : [alice, back];
        await world.paired(inviter, invitee);
        await talk(world, inviter, invitee);
        assert.equal(inviter.messenger.contacts().length, 1);
        assert.equal(invitee.messenger.contacts().length, 1);
        assert.ok(!inviter.events.some(({ type }) => type === "invite.reused"));
        await world.stop();
      }
    });

  it("still asks before it speaks to a contact whose key had changed", async () => {
    const { world, alice, bob } = await verified(7);
    await alice.stop();
    const changed = { ...(await contactOf(alice)), changedAccount: "a".repeat(52) as AccountId };
    await alice.store.commit([putContact(changed)]);
    await alice.start();
    const kept = await keep(alice);
    await alice.stop();
    const back = await restored(world, "alice", kept);
    assert.equal(back.contact("bob").keyChanged, true);
    await assert.rejects(back.messenger.send("bob", "x"), { code: "key-changed" });
    await bob.stop();
    await world.stop();
  });

  it("may share the account with the old node, and no message is lost without a word", async () => {
    for (let seed = 20; seed < 22; seed++) {
      const { world, alice, bob } = await verified(seed);
      const kept = await keep(alice);
      await alice.messenger.send("bob", "after the backup");
      const back = await restored(world, "alice", kept);
      const theirs = [];
      for (let n = 0; n < 12; n++) {
        theirs.push(await bob.messenger.send("alice", `to whichever ${n}`));
        await world.time.pass(1_500);
      }
      const ours = [];
      for (let n = 0; n < 6; n++) {
        ours.push([alice, await alice.messenger.send("bob", `old ${n}`)] as const);
        ours.push([back, await back.messenger.send("bob", `new ${n}`)] as const);
        await world.time.pass(1_500);
      }
      for (const message of theirs) await world.reaches(bob, message, "delivered");
      for (const [node, message] of ours) await world.reaches(node, message, "delivered");
      // What was called delivered stands on one of the two, at least; and Bob has everything, once.
      const seen = [...(await alice.texts("bob")), ...(await back.texts("bob"))];
      for (let n = 0; n < 12; n++) assert.ok(seen.includes(`in: to whichever ${n}`), `${n}`);
      const arrived = await bob.texts("alice");
      for (let n = 0; n < 6; n++)
        for (const text of [`in: old ${n}`, `in: new ${n}`])
          assert.equal(arrived.filter((one) => one === text).length, 1, text);
      for (const node of [alice, bob, back]) shownOnce(node);
      assert.deepEqual(alarms(alice, bob, back), []);
      // Once the old node is gone for good, all is quiet again.
      await alice.stop();
      await talk(world, back, bob);
      await world.stop();
    }
  });
});

describe("an account that is recovered from its words alone", () => {
  for (const way of ["an invite of its own", "an invite of the contact"] as const)
    it(`is known again by ${way}: no alarm, the conversation and the mark stay, what waits arrives`, async () => {
      const { world, alice, bob } = await verified(way === "an invite of its own" ? 31 : 32);
      const { entropy } = await keep(alice);
      await alice.stop();
      await world.time.pass(5_000);
      const waiting = await bob.messenger.send("alice", "are you there?");
      const back = await restored(world, "alice", { entropy });
      assert.deepEqual(back.messenger.contacts(), []);
      const [maker, taker] = way === "an invite of its own" ? [back, bob] : [bob, back];
      const { link } = await maker.messenger.createInvite(once);
      await taker.messenger.add(link);
      await world.until("both know each other", () =>
        [pairingOf(back, bob), pairingOf(bob, back)].every((pairing) => pairing === "confirmed"),
      );
      await world.reaches(bob, waiting, "delivered");
      await talk(world, back, bob);
      assert.deepEqual(alarms(bob, back), []);
      assert.equal(bob.messenger.contacts().length, 1);
      assert.equal(bob.contact("alice").verified, true);
      assert.equal(back.contact("bob").verified, false);
      assert.deepEqual((await bob.texts("alice")).sort(), [
        "in: to and",
        "in: to and",
        "out: are you there?",
        "out: fro",
        "out: fro",
      ]);
      for (const node of [bob, back]) shownOnce(node);
      await world.stop();
    });
});
