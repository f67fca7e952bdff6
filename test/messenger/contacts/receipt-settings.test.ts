import assert from "node:assert/strict";
import { limits } from "../../../src/base/index.ts";
import type { MessageView } from "../../../src/messenger/index.ts";
import type { Peer } from "../../../src/messenger/model/peer.ts";
import { receiveTyping } from "../../../src/messenger/outbox/typing.ts";
import type { Context } from "../../../src/messenger/state/context.ts";
import { pairOf } from "../../scenario/acts.ts";
import type { SimNode } from "../../scenario/world.ts";

const typings = (node: SimNode): number =>
  node.events.filter(({ type }) => type === "typing").length;

describe("read receipts", () => {
  it("are shared at first; off, neither side's are sent or shown; on again, all that was read is", async () => {
    const { world, alice, bob } = await pairOf(1);
    assert.equal(alice.contact("bob").receipts, true);
    const read = async (from: SimNode, to: SimNode): Promise<MessageView["state"] | undefined> => {
      const { id } = await from.messenger.send(to.name, "read me");
      await world.time.pass(1000);
      await to.messenger.markRead(from.name);
      await world.time.pass(1000);
      return (await from.messenger.message(id))?.state;
    };
    assert.equal(await read(alice, bob), "read");
    assert.equal((await bob.messenger.shareReceipts("alice", false)).receipts, false);
    assert.equal(await read(alice, bob), "delivered", "bob does not tell");
    assert.equal(bob.messenger.unread("alice"), 0, "though he has read it");
    assert.equal(await read(bob, alice), "delivered", "and is not shown what alice tells");
    await bob.restart();
    assert.equal(bob.contact("alice").receipts, false);
    // Nor does any later acknowledgement.
    await world.reaches(alice, await alice.messenger.send("bob", "more"), "delivered");
    assert.deepEqual(await alice.states("bob"), ["read", "delivered", "delivered"]);
    await bob.messenger.markRead("alice");
    await bob.messenger.shareReceipts("alice", true);
    assert.equal(await read(bob, alice), "read");
    await world.time.pass(1000);
    assert.ok((await alice.states("bob")).every((state) => state === "read"));
    assert.ok((await bob.states("alice")).every((state) => state === "read"));
    await world.stop();
  });
});

describe("signs of writing", () => {
  it("come at most every few seconds, over a live link alone, and leave nothing behind", async () => {
    const { world, alice, bob } = await pairOf(2);
    const waiting = () => alice.contact("bob").waiting + bob.messenger.unread("alice");
    const rows = () => [alice, bob].map((node) => node.store.snapshot().length);
    const before = rows();
    const frames = world.frames("ratchet").length;
    for (let n = 0; n < 100; n++) {
      await alice.messenger.typing("bob");
      await world.time.pass(100);
    }
    const sent = world.frames("ratchet").length - frames;
    const most = Math.ceil(10_000 / limits.typingPause);
    assert.ok(sent >= most - 1 && sent <= most, `${sent} frames in 10 s`);
    assert.equal(typings(bob), sent, "and no answer to any");
    assert.deepEqual([waiting(), rows()], [0, before]);
    await bob.stop();
    await world.time.pass(5000);
    await alice.messenger.typing("bob");
    await bob.start();
    await world.until("they are linked again", () => alice.contact("bob").online);
    await world.time.pass(5000);
    assert.equal(typings(bob), sent, "nothing was kept for later");
    await world.stop();
  });

  it("have an end, which comes with a message", async () => {
    const { world, alice, bob } = await pairOf(4);
    const untils = (): number[] =>
      bob.events.flatMap((event) => (event.type === "typing" ? [event.until] : []));
    await alice.messenger.typing("bob");
    await world.until("it is shown", () => untils().length === 1);
    const now = world.time.now();
    const [until = 0] = untils();
    assert.ok(until > now && until <= now + limits.typingShown);
    await world.reaches(alice, await alice.messenger.send("bob", "said"), "delivered");
    const [, end = until] = untils();
    assert.ok(end <= world.time.now());
    await world.reaches(alice, await alice.messenger.send("bob", "more"), "delivered");
    assert.equal(untils().length, 2);
    await world.stop();
  });

  it("of a peer that sends them all the time are shown now and then", () => {
    let now = 1000;
    let shown = 0;
    const context = {
      clock: { now: () => now },
      contactStore: { view: () => undefined },
      events: { emit: () => shown++ },
      receipts: true,
    } as unknown as Context;
    const peer = { contact: {}, typingReceivedAt: Number.NEGATIVE_INFINITY } as Peer;
    for (let n = 0; n < 1000; n++, now += 30) receiveTyping(context, peer);
    assert.ok(shown >= 10 && shown <= 20, `${shown} in 30 s`);
  });

  it("are neither sent nor shown where receipts are not shared", async () => {
    const { world, alice, bob } = await pairOf(3);
    await bob.messenger.shareReceipts("alice", false);
    await alice.messenger.typing("bob");
    await bob.messenger.typing("alice");
    await world.time.pass(1000);
    assert.deepEqual([typings(alice), typings(bob)], [0, 0]);
    await world.stop();
  });
});

describe("naming a message", () => {
  it("takes an id, its start alone or within a conversation, and the newest of either side", async () => {
    const { world, alice, bob } = await pairOf(4);
    const said = async (from: SimNode, to: SimNode, text: string) => {
      const message = await from.messenger.send(to.name, text);
      await world.reaches(from, message, "delivered");
      return message.id;
    };
    const one = await said(alice, bob, "one");
    const two = await said(bob, alice, "two");
    const three = await said(alice, bob, "three");
    const found = async (ref: string, direction?: "in" | "out") =>
      (await alice.messenger.find(ref, { direction })).id;
    assert.equal(await found(one), one);
    assert.equal(await found(two.slice(0, 4)), two);
    assert.equal(await found(` ${two.slice(0, 6).toUpperCase()}`), two);
    assert.equal(await found(`bob/${three.slice(0, 4)}`), three);
    assert.equal(await found("bob/last"), three);
    assert.equal(await found("bo/last", "in"), two);
    assert.equal(await found("bob/last", "out"), three);
    const rejects = (ref: string, code: string) =>
      assert.rejects(alice.messenger.find(ref), { code });
    await rejects(one.slice(0, 3), "message-unknown");
    await rejects("last", "message-unknown");
    await rejects("zzzz", "message-unknown");
    await rejects("bob/", "message-unknown");
    await rejects("carol/last", "contact-unknown");
    await alice.messenger.delete(three);
    assert.equal(await found("bob/last", "out"), one, "what was deleted is not meant");
    await world.stop();
  });

  it("refuses a start that several ids share", async () => {
    const { world, alice } = await pairOf(5);
    const starts = new Map<string, string>();
    const { random } = world.crypto;
    Object.assign(world.crypto, {
      random: (length: number) => {
        const bytes = random(length);
        return length === 16 ? bytes.fill(9, 0, 3) : bytes;
      },
    });
    for (const text of ["a", "b"]) {
      const { id } = await alice.messenger.send("bob", text);
      starts.set(id, id.slice(0, 4));
    }
    assert.equal(new Set(starts.values()).size, 1);
    const [start] = starts.values();
    await assert.rejects(alice.messenger.find(start as string), { code: "message-ambiguous" });
    await world.stop();
  });
});
