import assert from "node:assert/strict";
import { away, pairOf, settledActs } from "../../scenario/acts.ts";
import type { SimNode } from "../../scenario/world.ts";

const DAY = 86_400_000;

/** A message of alice to bob that was given up, and that bob may have. */
async function givenUp(seed: number, arrives: boolean) {
  const { world, alice, bob } = await pairOf(seed);
  await world.time.pass(5000);
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
  assert.deepEqual(await alice.states("bob"), ["failed"]);
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
