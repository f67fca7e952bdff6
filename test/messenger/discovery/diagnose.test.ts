import assert from "node:assert/strict";
import { limits, toHex } from "../../../src/base/index.ts";
import type { Diagnosis } from "../../../src/messenger/index.ts";
import { type SimNode, World } from "../../scenario/world.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/**
 * What the messenger says of a contact; a diagnosis looks for it, so simulated time has to pass.
 */
async function ask(world: World, node: SimNode, who: string): Promise<Diagnosis> {
  let told: Diagnosis | undefined;
  void node.messenger.diagnose(who).then((diagnosis) => {
    told = diagnosis;
  });
  await world.until("a diagnosis", () => told !== undefined, 2 * limits.diagnosis);
  return told as Diagnosis;
}

async function pairOf(seed = 1) {
  const world = new World(seed);
  const alice = await world.node("alice");
  const bob = await world.node("bob");
  await world.pair(alice, bob);
  await world.until("alice has them linked", () => alice.contact("bob").online);
  return { world, alice, bob };
}

/** Bob is there and unlinked, with the link cut and whatever `change` did. */
async function apart(change: (pair: Awaited<ReturnType<typeof pairOf>>) => unknown, seed = 1) {
  const pair = await pairOf(seed);
  await change(pair);
  pair.alice.host.cutAll();
  await pair.world.until("alice knows", () => !pair.alice.contact("bob").online);
  return pair;
}

describe("what keeps a contact apart", () => {
  it("is nothing while there is a link, whose facts are shown with the age of their record", async () => {
    const { world, alice, bob } = await pairOf();
    await world.time.pass(10 * MINUTE);
    const { cause, link, record, session, dials } = await ask(world, alice, "bob");
    assert.equal(cause, undefined);
    assert.equal(session, "kept");
    assert.deepEqual(dials, []);
    assert.equal(link?.address, bob.host.address);
    assert.ok(record !== undefined && record.age >= 9 * MINUTE && record.age <= 11 * MINUTE);
    assert.deepEqual(record.addresses, [bob.host.address]);
    await world.stop();
  });

  it("is unreachable with the reason of each address when their computer is off and their record is valid", async () => {
    const { world, alice, bob } = await pairOf();
    const { address } = bob.host;
    bob.kill();
    await world.time.pass(5 * MINUTE);
    const waiting = await alice.messenger.send("bob", "are you there");
    const told = await ask(world, alice, "bob");
    assert.equal(told.cause, "unreachable");
    assert.ok(
      told.dials.some(
        (dial) => dial.address === address && dial.from === "record" && dial.reason === "refused",
      ),
      JSON.stringify(told.dials),
    );
    assert.equal(told.waitingSince, waiting.sentAt);
    assert.ok(told.nextTryIn !== undefined && told.failures > 0);
    await world.stop();
  });

  it("is unreachable and timed out behind a firewall that drops packets", async () => {
    const { world, alice } = await apart(({ bob, alice }) => {
      bob.host.group = 0;
      alice.host.group = 0;
      alice.host.network.apart = () => true;
    });
    const told = await ask(world, alice, "bob");
    assert.equal(told.cause, "unreachable");
    assert.ok(told.dials.every(({ reason }) => reason === "timed out"));
    await world.stop();
  });

  it("is an old record when they have been away for longer than records are good", async () => {
    const { world, alice, bob } = await pairOf();
    bob.kill();
    await world.time.pass(3 * HOUR);
    const told = await ask(world, alice, "bob");
    assert.equal(told.cause, "record-expired");
    assert.equal(told.recordRefused?.why, "stale");
    assert.ok((told.recordRefused.off ?? 0) < -limits.recordAge);
    await world.stop();
  });

  it("is clocks apart where their signed record is from our future, and says by how much", async () => {
    const { world, alice, bob } = await pairOf();
    bob.kill();
    await world.time.pass(5 * MINUTE);
    // Alice's own clock falls back, far enough for the record and not into another day.
    alice.skew = -HOUR;
    const told = await ask(world, alice, "bob");
    assert.equal(told.cause, "clock-skew");
    assert.ok(Math.abs((told.recordRefused?.off ?? 0) - 55 * MINUTE) < 2 * MINUTE);
    assert.ok((alice.messenger.health().theirsAhead ?? 0) > 50 * MINUTE);
    await world.stop();
  });

  it("does not believe a forged record about their clock", async () => {
    const { world, alice, bob } = await pairOf();
    bob.kill();
    await world.until("alice knows", () => !alice.contact("bob").online);
    for (const [tag, record] of world.network.records) {
      const forged = record.slice();
      // A year ahead: the first bytes of the time of ms.
      forged[36] = (forged[36] as number) + 8;
      world.network.records.set(tag, forged);
    }
    assert.equal((await ask(world, alice, "bob")).cause, "no-record");
    await world.stop();
  });

  it("is an answer without a word where they blocked us, and then of the host that their record names", async () => {
    const { world, alice } = await apart(({ bob }) => bob.messenger.block("alice"));
    const told = await ask(world, alice, "bob");
    assert.equal(told.cause, "unrecognized");
    assert.ok(told.dials.some(({ reached, answer }) => reached && answer === "silent"));
    await world.stop();
  });

  it("is an answer without a word where they lost everything", async () => {
    const { world, alice } = await apart(async ({ bob }) => bob.messenger.remove("alice"));
    assert.equal((await ask(world, alice, "bob")).cause, "unrecognized");
    await world.stop();
  });

  it("is our own block, and then no contact is dialled", async () => {
    const { world, alice } = await apart(({ alice }) => alice.messenger.block("bob"));
    const { lookups } = alice.host;
    const told = await ask(world, alice, "bob");
    assert.equal(told.cause, "blocked");
    assert.deepEqual(told.dials, []);
    assert.equal(alice.host.lookups, lookups);
    await world.stop();
  });

  it("is silence where either clock is two days off", async () => {
    for (const days of [2, -2]) {
      const { world, alice, bob } = await apart(({ alice }) => {
        alice.skew = days * 24 * HOUR;
      });
      // Each knows where the other was, and recognises no one of this day.
      await world.until("bob knows", () => !bob.contact("alice").online);
      assert.equal((await ask(world, bob, "alice")).cause, "unrecognized");
      assert.equal((await ask(world, alice, "bob")).cause, "unrecognized");
      await world.stop();
    }
  });

  it("reports of their clock only what their record proves: that it is ahead", async () => {
    for (const skew of [5 * MINUTE, -5 * MINUTE]) {
      const world = new World();
      const alice = await world.node("alice");
      await world.pair(alice, await world.node("bob", skew));
      const { record } = await ask(world, alice, "bob");
      assert.ok(record);
      const least = Math.max(0, skew - MINUTE);
      assert.ok(record.ahead >= least && record.ahead <= Math.max(0, skew), `${record.ahead}`);
      await world.stop();
    }
  });

  it("is no verdict where the link broke while the doctor looked", async () => {
    const { world, alice, bob } = await pairOf();
    alice.host.cutAll();
    // Bob has not noticed yet: what he met before that link is no news.
    assert.ok(bob.contact("alice").online);
    assert.ok([undefined, "searching"].includes((await ask(world, bob, "alice")).cause));
    await world.stop();
  });

  it("is silence and then an old record where they are invisible, as where they are away", async () => {
    const { world, alice } = await apart(({ bob }) => bob.messenger.setInvisible(true));
    assert.equal((await ask(world, alice, "bob")).cause, "unrecognized");
    await world.time.pass(3 * HOUR);
    alice.host.network.apart = () => true;
    assert.equal((await ask(world, alice, "bob")).cause, "record-expired");
    await world.stop();
  });

  it("shows a session out of step, as long as no link has made another", async () => {
    const { world, alice, bob } = await pairOf();
    world.network.tamper = (from, _to, frame) =>
      from === bob.host.host && frame[0] === 4 ? frame.with(-1, (frame.at(-1) ?? 0) ^ 1) : frame;
    const dials = [alice, bob].map(({ host }) => ({ host, dial: host.dial }));
    for (const { host } of dials) host.dial = () => Promise.reject(new Error("no new link"));
    await bob.messenger.send("alice", "not to be read");
    await world.until("alice knows", () => !alice.contact("bob").online);
    assert.equal((await ask(world, alice, "bob")).session, "broken");
    world.network.tamper = undefined;
    for (const { host, dial } of dials) host.dial = dial;
    await world.until("a link", () => alice.contact("bob").online, HOUR);
    assert.equal((await ask(world, alice, "bob")).session, "kept");
    await world.stop();
  });

  it("shows a session that is gone", async () => {
    const { world, alice, bob } = await pairOf();
    bob.kill();
    const disk = alice.store.fork();
    await alice.stop();
    const session = disk.snapshot().find(({ table }) => table === "session");
    assert.ok(session);
    await disk.commit([{ kind: "delete", key: session }]);
    await alice.startFrom(disk);
    assert.equal((await ask(world, alice, "bob")).session, "none");
    await world.stop();
  });
});

describe("a search for a contact", () => {
  it("tries the next record where the first one leads nowhere", async () => {
    const { world, alice, bob } = await pairOf();
    const { network } = world;
    bob.host.move("/ip4/10.9.9.9/tcp/1");
    await world.time.pass(MINUTE);
    bob.host.dial = () => Promise.reject(new Error("bob cannot dial"));
    alice.host.lookup = async function* (tag) {
      const name = toHex(tag);
      for (const records of [network.older, network.records]) {
        const record = records.get(name);
        if (record) yield record;
      }
    };
    alice.host.cutAll();
    await world.until("alice knows", () => !alice.contact("bob").online);
    const { cause, link } = await ask(world, alice, "bob");
    assert.equal(cause, undefined);
    assert.equal(link?.address, "/ip4/10.9.9.9/tcp/1");
    await world.stop();
  });
});

describe("a node's own health", () => {
  it("counts the records that others hold", async () => {
    const { world, bob } = await pairOf();
    const { records } = bob.messenger.health();
    assert.deepEqual(records, { wanted: 1, held: 1, refused: 0 });
    await world.stop();
  });

  it("shows that no node accepts the records of a node whose clock is ahead", async () => {
    const { world, bob } = await pairOf();
    bob.skew = 3 * HOUR;
    bob.host.readdressed();
    await world.time.pass(5 * MINUTE);
    const { records } = bob.messenger.health();
    assert.deepEqual(records, { wanted: 1, held: 0, refused: 1 });
    await world.stop();
  });
});

describe("a ping", () => {
  it("takes as long as the way there and back", async () => {
    const { world, alice } = await pairOf();
    let told: unknown;
    void alice.messenger.ping("bob").then((ping) => {
      told = ping;
    });
    await world.until("an answer", () => told !== undefined);
    const { outcome, rttMs } = told as { outcome: string; rttMs: number };
    assert.equal(outcome, "answered");
    assert.ok(rttMs >= world.network.latency && rttMs <= 3 * world.network.latency, `${rttMs}`);
    await world.stop();
  });

  it("says that there is no link, and that a link is silent", async () => {
    const { world, alice, bob } = await pairOf();
    let told: unknown;
    const pingFrame = Uint8Array.of(5);
    world.network.tamper = (from, _to, frame) =>
      from === bob.host.host && frame[0] === 6 ? pingFrame : frame;
    void alice.messenger.ping("bob").then((ping) => {
      told = ping;
    });
    await world.until("an end", () => told !== undefined);
    assert.deepEqual(told, { outcome: "silent" });
    world.network.tamper = undefined;
    bob.kill();
    await world.until("alice knows", () => !alice.contact("bob").online);
    assert.deepEqual(await alice.messenger.ping("bob"), { outcome: "no-link" });
    await world.stop();
  });
});
