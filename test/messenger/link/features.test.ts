import assert from "node:assert/strict";
import { featuresOf } from "../../../src/messenger/model/contact.ts";
import type { Feature } from "../../../src/wire/index.ts";
import { Disk } from "../../scenario/disk.ts";
import { type SimNode, World } from "../../scenario/world.ts";

/** The features that a node has in common with a contact, by what it stored. */
function featuresWith(node: SimNode, other: SimNode): ReadonlySet<Feature> {
  const { contact } = Disk.of(node.store).with(other.messenger.self().account) ?? {};
  assert.ok(contact);
  return featuresOf(contact, node.options.features);
}

describe("features of contacts", () => {
  it("are those that both sides offer, on both sides, and outlast a restart", async () => {
    const world = new World(1);
    const alice = await world.node("alice", 0, { features: new Set(["files", "groups"]) });
    const bob = await world.node("bob", 0, { features: new Set(["mailbox", "groups"]) });
    await world.pair(alice, bob);
    assert.deepEqual(featuresWith(alice, bob), new Set(["groups"]));
    assert.deepEqual(featuresWith(bob, alice), new Set(["groups"]));
    await alice.restart();
    assert.deepEqual(featuresWith(alice, bob), new Set(["groups"]));
    await world.stop();
  });

  it("are none where one side offers none", async () => {
    const world = new World(2);
    const alice = await world.node("alice");
    const bob = await world.node("bob", 0, { features: new Set(["files", "devices", "groups"]) });
    await world.pair(alice, bob);
    assert.deepEqual(featuresWith(alice, bob), new Set());
    assert.deepEqual(featuresWith(bob, alice), new Set());
    await world.stop();
  });
});
