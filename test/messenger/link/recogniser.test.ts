import assert from "node:assert/strict";
import { type HostId, limits, toHex } from "../../../src/base/index.ts";
import type { CryptoProvider } from "../../../src/crypto/index.ts";
import type { Channel } from "../../../src/ports/index.ts";
import { decodeLinkFrame, encodeLinkFrame } from "../../../src/wire/index.ts";
import type { SimHost } from "../../scenario/host.ts";
import { Laws } from "../../scenario/laws.ts";
import { confirmed, type SimNode, World } from "../../scenario/world.ts";

const DAY = 86_400_000;
const DIAL = new AbortController().signal;

/** A hello under no key, which looks like any other. */
const unknownHello = (world: World): Uint8Array => {
  const { bytes } = world.chance;
  const fields = { index: bytes(8), nonce: bytes(32), tag: bytes(32), sealed: bytes(49) };
  return encodeLinkFrame({ type: "hello", ...fields });
};

/** The indexes of all hellos to a host, as hex, in order. */
const indexesTo = (world: World, host: HostId): string[] =>
  world.network.captured.flatMap(({ to, frame }) => {
    const decoded = to === host ? decodeLinkFrame(frame) : undefined;
    return decoded?.type === "hello" ? [toHex(decoded.index)] : [];
  });

/** A world that counts the hashes under a key that its nodes compute. */
function countingWorld(seed: number): { world: World; hashes: () => number } {
  const world = new World(seed);
  let hashes = 0;
  const { crypto } = world;
  const counting: CryptoProvider = {
    ...crypto,
    hmac: (key, data) => {
      hashes++;
      return crypto.hmac(key, data);
    },
  };
  Object.assign(world, { crypto: counting });
  return { world, hashes: () => hashes };
}

/** Dials a node and sends it these frames. @returns the channel. */
async function knock(from: SimHost, node: SimNode, frames: Uint8Array[]): Promise<Channel> {
  const { host } = node.host;
  const dialed = from.dial({ addresses: node.host.addresses(), host }, DIAL);
  let channel: Channel | undefined;
  void dialed.then((opened) => {
    channel = opened;
  });
  await node.world.until("a stranger is connected", () => channel !== undefined);
  await (channel as unknown as Channel).send(frames);
  return channel as unknown as Channel;
}

/**
 * Strangers at many addresses send hellos to a node, 50 a second, so that a hello that is to be
 * compared hardly ever is. @returns what ends it.
 */
async function flood(world: World, node: SimNode): Promise<() => void> {
  const strangers = Array.from({ length: 300 }, () => world.network.host());
  let going = true;
  const next = (i: number): void => {
    if (!going) return;
    const stranger = strangers[i % strangers.length];
    const target = { addresses: node.host.addresses(), host: node.host.host };
    stranger
      ?.dial(target, DIAL)
      .then((channel) => channel.send([unknownHello(world)]))
      .catch(() => undefined);
    world.time.after(20, () => next(i + 1));
  };
  next(0);
  // The comparisons of a second are used up when it begins: not then.
  await world.time.pass(3_500);
  return () => {
    going = false;
  };
}

/** How long a contact may take under a flood, ms: a refusal at an old address, and a lookup. */
const SOON = 5_000;

async function pairOf(world: World): Promise<{ alice: SimNode; bob: SimNode }> {
  const alice = await world.node("alice");
  const bob = await world.node("bob");
  await world.pair(alice, bob);
  return { alice, bob };
}

describe("a hello's index", () => {
  it("is the same in each hello to the host of the contact's last link", async () => {
    const world = new World(1);
    const { alice, bob } = await pairOf(world);
    await bob.restart();
    await world.until("they are linked", () => bob.contact("alice").online);
    const before = indexesTo(world, alice.host.host).length;
    while (indexesTo(world, alice.host.host).length < before + 3) {
      bob.host.cutAll();
      await world.time.pass(5_000);
    }
    const indexes = indexesTo(world, alice.host.host).slice(before);
    assert.equal(new Set(indexes).size, 1);
    await world.stop();
  });

  it("is random towards a host that has taken over a contact's address", async () => {
    const world = new World(2);
    const { alice, bob } = await pairOf(world);
    const laws = new Laws(world);
    for (const node of [alice, bob]) laws.opened(node);
    await bob.restart();
    await world.until("bob has an address of alice", () => bob.contact("alice").online);
    const squatter = world.network.host();
    const heard: Channel[] = [];
    squatter.onChannel((channel) => heard.push(channel));
    const { address } = alice.host;
    await alice.stop();
    squatter.move(address);
    await world.until("bob has dialed it again and again", () => heard.length >= 4);
    const indexes = indexesTo(world, squatter.host);
    assert.ok(indexes.length >= 4);
    assert.deepEqual(laws.broken, []);
    assert.equal(new Set(indexes).size, indexes.length);
    await world.stop();
  });

  it("differs from host to host", async () => {
    const world = new World(3);
    const { alice, bob } = await pairOf(world);
    const first = alice.host.host;
    await bob.restart();
    await world.until("they are linked", () => bob.contact("alice").online);
    const start = indexesTo(world, first).length;
    while (indexesTo(world, first).length < start + 2) {
      bob.host.cutAll();
      await world.time.pass(5_000);
    }
    const [one, other] = indexesTo(world, first).slice(start);
    assert.equal(one, other, "the index of the pair at this host");
    await alice.restart();
    await bob.restart();
    await world.until("they are linked again", () => bob.contact("alice").online);
    const before = new Set(indexesTo(world, first));
    const after = indexesTo(world, alice.host.host);
    assert.ok(after.length > 0 && before.size > 0);
    assert.deepEqual(
      after.filter((index) => before.has(index)),
      [],
    );
    await world.stop();
  });
});

describe("a node that strangers flood with hellos", () => {
  it("links with a contact that finds it by its record, however many there are", async () => {
    const world = new World(4);
    const { alice, bob } = await pairOf(world);
    const stop = await flood(world, alice);
    for (let i = 0; i < 5; i++) {
      await bob.restart();
      await world.until("they are linked", () => bob.contact("alice").online, SOON);
      await world.reaches(bob, await bob.messenger.send("alice", `${i}`), "delivered");
    }
    stop();
    await world.stop();
  });

  it("pairs with the holder of a new invite, and finds the new contact at once", async () => {
    const world = new World(5);
    const alice = await world.node("alice");
    const bob = await world.node("bob");
    const stop = await flood(world, alice);
    const invite = { kind: "once", expiresIn: DAY, hints: true } as const;
    const { link } = await alice.messenger.createInvite(invite);
    await bob.messenger.add(link, { as: "alice" });
    await world.until("they are paired", () => confirmed(bob, alice), SOON);
    await bob.restart();
    await world.until("they are linked", () => bob.contact("alice").online, SOON);
    stop();
    await world.stop();
  });

  it("finds a contact that it has just added at once", async () => {
    const world = new World(9);
    const alice = await world.node("alice");
    const bob = await world.node("bob");
    const stop = await flood(world, bob);
    await world.pair(alice, bob);
    const answers = (): number =>
      world.network.captured.filter(({ from, frame }) => from === bob.host.host && frame[0] === 2)
        .length;
    // Where Bob told that he is nobody answers any more: Alice goes by his record, which names him.
    bob.host.move("/ip4/10.8.0.1/tcp/4001");
    await world.time.pass(4 * SOON);
    const before = answers();
    await alice.restart();
    await world.until("bob answers a hello of alice", () => answers() > before, SOON);
    stop();
    await world.stop();
  });

  it("finds a contact that was unblocked at once", async () => {
    const world = new World(10);
    const { alice, bob } = await pairOf(world);
    await alice.messenger.block("bob");
    // The indexes are made without bob.
    await alice.messenger.createInvite({ kind: "once", expiresIn: DAY, hints: false });
    const stop = await flood(world, alice);
    await bob.stop();
    await alice.messenger.unblock("bob");
    // Only a hello of bob's may link them.
    const dial = alice.host.dial.bind(alice.host);
    alice.host.dial = () => Promise.reject(new Error("no network"));
    await bob.start();
    await world.until("they are linked", () => bob.contact("alice").online, SOON);
    alice.host.dial = dial;
    stop();
    await world.stop();
  });

  it("recognises the keys of a later day", async () => {
    const world = new World(8);
    const alice = await world.node("alice");
    const bob = await world.node("bob");
    const invite = { kind: "once", expiresIn: 20 * DAY, hints: true } as const;
    const { link } = await alice.messenger.createInvite(invite);
    await knock(world.network.host(), alice, [unknownHello(world)]);
    await world.time.pass(3 * DAY);
    const stop = await flood(world, alice);
    await bob.messenger.add(link, { as: "alice" });
    await world.until("they are paired", () => confirmed(bob, alice), SOON);
    stop();
    await world.stop();
  });

  it("recognises its keys after its clock was set back by days", async () => {
    const world = new World(11);
    const alice = await world.node("alice");
    const bob = await world.node("bob");
    const invite = { kind: "once", expiresIn: 20 * DAY, hints: true } as const;
    const { link } = await alice.messenger.createInvite(invite);
    alice.skew = 3 * DAY;
    await knock(world.network.host(), alice, [unknownHello(world)]);
    await world.time.pass(1_000);
    alice.skew = 0;
    const stop = await flood(world, alice);
    await bob.messenger.add(link, { as: "alice" });
    await world.until("they are paired", () => confirmed(bob, alice), SOON);
    stop();
    await world.stop();
  });

  it("compares few of them with its keys, and hashes nothing for the others", async () => {
    const { world, hashes } = countingWorld(6);
    const alice = await world.node("alice");
    for (let i = 0; i < 20; i++)
      await alice.messenger.createInvite({ kind: "once", expiresIn: DAY, hints: false });
    const stranger = world.network.host();
    await knock(stranger, alice, [unknownHello(world)]);
    await world.time.pass(1_000);
    const keys = 3 * 20;
    for (const addresses of [1, 40]) {
      const strangers = Array.from({ length: addresses }, () => world.network.host());
      await world.time.pass(60_000);
      const before = hashes();
      for (let i = 0; i < 60; i++) {
        await knock(strangers[i % addresses] as SimHost, alice, [unknownHello(world)]);
        // One address is compared once a second, and that not often.
        if (addresses === 1) await world.time.pass(900);
      }
      const seconds = 60;
      await world.time.pass(seconds * 1_000);
      const compared = (hashes() - before) / keys;
      assert.ok(compared >= 1, `${compared}`);
      const most = addresses === 1 ? limits.hellosComparedPerSubnet : limits.hellosCompared * 10;
      assert.ok(compared <= most, `${addresses} addresses: ${compared}`);
    }
    await world.stop();
  });

  it("answers no more hellos of a contact in a minute than the limit", async () => {
    const world = new World(7);
    const { alice, bob } = await pairOf(world);
    await bob.restart();
    await world.until("they are linked", () => alice.contact("bob").online);
    const { host } = bob.host;
    const first = indexesTo(world, alice.host.host).length;
    while (indexesTo(world, alice.host.host).length === first) {
      bob.host.cutAll();
      await world.time.pass(5_000);
    }
    const hello = world.network.captured.findLast(
      ({ from, to, frame }) => frame[0] === 1 && from === host && to === alice.host.host,
    )?.frame;
    assert.ok(hello);
    bob.kill();
    // A program of bob's that runs on his host, and repeats what is right.
    const program = world.network.host();
    program.host = host;
    await world.time.pass(60_000);
    const before = world.frames("answer").length;
    for (let i = 0; i < limits.hellosPerContact + 20; i++) {
      const channel = await knock(program, alice, [hello]);
      await world.time.pass(200);
      channel.abort();
      await world.time.pass(200);
    }
    assert.equal(world.frames("answer").length - before, limits.hellosPerContact);
    await world.stop();
  });
});
