import assert from "node:assert/strict";
import { limits } from "../../../src/base/index.ts";
import { World } from "../../scenario/world.ts";

const MINUTE = 60_000;

describe("a node without a DHT peer", () => {
  it("looks again within seconds of the network's return, however long that was away", async () => {
    const world = new World(3);
    const alice = await world.node("alice");
    const bob = await world.node("bob");
    bob.host.up = false;
    const { link } = await alice.messenger.createInvite({
      kind: "once",
      expiresIn: 60 * MINUTE,
      hints: false,
    });
    await bob.messenger.add(link, { as: "alice" });
    await world.time.pass(20 * MINUTE);
    bob.host.up = true;
    const soon = 1.5 * limits.retry.min + 1_000;
    const found = await world.time.run(() => bob.contact("alice").pairing === "confirmed", soon);
    assert.ok(found);
    await world.stop();
  });

  it("looks for a contact ever more rarely, although there is no node to ask", async () => {
    const world = new World(4);
    const alice = await world.node("alice");
    const bob = await world.node("bob");
    await world.pair(alice, bob);
    bob.host.up = false;
    bob.host.cutAll();
    await world.time.pass(60 * MINUTE);
    const before = bob.host.dials.length;
    await world.time.pass(60 * MINUTE);
    const dials = bob.host.dials.length - before;
    assert.ok(dials <= 8, `${dials} dials`);
    await world.stop();
  });
});
