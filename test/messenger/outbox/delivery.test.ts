import assert from "node:assert/strict";
import { limits, toHex } from "../../../src/base/index.ts";
import type { MessageView } from "../../../src/messenger/index.ts";
import type { SendOptions } from "../../../src/messenger/model/options.ts";
import { paired } from "../../scenario/pairing.ts";
import { settled, storm, watchDelivered } from "../../scenario/storm.ts";
import { type SimNode, World } from "../../scenario/world.ts";

const DAY = 86_400_000;

/** Waits until nothing waits, though some of it was cancelled. */
async function settledBut(world: World, node: SimNode, cancelled: number): Promise<void> {
  await world.until("nothing waits", () => node.contact("bob").waiting === 0);
  const states = await node.states("bob");
  assert.equal(states.filter((state) => state === "cancelled").length, cancelled);
}

const unique = (frames: readonly Uint8Array[]): Set<string> => new Set(frames.map(toHex));

describe("delivery", () => {
  it("brings a message to its reader, and shows it as delivered only then", async () => {
    const { world, alice, bob } = await paired(1);
    const { lies } = watchDelivered(alice, bob);
    const message = await alice.messenger.send("bob", "hi");
    assert.equal(message.state, "queued");
    await world.reaches(alice, message, "delivered");
    assert.deepEqual(lies, []);
    assert.deepEqual(await bob.texts("alice"), ["in: hi"]);
    const states = alice.events.flatMap((event) =>
      event.type === "message.state" ? [event.message.state] : [],
    );
    assert.deepEqual(states, ["sent", "delivered"]);
    await world.stop();
  });

  it("keeps the order of 200 messages in a burst both ways, and shows each once", async () => {
    const { world, alice, bob } = await paired(2);
    await Promise.all(
      Array.from({ length: 200 }, (_, n) => [
        alice.messenger.send("bob", `a${n}`),
        bob.messenger.send("alice", `b${n}`),
      ]).flat(),
    );
    await settled(world, alice, bob);
    assert.equal(bob.shown().length, 200);
    assert.equal(bob.shown()[199]?.text, "a199");
    await world.stop();
  });

  it("carries 64 KiB of text and refuses what is longer, empty or broken", async () => {
    const { world, alice, bob } = await paired(3);
    const whole = "é".repeat(limits.textBytes / 2);
    await world.reaches(alice, await alice.messenger.send("bob", whole), "delivered");
    assert.deepEqual(await bob.texts("alice"), [`in: ${whole}`]);
    const refused = async (text: string, code: string): Promise<void> => {
      await assert.rejects(alice.messenger.send("bob", text), { code });
    };
    await refused(`${whole}.`, "message-too-long");
    await refused("x".repeat(limits.textBytes + 1), "message-too-long");
    await refused("", "message-empty");
    await refused(" \n\t\u00a0", "message-empty");
    await refused("half a pair: \ud83d", "message-not-text");
    assert.equal((await alice.texts("bob")).length, 1);
    await world.stop();
  });

  it("carries a burst of the longest messages over a link that takes them slowly", async () => {
    const { world, alice, bob } = await paired(4);
    // Longer than a silent link is kept, with more bytes than may be queued.
    world.network.bandwidth = 80;
    const text = "x".repeat(limits.textBytes);
    const links = (): number => world.frames("hello").length;
    const before = links();
    for (let n = 0; n < 80; n++) {
      await alice.messenger.send("bob", text);
      await bob.messenger.send("alice", "meanwhile");
    }
    await settled(world, alice, bob);
    assert.equal(links(), before, "one link was enough");
    await world.stop();
  });

  it("shows a message as waiting again when the link breaks before its receipt came", async () => {
    const { world, alice, bob } = await paired(15);
    await world.time.pass(5000);
    world.network.tamper = (from, _to, frame) =>
      from === bob.host.host && frame[0] === 4 ? "cut" : undefined;
    const message = await alice.messenger.send("bob", "hi");
    await world.time.pass(500);
    assert.deepEqual(await alice.states("bob"), ["queued"]);
    world.network.tamper = undefined;
    await world.reaches(alice, message, "delivered");
    const states = alice.events.flatMap((event) =>
      event.type === "message.state" ? [event.message.state] : [],
    );
    assert.deepEqual(states, ["sent", "queued", "sent", "delivered"]);
    await world.stop();
  });

  it("keeps what waits for an absent reader and delivers it by itself", async () => {
    const { world, alice, bob } = await paired(5);
    await bob.stop();
    const message = await alice.messenger.send("bob", "later");
    await world.time.pass(2 * DAY);
    assert.deepEqual(await alice.states("bob"), ["queued"]);
    assert.equal(alice.contact("bob").waiting, 1);
    await bob.start();
    await world.reaches(alice, message, "delivered");
    assert.equal(alice.contact("bob").waiting, 0);
    await world.stop();
  });

  for (const who of [["alice"], ["bob"], ["alice", "bob"]])
    it(`delivers a full outbox after ${who.join(" and ")} restarted`, async () => {
      const { world, alice, bob } = await paired(6);
      await bob.stop();
      await Promise.all(
        Array.from({ length: limits.sendWindow + 40 }, (_, n) =>
          alice.messenger.send("bob", `m${n}`),
        ),
      );
      await bob.start();
      await world.time.run(() => bob.shown().length > 100, DAY);
      assert.ok(alice.contact("bob").waiting > 0);
      for (const node of [alice, bob]) if (who.includes(node.name)) node.kill();
      await world.time.pass(5000);
      for (const node of [alice, bob]) if (!node.alive) await node.start();
      await settled(world, alice, bob);
      await world.stop();
    });

  it("sends the very same bytes again under the same session", async () => {
    const { world, alice } = await paired(7);
    await world.time.pass(1000);
    const held: Uint8Array[] = [];
    world.network.tamper = (from, _to, frame) => {
      if (from !== alice.host.host) return undefined;
      held.push(frame);
      return "cut";
    };
    const message = await alice.messenger.send("bob", "again");
    await world.time.pass(10);
    world.network.tamper = undefined;
    const from = world.network.captured.length;
    const handshakes = world.frames("handshake").length;
    await world.reaches(alice, message, "delivered");
    const later = unique(world.network.captured.slice(from).map(({ frame }) => frame));
    assert.equal(held.length, 1);
    assert.ok(later.has(toHex(held[0] as Uint8Array)));
    assert.equal(world.frames("handshake").length, handshakes, "the session was resumed");
    await world.stop();
  });

  it("resumes the session after a restart of either side, without a handshake", async () => {
    const { world, alice, bob } = await paired(8);
    await world.reaches(alice, await alice.messenger.send("bob", "one"), "delivered");
    const handshakes = world.frames("handshake").length;
    await bob.restart();
    await world.reaches(alice, await alice.messenger.send("bob", "two"), "delivered");
    await alice.restart();
    await world.reaches(bob, await bob.messenger.send("alice", "three"), "delivered");
    assert.equal(world.frames("handshake").length, handshakes);
    await world.stop();
  });

  it("seals a message again under the same id after a new session", async () => {
    const { world, alice, bob } = await paired(9);
    await world.time.pass(1000);
    world.network.tamper = (from) => (from === alice.host.host ? "cut" : undefined);
    const message = await alice.messenger.send("bob", "again");
    await world.time.pass(10);
    world.network.tamper = undefined;
    await bob.stop();
    // Bob lost his session, and nothing else.
    const session = bob.store.snapshot().find(({ table }) => table === "session");
    assert.ok(session);
    await bob.store.commit([{ kind: "delete", key: session }]);
    const from = world.frames("ratchet");
    await bob.start();
    await world.reaches(alice, message, "delivered");
    assert.deepEqual(
      bob.shown().map(({ id }) => id),
      [message.id],
    );
    const sealedBefore = toHex(from.at(-1) as Uint8Array);
    assert.ok(!unique(world.frames("ratchet").slice(from.length)).has(sealedBefore));
    await world.stop();
  });

  it("makes one message of two sends with the same key, also after a restart", async () => {
    const { world, alice, bob } = await paired(10);
    const both = await Promise.all([
      alice.messenger.send("bob", "once", { key: "k" }),
      alice.messenger.send("bob", "once", { key: "k" }),
    ]);
    assert.equal(both[0].id, both[1].id);
    await alice.restart();
    const again = await alice.messenger.send("bob", "once", { key: "k" });
    assert.equal((await alice.messenger.message(again.id))?.key, "k");
    assert.equal(again.id, both[0].id);
    const other = await alice.messenger.send("bob", "twice", { key: "l" });
    await world.reaches(alice, other, "delivered");
    assert.deepEqual(await bob.texts("alice"), ["in: once", "in: twice"]);
    await world.stop();
  });

  it("refuses a key that was used for another text or another reply", async () => {
    const { world, alice, bob } = await paired(18);
    const { messenger } = alice;
    const first = await messenger.send("bob", "one", { key: "a" });
    const answer = await messenger.send("bob", "two", { key: "b", replyTo: first.id });
    const reused = (text: string, options: SendOptions) =>
      assert.rejects(messenger.send("bob", text, options), { code: "key-reused" });
    await reused("other", { key: "a" });
    await reused("one", { key: "a", replyTo: answer.id });
    await reused("two", { key: "b" });
    const [together, other] = await Promise.allSettled([
      messenger.send("bob", "three", { key: "c" }),
      messenger.send("bob", "four", { key: "c" }),
    ]);
    assert.equal(together.status, "fulfilled");
    assert.equal(other.status === "rejected" && other.reason.code, "key-reused");
    await alice.restart();
    await assert.rejects(alice.messenger.send("bob", "other", { key: "a" }), {
      code: "key-reused",
    });
    const delivered = () => alice.contact("bob").waiting === 0;
    await world.until("all is delivered", delivered);
    // What was edited or removed cannot be compared any more: it is not sent a second time.
    await alice.messenger.edit(first.id, "one, better");
    await alice.messenger.delete(answer.id);
    const third = together.status === "fulfilled" ? together.value.id : undefined;
    assert.ok(third);
    await world.until("the changes are delivered", delivered);
    await alice.messenger.hide(third);
    for (const [key, id] of [
      ["a", first.id],
      ["b", answer.id],
      ["c", third],
    ] as const)
      assert.equal((await alice.messenger.send("bob", "anything", { key })).id, id);
    assert.equal(alice.contact("bob").waiting, 0);
    assert.equal((await bob.texts("alice")).length, 3);
    await world.stop();
  });

  it("reports to the author that a message was read", async () => {
    const { world, alice, bob } = await paired(11);
    const first = await alice.messenger.send("bob", "one");
    await world.reaches(alice, first, "delivered");
    assert.equal(bob.messenger.unread("alice"), 1);
    await bob.messenger.markRead("alice");
    assert.equal(bob.messenger.unread("alice"), 0);
    await world.reaches(alice, first, "read");
    const second = await alice.messenger.send("bob", "two");
    await world.reaches(alice, second, "delivered");
    assert.deepEqual(await alice.states("bob"), ["read", "delivered"]);
    // Read while the writer is away: told with the next link.
    await alice.stop();
    await bob.messenger.markRead("alice");
    await alice.start();
    await world.reaches(alice, second, "read");
    await world.stop();
  });

  it("shows a cancelled message as cancelled, never sends it, and delivers what comes after", async () => {
    const { world, alice, bob } = await paired(12);
    await bob.stop();
    await world.time.pass(1000);
    const sent = [];
    for (const text of ["one", "two", "three"]) sent.push(await alice.messenger.send("bob", text));
    const gone = await alice.messenger.cancel(sent[1]?.id as (typeof sent)[0]["id"]);
    assert.equal(gone.state, "cancelled");
    await bob.start();
    await world.until("the rest arrives", () => bob.shown().length === 2);
    await world.time.pass(60_000);
    assert.deepEqual(await bob.texts("alice"), ["in: one", "in: three"]);
    assert.deepEqual(await alice.states("bob"), ["delivered", "cancelled", "delivered"]);
    // There is no gap: what is read is told up to the end.
    await bob.messenger.markRead("alice");
    await world.time.pass(1000);
    assert.deepEqual(await alice.states("bob"), ["read", "cancelled", "read"]);
    await world.reaches(alice, await alice.messenger.send("bob", "four"), "delivered");
    await bob.messenger.markRead("alice");
    await world.time.pass(1000);
    assert.deepEqual(await alice.states("bob"), ["read", "cancelled", "read", "read"]);
    await world.stop();
  });

  it("leaves no gap behind cancelled messages, also over a restart", async () => {
    const { world, alice, bob } = await paired(17);
    await bob.stop();
    await world.time.pass(1000);
    const sent = [];
    for (let n = 0; n < 9; n++) sent.push(await alice.messenger.send("bob", `${n}`));
    for (const n of [0, 3, 8, 4]) await alice.messenger.cancel((sent[n] as MessageView).id);
    await alice.restart();
    await alice.messenger.cancel((sent[6] as MessageView).id);
    sent.push(await alice.messenger.send("bob", "9"));
    await bob.start();
    await settledBut(world, alice, 5);
    assert.deepEqual(
      await bob.texts("alice"),
      [1, 2, 5, 7, 9].map((n) => `in: ${n}`),
    );
    await bob.messenger.markRead("alice");
    await world.until("all is read", () =>
      alice.events.some(
        (event) => event.type === "message.state" && event.message.state === "read",
      ),
    );
    const [cancelled, read] = ["cancelled", "read"];
    assert.deepEqual(await alice.states("bob"), [
      ...[cancelled, read, read, cancelled, cancelled],
      ...[read, cancelled, read, cancelled, read],
    ]);
    await world.stop();
  });

  it("refuses to cancel what may have arrived, and shows what became of it", async () => {
    const { world, alice, bob } = await paired(16);
    await world.time.pass(5000);
    world.network.tamper = (from, _to, frame) =>
      from === bob.host.host && frame[0] === 4 ? "cut" : undefined;
    const message = await alice.messenger.send("bob", "hi");
    await world.time.pass(500);
    assert.deepEqual(await alice.states("bob"), ["queued"]);
    await assert.rejects(alice.messenger.cancel(message.id), { code: "message-sent" });
    assert.deepEqual(await bob.texts("alice"), ["in: hi"]);
    world.network.tamper = undefined;
    await world.reaches(alice, message, "delivered");
    await assert.rejects(alice.messenger.cancel(message.id), { code: "message-sent" });
    assert.deepEqual(await alice.states("bob"), ["delivered"]);
    await world.stop();
  });

  it("gives a message up after 30 days, and not before", async () => {
    const { world, alice, bob } = await paired(13);
    await bob.stop();
    await alice.messenger.send("bob", "too late");
    await alice.stop();
    await world.time.pass(29.9 * DAY);
    await alice.start();
    await world.time.pass(0.05 * DAY);
    assert.deepEqual(await alice.states("bob"), ["queued"]);
    await world.time.pass(0.1 * DAY);
    assert.deepEqual(await alice.states("bob"), ["failed"]);
    const next = await alice.messenger.send("bob", "in time");
    await bob.start();
    await world.reaches(alice, next, "delivered");
    assert.deepEqual(await bob.texts("alice"), ["in: in time"]);
    await world.stop();
  });

  it("shows no text, name or account on the wire", async () => {
    const world = new World(14);
    const alice = await world.node("alice-in-wonderland");
    const bob = await world.node("bob-the-builder");
    await world.pair(alice, bob);
    const secret = "the quick brown fox";
    await world.reaches(alice, await alice.messenger.send(bob.name, secret), "delivered");
    await alice.restart();
    await world.reaches(alice, await alice.messenger.send(bob.name, secret), "delivered");
    const records = [...world.network.records.values()];
    const wire = Buffer.concat([...world.network.captured.map(({ frame }) => frame), ...records]);
    for (const node of [alice, bob]) {
      const { account, device } = node.messenger.self();
      for (const { table, value } of node.store.snapshot()) {
        if (table !== "identity") continue;
        const kept = JSON.parse(Buffer.from(value).toString()) as Record<string, { "~"?: string }>;
        for (const held of Object.values(kept))
          if (held["~"]) assert.equal(wire.indexOf(Buffer.from(held["~"], "hex")), -1);
      }
      for (const text of [secret, node.name, account, device])
        assert.equal(wire.indexOf(text), -1, text);
    }
    await world.stop();
  });
});

describe("delivery in a storm", () => {
  for (let seed = 1; seed <= 3; seed++)
    it(`loses nothing and shows nothing twice while links break (seed ${seed})`, () =>
      storm(1000 + seed, { steps: 40, cut: 0.4, kill: 0 }));
  for (let seed = 1; seed <= 3; seed++)
    it(`loses nothing and shows nothing twice while machines die (seed ${seed})`, () =>
      storm(2000 + seed, { steps: 40, cut: 0.2, kill: 0.15 }));
  for (let seed = 1; seed <= 3; seed++)
    it(`loses nothing and shows nothing twice while sessions are lost (seed ${seed})`, () =>
      storm(3000 + seed, { steps: 40, cut: 0.2, kill: 0.2, lose: 0.5 }));
});

/** A conversation of six messages, in which one side dies at a commit. */
async function conversation(
  seed: number,
  victim: "alice" | "bob",
  moment: "before" | "after",
  step: number,
): Promise<boolean> {
  const { world, alice, bob } = await paired(seed);
  await world.time.pass(1000);
  const node: SimNode = victim === "alice" ? alice : bob;
  let count = 0;
  node.onCommit = (_ops, at) => {
    if (at === moment && ++count === step) node.kill();
  };
  const watches = [watchDelivered(alice, bob), watchDelivered(bob, alice)];
  for (let n = 0; n < 3; n++) {
    // A node that dies in the meantime never answers.
    for (const [from, who] of [
      [alice, "bob"],
      [bob, "alice"],
    ] as const)
      if (from.alive) from.messenger.send(who, `${from.name} ${n}`).catch(() => undefined);
    await world.time.pass(100);
  }
  await world.time.pass(1000);
  const killed = !node.alive;
  node.onCommit = undefined;
  if (killed) await node.start();
  await settled(world, alice, bob);
  assert.deepEqual(
    watches.flatMap(({ lies }) => lies),
    [],
  );
  await world.stop();
  return killed;
}

describe("delivery, killed at every commit", () => {
  for (const victim of ["alice", "bob"] as const)
    for (const moment of ["before", "after"] as const)
      it(`loses nothing and shows nothing twice when ${victim} dies ${moment} any commit`, async () => {
        let step = 1;
        while (await conversation(3000, victim, moment, step)) step++;
        assert.ok(step > 8, `only ${step - 1} commits`);
      });
});
