import assert from "node:assert/strict";
import type { AccountId } from "../../../src/base/index.ts";
import { type SimNode, World } from "../../scenario/world.ts";

const account = (node: SimNode): AccountId => node.messenger.self().account;

/** A node whose list is made before it starts, and may grow at once. */
async function listing(world: World, name: string, allow: Set<AccountId>): Promise<SimNode> {
  return world.node(name, 0, { allow });
}

describe("messenger, a list of accounts that may be linked with", () => {
  it("pairs with those of the list", async () => {
    const world = new World(1);
    const allow = new Set<AccountId>();
    const alice = await listing(world, "alice", allow);
    const bob = await world.node("bob");
    allow.add(account(bob));
    await world.pair(alice, bob);
    await world.pair(bob, await listing(world, "carol", new Set([account(bob)])));
    await world.stop();
  });

  it("treats a claim of any other account as one of an unknown peer, and stores nothing of it", async () => {
    const world = new World(2);
    const alice = await listing(world, "alice", new Set());
    const mallory = await world.node("mallory");
    const { link } = await alice.messenger.createInvite({
      kind: "once",
      expiresIn: 86_400_000,
      hints: false,
    });
    await mallory.messenger.add(link, { as: "alice" });
    const rows = async () => (await alice.store.all("contact")).length;
    await world.time.pass(120_000);
    assert.equal(await rows(), 0);
    assert.deepEqual(alice.messenger.contacts(), []);
    assert.equal(alice.events.length, 0);
    // The invite is as good as before for who may.
    assert.equal(alice.messenger.invites()[0]?.state, "open");
    assert.notEqual(mallory.contact("alice").pairing, "confirmed");
    await world.stop();
  });

  it("neither adds, nor looks for, nor answers who is not in it, and says why", async () => {
    const world = new World(3);
    const allow = new Set<AccountId>();
    const alice = await listing(world, "alice", allow);
    const bob = await world.node("bob");
    const { link } = await bob.messenger.createInvite({
      kind: "reusable",
      expiresIn: 86_400_000,
      hints: false,
    });
    await assert.rejects(alice.messenger.add(link), { code: "contact-not-allowed" });
    allow.add(account(bob));
    await world.pair(alice, bob);
    await world.until("they are linked", () => bob.contact("alice").online);
    allow.clear();
    await alice.restart();
    await world.time.pass(300_000);
    assert.equal(alice.contact("bob").online, false);
    assert.equal(bob.contact("alice").online, false);
    assert.equal(alice.host.lookups, 0);
    assert.equal((await alice.messenger.diagnose("bob")).cause, "not-allowed");
    await world.stop();
  });
});
