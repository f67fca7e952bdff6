import assert from "node:assert/strict";
import { limits, utf8 } from "../../../src/base/index.ts";
import { type SimNode, World } from "../../scenario/world.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

async function pairOf(options = {}) {
  const world = new World();
  const alice = await world.node("alice", 0, options);
  const bob = await world.node("bob");
  await world.pair(alice, bob);
  await world.until("a link", () => alice.contact("bob").online);
  return { world, alice, bob };
}

/** The texts that a node was given. */
const given = (node: SimNode): string[] => node.shown().map(({ text }) => text);

describe("an invisible node", () => {
  it("publishes nothing, and answers none who knows it", async () => {
    const { world, alice, bob } = await pairOf();
    alice.messenger.setInvisible(true);
    await world.until("the link ends", () => !bob.contact("alice").online);
    const { puts } = alice.host;
    const hers = alice.host.host;
    const before = world.network.captured.filter(({ from }) => from === hers).length;
    await bob.messenger.send("alice", "are you there");
    alice.host.readdressed();
    await world.time.pass(3 * HOUR);
    assert.equal(alice.host.puts, puts);
    assert.equal(world.network.captured.filter(({ from }) => from === hers).length, before);
    assert.deepEqual(given(alice), []);
    assert.ok(!bob.contact("alice").online && !bob.contact("alice").recentlySeen);
    await world.stop();
  });

  it("links to send, brings along what waited for it, and leaves again", async () => {
    const { world, alice, bob } = await pairOf();
    alice.messenger.setInvisible(true);
    await world.until("the link ends", () => !bob.contact("alice").online);
    await bob.messenger.send("alice", "from bob");
    await world.time.pass(10 * MINUTE);
    const sent = await alice.messenger.send("bob", "from alice");
    await world.reaches(alice, sent, "delivered");
    await world.until("bob's comes, too", () => given(alice).includes("from bob"));
    await world.until("she leaves", () => !alice.contact("bob").online);
    await world.time.pass(HOUR);
    assert.ok(!alice.contact("bob").online && !bob.contact("alice").online);
    await world.stop();
  });

  it("keeps a link that has something to send, and leaves in time once that has arrived", async () => {
    const { world, alice } = await pairOf();
    const sent = await alice.messenger.send("bob", "last words");
    alice.messenger.setInvisible(true);
    await world.reaches(alice, sent, "delivered");
    await world.time.pass(limits.invisibleLinger + 1000);
    assert.ok(!alice.contact("bob").online);
    const told = alice.messenger.diagnose("bob");
    assert.equal((await told).cause, "invisible");
    assert.ok(alice.messenger.health().invisible);
    await world.stop();
  });

  it("answers no claim of its invites", async () => {
    await assert.rejects(pairOf({ invisible: true }), /never came: both are paired/);
  });

  it("is found again once it shows itself", async () => {
    const { world, alice, bob } = await pairOf();
    alice.messenger.setInvisible(true);
    await world.until("the link ends", () => !bob.contact("alice").online);
    await world.time.pass(3 * HOUR);
    const waiting = await bob.messenger.send("alice", "and now?");
    alice.messenger.setInvisible(false);
    await world.reaches(bob, waiting, "delivered");
    const { wanted, held } = alice.messenger.health().records;
    assert.deepEqual([held, wanted], [2, 2]);
    await world.stop();
  });
});

describe("when a contact was last seen", () => {
  it("is stored nowhere unless the setting is on", async () => {
    const { world, alice, bob } = await pairOf();
    bob.kill();
    await world.until("alice knows", () => !alice.contact("bob").online);
    await world.time.pass(MINUTE);
    assert.equal(alice.contact("bob").lastSeen, undefined);
    await world.stop();
    assert.ok(!holds(alice, "lastSeen"));
  });

  it("is kept over a restart where it is wanted, and forgotten once it is not", async () => {
    const { world, alice, bob } = await pairOf({ lastSeen: true });
    await world.time.pass(5 * MINUTE);
    const least = world.time.now() - 2 * MINUTE;
    bob.kill();
    await world.until("alice knows", () => !alice.contact("bob").online);
    const most = world.time.now();
    await world.time.pass(HOUR);
    const seen = alice.contact("bob").lastSeen ?? 0;
    assert.ok(seen >= least && seen <= most, `${seen} is not in ${least}..${most}`);
    await alice.restart();
    assert.equal(alice.contact("bob").lastSeen, seen);
    Object.assign(alice.options, { lastSeen: false });
    await alice.restart();
    assert.equal(alice.contact("bob").lastSeen, undefined);
    assert.ok(!holds(alice, "lastSeen"));
    await world.stop();
  });

  it("is the end of a link that lasted until the node stopped", async () => {
    const { world, alice } = await pairOf({ lastSeen: true });
    await world.time.pass(HOUR);
    await alice.stop();
    const least = world.time.now() - 2 * MINUTE;
    await alice.start();
    assert.ok((alice.contact("bob").lastSeen ?? 0) >= least);
    await world.stop();
  });
});

/** Whether a row on the disk holds this text. */
function holds(node: SimNode, text: string): boolean {
  const wanted = Buffer.from(utf8(text));
  return node.store.snapshot().some(({ value }) => Buffer.from(value).includes(wanted));
}
