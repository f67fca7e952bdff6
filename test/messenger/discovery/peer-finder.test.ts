import assert from "node:assert/strict";
import { limits, toHex } from "../../../src/base/index.ts";
import { World } from "../../scenario/world.ts";

describe("messenger: searches", () => {
  it("are urgent for the contact to whom the user has just written, for a minute, and for no other", async () => {
    const world = new World();
    const alice = await world.node("alice");
    const away = [await world.node("bob"), await world.node("carol")];
    for (const node of away) {
      await world.pair(alice, node);
      await node.stop();
    }
    await world.time.pass(2 * limits.urgency);
    const { host } = alice;
    const asked: { readonly tag: string; readonly urgent: boolean }[] = [];
    const lookup = host.lookup.bind(host);
    host.lookup = (tag, signal, scope, urgent) => {
      asked.push({ tag: toHex(tag), urgent: urgent?.() === true });
      return lookup(tag, signal, scope);
    };
    host.peerAppeared();
    await world.time.pass(limits.seekPause + 5_000);
    assert.ok(asked.length >= 2);
    assert.ok(asked.every(({ urgent }) => !urgent));

    asked.length = 0;
    await alice.messenger.send("bob", "Are you there?");
    await world.time.pass(5_000);
    host.peerAppeared();
    await world.time.pass(limits.seekPause + 5_000);
    const tagsWhere = (is: boolean) =>
      new Set(asked.filter(({ urgent }) => urgent === is).map(({ tag }) => tag));
    assert.ok(tagsWhere(true).size > 0 && tagsWhere(false).size > 0);
    assert.deepEqual(
      [...tagsWhere(true)].filter((tag) => tagsWhere(false).has(tag)),
      [],
    );

    await world.time.pass(limits.urgency);
    asked.length = 0;
    host.peerAppeared();
    await world.time.pass(limits.seekPause + 5_000);
    assert.ok(asked.length > 0 && tagsWhere(true).size === 0);
    await world.stop();
  });

  it("for a contact that was just added never pause long, and are urgent: the user waits", async () => {
    const world = new World();
    const [alice, bob] = [await world.node("alice"), await world.node("bob")];
    const { link } = await alice.messenger.createInvite({
      kind: "once",
      expiresIn: 24 * 60 * 60_000,
      hints: false,
    });
    const { dial } = bob.host;
    const asked: boolean[] = [];
    const lookup = bob.host.lookup.bind(bob.host);
    bob.host.lookup = (tag, signal, scope, urgent) => {
      asked.push(urgent?.() === true);
      return lookup(tag, signal, scope);
    };
    // Nothing comes through, for minutes.
    bob.host.dial = () => Promise.reject(new Error("the packets are lost"));
    await bob.messenger.add(link, { as: "alice" });
    await world.time.pass(limits.pairingWait / 2);
    assert.ok(asked.length >= limits.pairingWait / 2 / (1.5 * limits.pairingRetry));
    assert.ok(asked.every((urgent) => urgent));
    bob.host.dial = dial;
    const paired = () => bob.contact("alice").pairing === "confirmed";
    assert.ok(await world.time.run(paired, 1.5 * limits.pairingRetry + 10_000));
    await world.stop();
  });

  it("ask the rendezvous beside the last address, and leave that for what they find", async () => {
    const world = new World();
    const [alice, bob] = [await world.node("alice"), await world.node("bob")];
    await world.pair(alice, bob);
    await alice.stop();
    const dial = bob.host.dial.bind(bob.host);
    let begun = Number.POSITIVE_INFINITY;
    bob.host.dial = async (target, signal) => {
      if (target.host === undefined) {
        begun = world.time.now();
        // Nobody is there who could refuse.
        await world.network.wait(10 * limits.cachedDial);
      }
      return dial(target, signal);
    };
    await world.time.pass(10 * limits.cachedDial);
    await alice.start();
    alice.host.dial = () => Promise.reject(new Error("Bob has to find Alice."));
    await world.time.pass(limits.cachedDial + 1_000);
    begun = Number.POSITIVE_INFINITY;
    bob.host.peerAppeared();
    while (!bob.contact("alice").online) await world.time.pass(100);
    assert.ok(world.time.now() < begun + limits.cachedDial);
    await world.stop();
  });

  it("start again when our address changes while they wait for answers to the last one", async () => {
    const world = new World();
    const [alice, bob] = [await world.node("alice"), await world.node("bob")];
    await world.pair(alice, bob);
    bob.host.dial = () => Promise.reject(new Error("Alice has to find Bob."));
    const { host } = alice;
    const dial = host.dial.bind(host);
    await world.time.pass(10 * limits.seekPause);
    // The machine moves, and moves again while its dials from the first new address are under way.
    host.dial = (_target, signal) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    host.cutAll();
    host.move("/ip4/10.1.0.1/tcp/4001");
    await world.time.pass(limits.seekPause);
    host.dial = dial;
    host.move("/ip4/10.1.0.2/tcp/4001");
    assert.ok(await world.time.run(() => alice.contact("bob").online, limits.seekPause / 2));
    await world.stop();
  });

  it("begin again with short delays once we are back on the network", async () => {
    const world = new World();
    const [alice, bob] = [await world.node("alice"), await world.node("bob")];
    await world.pair(alice, bob);
    await alice.stop();
    const { host } = bob;
    host.peers = () => 5 * limits.fewHosts;
    await world.time.pass(12 * limits.retry.max);
    const lookups = async (ms: number): Promise<number> => {
      const before = host.lookups;
      await world.time.pass(ms);
      return host.lookups - before;
    };
    host.readdressed();
    assert.ok((await lookups(limits.seekPause + 10_000)) > 0);
    // The first search found nothing: Alice is on her way back herself.
    assert.ok((await lookups(60_000)) > 0);
    await world.stop();
  });

  it("retry at once for contacts whose last lookup had no DHT peer", async () => {
    const world = new World();
    const [alice, bob] = [await world.node("alice"), await world.node("bob")];
    await world.pair(alice, bob);
    const { host } = bob;
    let known = 0;
    host.peers = () => known;
    await alice.stop();
    await world.time.pass(10_000);
    host.peerAppeared();
    await world.time.pass(100);
    const before = host.lookups;
    known = 1;
    host.peerAppeared();
    await world.time.pass(200);
    assert.ok(host.lookups > before);
    await world.stop();
  });

  it("do not restart at each node that appears in a large mesh, but at one on our own network", async () => {
    const world = new World();
    const [alice, bob] = [await world.node("alice"), await world.node("bob")];
    await world.pair(alice, bob);
    const { host } = bob;
    const known = { any: 5 * limits.fewHosts, lan: 0 };
    host.peers = (scope = "any") => known[scope];
    await alice.stop();
    await world.time.pass(600_000);
    const lookups = async (): Promise<number> => {
      const before = host.lookups;
      host.peerAppeared();
      await world.time.pass(limits.seekPause + 1_000);
      return host.lookups - before;
    };
    let apart = 0;
    for (let i = 0; i < 10; i++) apart += await lookups();
    assert.ok(apart <= 1, "but those that were due");
    known.lan++;
    assert.ok((await lookups()) > 0);
    await world.stop();
  });
});
