import assert from "node:assert/strict";
import { limits } from "../../../src/base/index.ts";
import { encodeLinkFrame } from "../../../src/wire/index.ts";
import { away } from "../../scenario/acts.ts";
import { World } from "../../scenario/world.ts";

const RATCHET = 4;

describe("messenger/messages/maintenance", () => {
  it("erases keys of messages that never came from an idle session", async () => {
    const world = new World(1);
    const alice = await world.node("alice");
    const bob = await world.node("bob");
    await world.pair(alice, bob);
    const rows = () => alice.store.snapshot().filter(({ table }) => table === "session").length;
    let lost = 0;
    world.network.tamper = (from, _to, frame) =>
      from === bob.host.host && frame[0] === RATCHET && lost++ === 0
        ? encodeLinkFrame({ type: "ping" })
        : undefined;
    await bob.messenger.send("alice", "lost");
    await bob.messenger.send("alice", "next");
    await world.until("the next one is read", () => alice.shown().length === 1);
    bob.kill();
    assert.equal(rows(), 2);
    await away(alice, limits.skippedKeyAge - 2 * limits.upkeep);
    assert.equal(rows(), 2);
    await world.time.pass(4 * limits.upkeep);
    assert.equal(rows(), 1);
    await world.stop();
  });
});
