import assert from "node:assert/strict";
import { limits } from "../../../src/base/index.ts";
import { type Session, seal, sessionOfRows } from "../../../src/ratchet/index.ts";
import { encodeContent, encodeLinkFrame } from "../../../src/wire/index.ts";
import { type SimNode, World } from "../../scenario/world.ts";

const SIZE = 100 * limits.diskReserve;
const PING = 5;
const HOUR = 3_600_000;

describe("the reserve of free space", () => {
  let world: World;
  let alice: SimNode;
  let bob: SimNode;
  let free: number;

  beforeEach(async () => {
    world = new World(21);
    free = SIZE;
    alice = await world.node("alice", 0, { diskSpace: async () => ({ free, size: SIZE }) });
    bob = await world.node("bob");
    await world.pair(alice, bob);
  });
  afterEach(() => world.stop());

  /** The disk has this much space, and alice knows. */
  async function has(space: number): Promise<void> {
    free = space;
    await world.time.pass(limits.diskCheck);
  }

  const sendAll = async (from: number, to: number) => {
    for (let i = from; i < to; i++) await bob.messenger.send("alice", `m${i}`);
  };
  const expected = (count: number) => Array.from({ length: count }, (_, i) => `in: m${i}`);

  it("keeps messages at the sender while it is used up, and delivers each once afterwards", async () => {
    await sendAll(0, 3);
    await world.until("they arrive", () => alice.shown().length === 3);
    await has(limits.diskReserve - 1);
    assert.deepEqual(alice.messenger.health().disk, { low: true, free });
    const rows = alice.store.snapshot().filter(({ table }) => table === "message").length;
    await sendAll(3, 3 + limits.sendWindow + 50);
    const first = (await bob.messenger.history("alice", { limit: 1000 }))[0];
    assert.ok(first);
    await bob.messenger.edit(first.id, "edited");
    await world.time.pass(120_000);
    assert.equal(alice.store.snapshot().filter(({ table }) => table === "message").length, rows);
    assert.equal(bob.contact("alice").waiting, limits.sendWindow + 51);
    await has(2 * limits.diskReserve);
    await world.until("all are delivered", () => bob.contact("alice").waiting === 0);
    const texts = await alice.texts("bob");
    assert.deepEqual(texts, ["in: edited", ...expected(3 + limits.sendWindow + 50).slice(1)]);
    assert.equal(alice.messenger.health().disk.low, false);
  });

  it("delivers what the user sends, and keeps the link, while it is used up", async () => {
    await has(0);
    const links = alice.events.filter(({ type }) => type === "presence").length;
    await sendAll(0, 5);
    for (let i = 0; i < 5; i++) {
      const message = await alice.messenger.send("bob", `mine ${i}`);
      await world.reaches(alice, message, "delivered");
    }
    assert.deepEqual(await bob.texts("alice"), [
      ...Array.from({ length: 5 }, (_, i) => `out: m${i}`),
      ...Array.from({ length: 5 }, (_, i) => `in: mine ${i}`),
    ]);
    const ping = bob.messenger.ping("alice");
    await world.time.pass(10 * limits.linkDead);
    assert.equal((await ping).outcome, "answered");
    assert.equal(alice.events.filter(({ type }) => type === "presence").length, links);
    assert.deepEqual(alice.shown(), []);
    await has(SIZE);
    await world.until("all are delivered", () => bob.contact("alice").waiting === 0);
    assert.deepEqual(
      (await alice.texts("bob")).filter((text) => text.startsWith("in")),
      expected(5),
    );
  });

  it("is not used up by settings, of which each would show a line", async () => {
    const lines = () => alice.store.snapshot().filter(({ table }) => table === "message").length;
    const frames = await settingsOfBob(19);
    const [before, timer] = [lines(), alice.contact("bob").timer];
    await has(0);
    // A changed program of Bob's sends them in place of its pings.
    world.network.tamper = (from, _to, frame) =>
      from === bob.host.host && frame[0] === PING ? frames.shift() : undefined;
    for (let i = 0; i < 19; i++) void bob.messenger.ping("alice");
    await world.until("they are sent", () => frames.length === 0);
    await world.time.pass(1_000);
    assert.equal(lines(), before);
    assert.equal(alice.contact("bob").timer, timer);
    // Once there is space, the link is closed, so that settings are told again.
    await has(SIZE / 2);
    await bob.messenger.setTimer("alice", HOUR);
    await world.until("they agree", () => alice.contact("bob").timer === HOUR);
    assert.equal(lines(), before + 1);
  });

  /** Frames of Bob's session with settings that name other timers. */
  async function settingsOfBob(count: number): Promise<Uint8Array[]> {
    const [row] = bob.store.snapshot().filter(({ table }) => table === "session");
    let session = sessionOfRows(await bob.store.list("session", row?.of ?? "")) as Session;
    return Array.from({ length: count }, (_, i) => {
      const timer = {
        ms: limits.timerMin + i,
        lamport: 10 + i,
        id: world.chance.bytes(16),
        own: 1,
      };
      const content = encodeContent({ settings: { lamport: 10 + i, timer, addresses: [] } });
      const { message, next } = seal(bob.crypto, session, content);
      session = next;
      return encodeLinkFrame({ type: "ratchet", message });
    });
  }

  it("survives restarts of both sides, and other links, while it is used up", async () => {
    await has(0);
    await sendAll(0, 20);
    await world.time.pass(5_000);
    await alice.restart();
    await world.until("they are linked", () => bob.contact("alice").online);
    await sendAll(20, 30);
    await bob.restart();
    await world.until("they are linked", () => bob.contact("alice").online);
    bob.host.cutAll();
    await sendAll(30, 40);
    await world.time.pass(60_000);
    assert.deepEqual(alice.shown(), []);
    await has(SIZE);
    await world.until("all are delivered", () => bob.contact("alice").waiting === 0);
    assert.deepEqual(await alice.texts("bob"), expected(40));
  });

  it("is a tenth of a small disk, and does not alternate at its border", async () => {
    const small = await world.node("carol", 0, { diskSpace: async () => ({ free, size: 1_000 }) });
    const isLow = () => small.messenger.health().disk.low;
    await has(100);
    assert.equal(isLow(), false);
    await has(99);
    assert.equal(isLow(), true);
    await has(110);
    assert.equal(isLow(), true);
    await has(125);
    assert.equal(isLow(), false);
  });
});
