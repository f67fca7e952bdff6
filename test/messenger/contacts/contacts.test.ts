import assert from "node:assert/strict";
import type { ContactView } from "../../../src/messenger/index.ts";
import { decodeRow } from "../../../src/messenger/model/rows.ts";
import { paired } from "../../scenario/pairing.ts";
import { type SimNode, World } from "../../scenario/world.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Frames from one node to another since a moment. */
const between = (world: World, since: number, from: SimNode, to: SimNode): number =>
  world.network.captured
    .slice(since)
    .filter((passed) => passed.from === from.host.host && passed.to === to.host.host).length;

describe("contacts", () => {
  it("are shown with their own handle and no look-alike where their link is closed", async () => {
    const { world, alice } = await paired(1);
    const { handle } = alice.contact("bob");
    const shown = async (view: Promise<ContactView>) => {
      const { online, handle: own, looksLike } = await view;
      return { online, handle: own, looksLike };
    };
    const expected = { online: false, handle, looksLike: undefined };
    assert.deepEqual(await shown(alice.messenger.setPolicy("bob", "hidden")), expected);
    await alice.messenger.setPolicy("bob", "any");
    await world.time.pass(HOUR);
    assert.ok(alice.contact("bob").online);
    assert.deepEqual(await shown(alice.messenger.block("bob")), expected);
  });

  it("are silent towards a blocked one, and go on where they stopped once unblocked", async () => {
    const { world, alice, bob } = await paired(1);
    // The invite answers late claimants no more.
    await world.time.pass(DAY + HOUR);
    const view = await alice.messenger.block("bob");
    assert.deepEqual([view.online, view.route], [false, undefined]);
    await assert.rejects(alice.messenger.send("bob", "hi"), { code: "contact-blocked" });
    await world.time.pass(5000);
    assert.ok(!alice.contact("bob").online);
    assert.ok(!bob.contact("alice").online);
    const waiting = await bob.messenger.send("alice", "are you there?");
    const since = world.network.captured.length;
    const records = world.network.records.size;
    const puts = alice.host.puts;
    await world.time.pass(DAY);
    assert.ok(between(world, since, bob, alice) > 0, "bob calls");
    assert.equal(between(world, since, alice, bob), 0, "nothing answers");
    assert.equal(alice.host.puts, puts, "alice publishes nothing");
    assert.ok(world.network.records.size <= records + 2);
    await alice.restart();
    await world.time.pass(HOUR);
    assert.ok(alice.contact("bob").blocked);
    assert.deepEqual(await bob.states("alice"), ["queued"]);
    await alice.messenger.unblock("bob");
    await world.reaches(bob, waiting, "delivered");
    await world.stop();
  });

  it("leave nothing of a removed one on the disk", async () => {
    const { world, alice, bob } = await paired(2);
    const empty = new World(3);
    const stranger = await empty.node("nobody");
    const tables = stranger.store.snapshot().map(({ table }) => table);
    await world.reaches(alice, await alice.messenger.send("bob", "one", { key: "k" }), "delivered");
    await world.reaches(bob, await bob.messenger.send("alice", "two"), "delivered");
    await bob.stop();
    await alice.messenger.send("bob", "three", { key: "l" });
    await alice.messenger.remove("bob");
    assert.deepEqual(alice.messenger.contacts(), []);
    assert.ok(alice.events.some(({ type }) => type === "contact.removed"));
    const left = alice.store.snapshot().filter(({ table }) => table !== "invite");
    // A count of arrivals, and the handle, which no other contact gets for a while.
    assert.deepEqual(
      left.map(({ table, of }) => (of === "" ? table : `${table} ${of}`)).sort(),
      [...tables, "meta arrival", "event handles"].sort(),
    );
    await bob.start();
    await world.time.pass(HOUR);
    assert.ok(!bob.contact("alice").online);
    assert.deepEqual(alice.messenger.contacts(), []);
    await empty.stop();
    await world.stop();
  });

  it("meet one that was removed before it was sure of the pairing with silence", async () => {
    const world = new World(4);
    const alice = await world.node("alice");
    const bob = await world.node("bob");
    const { link } = await alice.messenger.createInvite({
      kind: "once",
      expiresIn: DAY,
      hints: true,
    });
    // Bob hears nothing of alice's ratchet.
    world.network.tamper = (from, _to, frame) =>
      from === alice.host.host && frame[0] === 4 ? "cut" : undefined;
    await bob.messenger.add(link, { as: "alice" });
    await world.until("alice has bob", () => alice.messenger.contacts().length === 1);
    await world.time.pass(1000);
    await alice.messenger.remove("bob");
    world.network.tamper = undefined;
    const since = world.network.captured.length;
    await world.time.pass(DAY);
    assert.ok(between(world, since, bob, alice) > 0, "bob dials");
    assert.equal(between(world, since, alice, bob), 0, "nothing answers");
    assert.equal(bob.contact("alice").pairing, "handshaken");
    assert.deepEqual(alice.messenger.contacts(), []);
    await world.stop();
  });

  it("meet one that was blocked before it was sure of the pairing with silence", async () => {
    const world = new World(11);
    const alice = await world.node("alice");
    const bob = await world.node("bob");
    const { link } = await alice.messenger.createInvite({
      kind: "once",
      expiresIn: DAY,
      hints: true,
    });
    world.network.tamper = (from, _to, frame) =>
      from === alice.host.host && frame[0] === 4 ? "cut" : undefined;
    await bob.messenger.add(link, { as: "alice" });
    await world.until("alice has bob", () => alice.messenger.contacts().length === 1);
    await alice.messenger.block("bob");
    await world.time.pass(1000);
    world.network.tamper = undefined;
    const since = world.network.captured.length;
    await world.time.pass(HOUR);
    assert.ok(between(world, since, bob, alice) > 0, "bob calls");
    assert.equal(between(world, since, alice, bob), 0, "nothing answers");
    await world.stop();
  });

  it("keep the name that the person gave, and only one of each", async () => {
    const { world, alice, bob } = await paired(5);
    const carol = await world.node("bob");
    await world.pair(alice, carol);
    const names = alice.messenger.contacts().map(({ name }) => name);
    assert.deepEqual(names.sort(), ["bob", "bob-2"]);
    await assert.rejects(alice.messenger.rename("bob-2", "Bob"), { code: "name-taken" });
    await assert.rejects(alice.messenger.rename("bob-2", "  "), { code: "name-invalid" });
    await alice.messenger.rename("bob-2", "the other one");
    await alice.restart();
    assert.equal(alice.contact("the o").account, carol.messenger.self().account);
    assert.equal(alice.contact(carol.messenger.self().account).name, "the other one");
    assert.throws(() => alice.contact("nobody"), { code: "contact-unknown" });
    await alice.messenger.rename("bob", "the first one");
    assert.throws(() => alice.contact("the "), { code: "contact-ambiguous" });
    assert.ok(bob.alive);
    await world.stop();
  });

  it("are refused a second time while connected", async () => {
    const { world, alice, bob } = await paired(6);
    const invite = { kind: "once", expiresIn: DAY, hints: false } as const;
    const { link } = await alice.messenger.createInvite(invite);
    await assert.rejects(bob.messenger.add(link), { code: "contact-exists" });
    await bob.messenger.block("alice");
    await world.time.pass(1000);
    await assert.rejects(bob.messenger.add(link), { code: "contact-blocked" });
    await world.stop();
  });

  it("are shown online while a link lives, and recently seen while their record is fresh", async () => {
    const { world, alice, bob } = await paired(7);
    await world.time.pass(5000);
    assert.ok(alice.contact("bob").online && bob.contact("alice").online);
    bob.kill();
    await world.until("alice notices", () => !alice.contact("bob").online);
    await world.time.pass(HOUR);
    assert.ok(alice.contact("bob").recentlySeen, "his record still lies there");
    await world.time.pass(3 * HOUR);
    assert.ok(!alice.contact("bob").recentlySeen, "it is too old by now");
    await bob.start();
    await world.until("they are linked", () => alice.contact("bob").online);
    const changes = alice.events.flatMap((event) =>
      event.type === "presence" && event.contact.name === "bob" ? [event.contact.online] : [],
    );
    assert.ok(changes.includes(false) && changes.at(-1) === true);
    await world.stop();
  });

  it("notice a link whose other end fell silent", async () => {
    const { world, alice, bob } = await paired(8);
    await world.time.pass(5000);
    // Frames vanish, and no end of the link is told.
    world.network.latency = 10 * DAY;
    await world.until("alice notices", () => !alice.contact("bob").online, 120_000);
    world.network.latency = 20;
    assert.ok(bob.alive);
    await world.reaches(alice, await alice.messenger.send("bob", "hi"), "delivered");
    await world.stop();
  });

  it("find each other after ten days apart, by roots of which the old ones are erased", async () => {
    const { world, alice, bob } = await paired(9);
    const rootOf = (node: SimNode): string => {
      const row = node.store.snapshot().find(({ table }) => table === "contact");
      const { chain } = JSON.parse(Buffer.from(row?.value ?? []).toString());
      return chain.root["~"] as string;
    };
    const roots = [rootOf(alice), rootOf(bob)];
    assert.equal(roots[0], roots[1]);
    await bob.stop();
    await world.time.pass(10 * DAY);
    await alice.restart();
    await bob.start();
    await world.reaches(alice, await alice.messenger.send("bob", "long time"), "delivered");
    await world.time.pass(2 * HOUR);
    for (const node of [alice, bob]) {
      assert.notEqual(rootOf(node), roots[0], `${node.name} has moved on`);
      const disk = node.store.snapshot().map(({ value }) => Buffer.from(value).toString());
      assert.ok(!disk.some((row) => row.includes(roots[0] as string)));
    }
    await world.stop();
  });

  it("find each other after 40 days apart, and then erase the old roots", async () => {
    const { world, alice, bob } = await paired(10);
    await Promise.all([alice.stop(), bob.stop()]);
    await world.time.pass(40 * DAY);
    await Promise.all([alice.start(), bob.start()]);
    await world.reaches(alice, await alice.messenger.send("bob", "long time"), "delivered");
    const before = alice.store.snapshot().find(({ table }) => table === "contact")?.value;
    await world.time.pass(2 * HOUR);
    const after = alice.store.snapshot().find(({ table }) => table === "contact")?.value;
    const epoch = (row: Uint8Array | undefined): number =>
      JSON.parse(Buffer.from(row ?? []).toString()).chain.epoch;
    assert.ok(epoch(after) >= epoch(before) + 30);
    await world.stop();
  });
});

describe("bootstrap hosts in an invite", () => {
  const hosts = ["/ip4/203.0.113.7/tcp/4001/p2p/12D3KooA", "/dns4/example.org/tcp/1/p2p/12D3KooB"];

  it("are distinguished from the inviter's own addresses, and are never dialled as theirs", async () => {
    const world = new World(3);
    const alice = await world.node("alice");
    const bob = await world.node("bob");
    const { link } = await alice.messenger.createInvite({
      kind: "once",
      expiresIn: 86_400_000,
      hints: true,
      bootstrap: [...hosts, "/ip4/203.0.113.8/tcp/1/p2p/12D3KooC"],
    });
    assert.deepEqual(bob.messenger.bootstrapsIn(link), hosts);
    await bob.messenger.add(link);
    const contact = bob.store.snapshot().find(({ table }) => table === "contact");
    const { addresses } = decodeRow<{ addresses: string[] }>(
      (await bob.store.get(contact as never)) as Uint8Array,
    );
    assert.ok(addresses.length > 0 && addresses.every((address) => !address.includes("/p2p/")));
    await world.paired(alice, bob);
    await world.stop();
  });

  it("are asked of a link only: anything else is refused as it is by add", async () => {
    const world = new World(3);
    const alice = await world.node("alice");
    assert.throws(() => alice.messenger.bootstrapsIn("hello"), { code: "invite-malformed" });
    await world.stop();
  });
});
