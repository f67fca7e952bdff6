import assert from "node:assert/strict";
import { limits } from "../../../src/base/index.ts";
import type { StoreOp } from "../../../src/ports/index.ts";
import { type SimNode, World } from "../../scenario/world.ts";

const SECOND = 1000;
const LONG = "long text ".repeat(6_500);
const MESSAGES = 130;

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
});
