import assert from "node:assert/strict";
import { limits } from "../../../src/base/index.ts";
import type { StoreOp } from "../../../src/ports/index.ts";
import { type Session, seal, sessionOfRows } from "../../../src/ratchet/index.ts";
import { encodeContent, encodeLinkFrame } from "../../../src/wire/index.ts";
import { type SimNode, World } from "../../scenario/world.ts";

const SECOND = 1000;
const LONG = "long text ".repeat(6_500);
const MESSAGES = 130;
const PING = 5;

describe("a flood by a contact", () => {
  let world: World;
  let alice: SimNode;
  let bob: SimNode;

  beforeEach(async () => {
    world = new World(11);
    alice = await world.node("alice");
    bob = await world.node("bob");
    await world.pair(alice, bob);
  });
  afterEach(() => world.stop());

  /** Bytes of message rows that alice writes from now on. */
  function watchWritten(): { bytes: number } {
    const written = { bytes: 0 };
    alice.onCommit = (ops: readonly StoreOp[], at: string) => {
      if (at === "after")
        for (const op of ops) if (op.kind === "put") written.bytes += op.value.length;
    };
    return written;
  }

  const flood = () =>
    Promise.all(Array.from({ length: MESSAGES }, (_, i) => bob.messenger.send("alice", i + LONG)));

  it("is read at the rate of a contact after a burst, and loses nothing", async () => {
    const written = watchWritten();
    const start = world.time.moment;
    await flood();
    for (let i = 0; i < 10; i++) {
      await world.time.pass(SECOND);
      const allowed =
        limits.contactBurst + ((world.time.moment - start) / 1000) * limits.contactRate;
      // The last part that was read may exceed it.
      assert.ok(written.bytes <= allowed + 4 * limits.receiveBytes, `${written.bytes}`);
    }
    assert.ok(alice.shown().length < MESSAGES);
    await world.until("all arrive", () => alice.shown().length === MESSAGES, 3_600 * SECOND);
    await world.until("all are acknowledged", () => bob.contact("alice").waiting === 0);
  });

  it("is acknowledged at least every ten seconds, and delays neither the link nor our messages", async () => {
    const presence = () =>
      [...alice.events, ...bob.events].filter(({ type }) => type === "presence").length;
    const before = presence();
    const acknowledged: number[] = [world.time.moment];
    world.network.watch = ({ from }) => {
      if (from === alice.host.host) acknowledged.push(world.time.moment);
    };
    await flood();
    await world.time.pass(5 * SECOND);
    assert.ok(alice.shown().length < MESSAGES, "the flood continues");
    const start = world.time.moment;
    await alice.messenger.send("bob", "stop it");
    await world.until("bob has it", () => bob.shown().length === 1);
    assert.ok(world.time.moment - start < SECOND);
    await world.until("all arrive", () => alice.shown().length === MESSAGES, 3_600 * SECOND);
    const gaps = acknowledged.slice(1).map((at, i) => at - (acknowledged[i] ?? at));
    assert.ok(Math.max(...gaps) <= limits.contactPause, `${Math.max(...gaps)} ms`);
    assert.equal(presence(), before);
  });

  it("ends when the contact is blocked: what has arrived and was not read is dropped", async () => {
    await flood();
    await world.time.pass(5 * SECOND);
    const read = alice.shown().length;
    assert.ok(read < MESSAGES, "the flood continues");
    await alice.messenger.block("bob");
    await world.time.pass(60 * SECOND);
    assert.equal(alice.shown().length, read);
    await alice.messenger.unblock("bob");
    await world.until("all arrive", () => alice.shown().length === MESSAGES, 3_600 * SECOND);
  });

  it("of frames that skip messages is read as slowly as one of as many messages", async () => {
    await world.stop();
    world = new World(12);
    let breaths = 0;
    const breathe = async () => void breaths++;
    alice = await world.node("alice", 0, { breathe });
    bob = await world.node("bob");
    await world.pair(alice, bob);
    const skip = limits.skipPerMessage;
    const burst = Math.ceil(limits.contactBurst / limits.frameCharge / skip);
    const frames = await skippingFrames(burst + 4);
    const sent = frames.length;
    // A changed program of Bob's sends them in place of its pings.
    world.network.tamper = (from, _to, frame) =>
      from === bob.host.host && frame[0] === PING ? frames.shift() : undefined;
    const before = breaths;
    for (let i = 0; i < sent; i++) void bob.messenger.ping("alice");
    await world.until("all are sent", () => frames.length === 0);
    await world.time.pass(SECOND / 2);
    const start = world.time.moment;
    const ping = bob.messenger.ping("alice");
    let answeredAt = 0;
    void ping.then(() => {
      answeredAt = world.time.moment;
    });
    await world.until("a ping is answered", () => answeredAt > 0);
    assert.equal((await ping).outcome, "answered");
    assert.ok(breaths - before >= sent, "other work runs between them");
    // First the debt is paid.
    assert.ok(answeredAt - start > SECOND, `${answeredAt - start} ms`);
  });

  /** Frames of Bob's session, of which each skips as many messages as it may. */
  async function skippingFrames(count: number): Promise<Uint8Array[]> {
    const [row] = bob.store.snapshot().filter(({ table }) => table === "session");
    const rows = await bob.store.list("session", row?.of ?? "");
    let session = sessionOfRows(rows) as Session;
    const frames: Uint8Array[] = [];
    for (let i = 1; i <= count * (limits.skipPerMessage + 1); i++) {
      const { message, next } = seal(bob.crypto, session, encodeContent({}));
      session = next;
      if (i % (limits.skipPerMessage + 1) === 0)
        frames.push(encodeLinkFrame({ type: "ratchet", message }));
    }
    return frames;
  }
});
