import assert from "node:assert/strict";
import { away, settledActs } from "../../scenario/acts.ts";
import { type NodeOptions, type SimNode, World } from "../../scenario/world.ts";

const DAY = 86_400_000;

/** A message of alice to bob that was given up, and that bob may have. */
async function givenUp(
  seed: number,
  arrives: boolean,
  { timer, ...options }: NodeOptions & { readonly timer?: number } = {},
) {
  const world = new World(seed);
  const [alice, bob] = [await world.node("alice", 0, options), await world.node("bob", 0, options)];
  await world.pair(alice, bob);
  if (timer !== undefined) await alice.messenger.setTimer("bob", timer);
  await world.time.pass(10_000);
  if (arrives)
    world.network.tamper = (from, _to, frame) =>
      from === bob.host.host && frame[0] === 4 ? "cut" : undefined;
  else await bob.stop();
  await world.time.pass(1000);
  const sent = await alice.messenger.send("bob", "too late", { key: "once" });
  await world.time.pass(500);
  await bob.stop();
  if (arrives) await alice.messenger.edit(sent.id, "better late");
  await away(alice, 31 * DAY);
  world.network.tamper = undefined;
  assert.equal((await alice.states("bob")).at(-1), "failed");
  return { world, alice, bob, sent };
}

const types = ({ events }: SimNode, from: number): string[] =>
  events.slice(from).map(({ type }) => type);

describe("a message that was given up", () => {
  it("is sent again under its id and its key, as the newest one, also after a restart", async () => {
    const { world, alice, bob, sent } = await givenUp(51, false);
    await alice.messenger.send("bob", "in time");
    const before = alice.events.length;
    const again = await alice.messenger.resend(sent.id);
    assert.deepEqual([again.id, again.state, again.text], [sent.id, "queued", "too late"]);
    assert.ok(again.at > sent.at && again.sentAt > sent.sentAt);
    assert.deepEqual(
      types(alice, before).filter((type) => type.startsWith("message.")),
      ["message.removed", "message.new"],
    );
    await alice.restart();
    assert.equal((await alice.messenger.send("bob", "too late", { key: "once" })).at, again.at);
    assert.deepEqual(await alice.states("bob"), ["queued", "queued"]);
    await bob.start();
    await world.reaches(alice, again, "delivered");
    assert.deepEqual(await bob.texts("alice"), ["in: in time", "in: too late"]);
    assert.deepEqual(await alice.texts("bob"), ["out: in time", "out: too late"]);
    await bob.messenger.markRead("alice");
    await world.reaches(alice, again, "read");
    await world.stop();
  });

  it("disappears on both sides once its timer has run from the second time it was sent", async () => {
    const { world, alice, bob, sent } = await givenUp(55, false, { timer: DAY });
    const again = await alice.messenger.resend(sent.id);
    await bob.start();
    await world.reaches(alice, again, "delivered");
    const isIn = async (node: SimNode, who: string) =>
      (await node.texts(who)).some((text) => text.endsWith("too late"));
    await bob.messenger.markRead("alice");
    await world.reaches(alice, again, "read");
    await world.time.pass(DAY / 2);
    assert.deepEqual([await isIn(alice, "bob"), await isIn(bob, "alice")], [true, true]);
    await world.time.pass(DAY);
    assert.deepEqual([await isIn(alice, "bob"), await isIn(bob, "alice")], [false, false]);
    assert.deepEqual(await alice.states("bob"), ["read"], "only the notice of the timer is left");
    await world.stop();
  });

  it("is kept without history until it is delivered after all, and no longer", async () => {
    const { world, alice, bob, sent } = await givenUp(56, false, { history: false });
    const again = await alice.messenger.resend(sent.id);
    await alice.restart();
    assert.deepEqual(await alice.texts("bob"), ["out: too late"]);
    await bob.start();
    await world.time.pass(DAY / 24);
    assert.deepEqual(await alice.texts("bob"), []);
    assert.deepEqual(await bob.texts("alice"), ["in: too late"]);
    await bob.messenger.markRead("alice");
    await world.time.pass(DAY);
    assert.deepEqual(await bob.texts("alice"), []);
    await assert.rejects(alice.messenger.resend(again.id), { code: "message-unknown" });
    await world.stop();
  });

  it("is shown once by a contact who had it, with the text of its last edit", async () => {
    const { world, alice, bob, sent } = await givenUp(52, true);
    await bob.start();
    assert.deepEqual(await bob.texts("alice"), ["in: too late"]);
    await alice.messenger.resend(sent.id);
    await assert.rejects(alice.messenger.cancel(sent.id), { code: "message-sent" });
    await settledActs(world, alice, bob);
    assert.deepEqual(await alice.states("bob"), ["delivered"]);
    assert.deepEqual(await bob.texts("alice"), ["in: better late"]);
    await alice.messenger.edit(sent.id, "corrected");
    await settledActs(world, alice, bob);
    assert.deepEqual(await bob.texts("alice"), ["in: corrected"]);
    await world.stop();
  });

  it("is given up again 30 days later, and can be deleted while it waits", async () => {
    const { world, alice, bob, sent } = await givenUp(53, false);
    await alice.messenger.resend(sent.id);
    await away(alice, 29 * DAY);
    assert.deepEqual(await alice.states("bob"), ["queued"]);
    await away(alice, 2 * DAY);
    assert.deepEqual(await alice.states("bob"), ["failed"]);
    await alice.messenger.resend(sent.id);
    await alice.messenger.delete(sent.id);
    await bob.start();
    const next = await alice.messenger.send("bob", "next");
    await world.reaches(alice, next, "delivered");
    assert.deepEqual(await bob.texts("alice"), ["in: next"]);
    await world.stop();
  });

  it("is not sent again in any other state, nor by the contact, nor to who is blocked", async () => {
    const { world, alice, bob, sent } = await givenUp(54, false);
    const waiting = await alice.messenger.send("bob", "waits");
    const rejects = (job: Promise<unknown>, code: string) => assert.rejects(job, { code });
    await rejects(alice.messenger.resend(waiting.id), "message-not-failed");
    await alice.messenger.cancel(waiting.id);
    await rejects(alice.messenger.resend(waiting.id), "message-not-failed");
    await alice.messenger.block("bob");
    await rejects(alice.messenger.resend(sent.id), "contact-blocked");
    await alice.messenger.unblock("bob");
    await alice.messenger.delete(sent.id);
    await rejects(alice.messenger.resend(sent.id), "message-deleted");
    await bob.start();
    await world.stop();
  });
});
