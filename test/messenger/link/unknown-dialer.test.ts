import assert from "node:assert/strict";
import { limits, toHex } from "../../../src/base/index.ts";
import { inviteIdOf } from "../../../src/dht/index.ts";
import type { Channel } from "../../../src/ports/index.ts";
import { decodeLinkFrame, encodeLinkFrame, parseInvite } from "../../../src/wire/index.ts";
import type { SimHost } from "../../scenario/host.ts";
import { type SimNode, World } from "../../scenario/world.ts";

const DAY = 86_400_000;

interface Scene {
  readonly world: World;
  readonly alice: SimNode;
  readonly bob: SimNode;
  readonly stranger: SimHost;
  /** A hello of bob's to alice that alice took. */
  readonly hello: Uint8Array;
}

async function scene(seed: number): Promise<Scene> {
  const world = new World(seed);
  const alice = await world.node("alice");
  const bob = await world.node("bob");
  await world.pair(alice, bob);
  // Bob calls, so that there is a hello of his to copy.
  await bob.restart();
  await world.until("they are linked", () => alice.contact("bob").online);
  await world.time.pass(10_000);
  const hello = world.network.captured.findLast(
    ({ from, to, frame }) => frame[0] === 1 && from === bob.host.host && to === alice.host.host,
  )?.frame;
  return { world, alice, bob, stranger: world.network.host(), hello: hello ?? new Uint8Array() };
}

async function dial({ world, alice, stranger }: Scene): Promise<Channel> {
  let channel: Channel | undefined;
  const target = { addresses: alice.host.addresses(), host: alice.host.host };
  void stranger.dial(target, new AbortController().signal).then((opened) => {
    channel = opened;
  });
  await world.until("the stranger is connected", () => channel !== undefined);
  return channel as Channel;
}

const disk = (node: SimNode): string[] =>
  node.store
    .snapshot()
    .map(({ table, of, at, value }) => `${table} ${of} ${at} ${toHex(value)}`)
    .sort();

/**
 * Sends frames as a stranger. @returns ms until the channel ended, and how many frames came back.
 */
async function knock(
  made: Scene,
  frames: readonly Uint8Array[],
): Promise<{ ms: number; answers: number }> {
  const { world, stranger } = made;
  const { latency } = world.network;
  world.network.latency = 0;
  const channel = await dial(made);
  let ended = false;
  void (async () => {
    while ((await channel.receive()).length > 0);
    ended = true;
  })();
  const since = world.network.captured.length;
  const start = world.time.now();
  if (frames.length > 0) await channel.send(frames);
  await world.until("the channel ends", () => ended);
  const answers = world.network.captured
    .slice(since)
    .filter(({ to }) => to === stranger.host).length;
  world.network.latency = latency;
  return { ms: world.time.now() - start, answers };
}

const random = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => (index * 37 + 11) & 0xff);

const madeUp: Uint8Array = encodeLinkFrame({
  type: "hello",
  index: random(8),
  nonce: random(32),
  tag: random(32),
  sealed: random(49),
});

const knocks: [string, (made: Scene) => readonly Uint8Array[]][] = [
  ["garbage", () => [random(200)]],
  ["an empty frame", () => [new Uint8Array(0)]],
  ["much garbage", () => Array.from({ length: 100 }, (_, n) => random(n + 1))],
  ["a hello with a wrong tag", () => [madeUp]],
  ["a hello of bob's, sent again from another host", ({ hello }) => [hello]],
  [
    "a handshake without a hello",
    () => [encodeLinkFrame({ type: "handshake", message: random(1248) })],
  ],
  [
    "a ratchet message without a hello",
    () => [encodeLinkFrame({ type: "ratchet", message: random(300) })],
  ],
  ["a ping", () => [encodeLinkFrame({ type: "ping" })]],
];

describe("a stranger who knows our address", () => {
  for (const [what, frames] of knocks)
    it(`gets nothing for ${what}, after the same time as for anything else, and changes nothing`, async () => {
      const made = await scene(1);
      const { world, alice, bob } = made;
      await alice.messenger.createInvite({ kind: "once", expiresIn: DAY, hints: false });
      await world.time.pass(1000);
      assert.ok(made.hello.length > 0);
      const before = disk(alice);
      const { ms, answers } = await knock(made, frames(made));
      assert.equal(answers, 0);
      assert.equal(ms, limits.refusalDelay);
      assert.deepEqual(disk(alice), before);
      assert.ok(alice.contact("bob").online, "the link with bob lives");
      await world.reaches(alice, await alice.messenger.send("bob", "still here"), "delivered");
      assert.ok(bob.alive);
      await world.stop();
    });

  it("is cut when it says nothing at all", async () => {
    const made = await scene(2);
    const { ms, answers } = await knock(made, []);
    assert.equal(answers, 0);
    assert.ok(ms <= limits.stepTimeout + limits.refusalDelay);
    await made.world.stop();
  });

  it("cannot take a contact's place in a link that is being made", async () => {
    const made = await scene(3);
    const { world, alice, bob } = made;
    bob.kill();
    await world.until("alice notices", () => !alice.contact("bob").online);
    for (let n = 0; n < 20; n++) void knock(made, [made.hello]).catch(() => undefined);
    await bob.start();
    await world.reaches(alice, await alice.messenger.send("bob", "hi"), "delivered");
    await world.stop();
  });

  it("who holds an invite and breaks off at any step leaves nothing behind", async () => {
    const { world, alice } = await scene(4);
    const mallory = await world.node("mallory");
    const { link, id } = await alice.messenger.createInvite({
      kind: "once",
      expiresIn: DAY,
      hints: true,
    });
    const before = disk(alice);
    for (const cutAt of [2, 3]) {
      let count = 0;
      world.network.tamper = (from, _to, frame) => {
        if (from !== mallory.host.host) return undefined;
        if (++count < cutAt) return undefined;
        return frame.length > 0 ? random(frame.length) : undefined;
      };
      await mallory.messenger.add(link, { as: "alice" }).catch(() => undefined);
      await world.time.pass(1000);
      mallory.host.cutAll();
      await mallory.messenger.remove("alice");
      await world.time.pass(20_000);
      assert.ok(count >= cutAt, `only ${count} frames`);
      assert.deepEqual(disk(alice), before, `cut at ${cutAt}`);
    }
    world.network.tamper = undefined;
    assert.equal(alice.messenger.invites().find((invite) => invite.id === id)?.state, "open");
    const parsed = parseInvite(link);
    assert.equal(parsed.kind === "invite" && inviteIdOf(world.crypto, parsed.invite.secret), id);
    await world.stop();
  });
});

describe("a contact that breaks the protocol", () => {
  const damages: [string, (frame: Uint8Array) => Uint8Array][] = [
    ["a ratchet message with a flipped bit", (frame) => frame.with(40, (frame[40] ?? 0) ^ 1)],
    [
      "a ratchet message with a flipped bit in its text",
      (frame) => frame.with(-1, (frame.at(-1) ?? 0) ^ 1),
    ],
    ["a ratchet message that is cut short", (frame) => frame.subarray(0, 20)],
    ["a frame of an unknown kind", () => random(50)],
    ["a hello in the middle of a link", () => madeUp],
  ];
  for (const [what, damage] of damages)
    it(`and sends ${what} is cut, and both go on by themselves without loss`, async () => {
      const made = await scene(5);
      const { world, alice, bob, stranger } = made;
      const carol = await world.node("carol");
      await world.pair(alice, carol);
      await world.time.pass(5000);
      let done = false;
      world.network.tamper = (from, _to, frame) => {
        if (done || from !== bob.host.host || decodeLinkFrame(frame)?.type !== "ratchet")
          return undefined;
        done = true;
        return damage(frame);
      };
      const linked = alice.events.length;
      const message = await bob.messenger.send("alice", "damaged");
      await world.reaches(bob, message, "delivered");
      assert.ok(done);
      assert.equal((await alice.texts("bob")).filter((text) => text === "in: damaged").length, 1);
      const flaps = alice.events
        .slice(linked)
        .filter((event) => event.type === "presence" && event.contact.name === "carol");
      assert.deepEqual(flaps, [], "carol's link was left alone");
      assert.ok(stranger.up);
      await world.reaches(alice, await alice.messenger.send("bob", "fine"), "delivered");
      await world.stop();
    });
});

describe("a contact's receipt", () => {
  it("for messages that were never sent settles nothing", async () => {
    const { world, alice, bob } = await scene(6);
    await world.reaches(alice, await alice.messenger.send("bob", "one"), "delivered");
    await bob.stop();
    // Bob's disk says that he has everything up to 1000.
    const row = bob.store.snapshot().find(({ table }) => table === "contact");
    assert.ok(row);
    const contact = JSON.parse(Buffer.from(row.value).toString());
    const claim = { received: { upTo: 1000, bits: { "~": "" } }, readUpTo: 1000 };
    const lying = { ...contact, conversation: { ...contact.conversation, ...claim } };
    await bob.store.commit([{ kind: "put", key: row, value: Buffer.from(JSON.stringify(lying)) }]);
    const waiting = [
      await alice.messenger.send("bob", "two"),
      await alice.messenger.send("bob", "three"),
    ];
    const delivered: boolean[] = [];
    alice.onEvent = (event) => {
      if (event.type === "message.state" && event.message.state === "delivered")
        delivered.push(bob.store.snapshot().some(({ of }) => of.endsWith(event.message.id)));
    };
    await bob.start();
    for (const message of waiting) await world.reaches(alice, message, "delivered");
    assert.deepEqual(delivered, [true, true]);
    assert.deepEqual(await bob.texts("alice"), ["in: one", "in: two", "in: three"]);
    await world.stop();
  });
});
