import assert from "node:assert/strict";
import { World } from "../scenario/world.ts";

describe("delivery", () => {
  it("brings a message to its reader, and shows it as delivered only then", async () => {
    const world = new World(1);
    const alice = await world.node("alice");
    const bob = await world.node("bob");
    await world.pair(alice, bob);
    const message = await alice.messenger.send("bob", "hi");
    assert.equal(message.state, "waiting");
    await world.reaches(alice, message, "delivered");
    assert.deepEqual(await bob.texts("alice"), ["in: hi"]);
    const states = alice.events.flatMap((event) =>
      event.type === "message.state" ? [event.message.state] : [],
    );
    assert.deepEqual(states, ["sent", "delivered"]);
    await world.stop();
  });
});
