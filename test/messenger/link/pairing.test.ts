import assert from "node:assert/strict";
import { limits, type SottoError } from "../../../src/base/index.ts";
import {
  interrupted,
  once,
  type Plan,
  pairingOf,
  stormyPairing,
  talk,
  two,
} from "../../scenario/pairing.ts";
import type { SimNode } from "../../scenario/world.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const hinted = { ...once, hints: true };

describe("pairing", () => {
  it("finds the inviter by its record", async () => {
    const { world, alice, bob } = await two(1);
    await world.pair(alice, bob);
    await talk(world, alice, bob);
    await world.stop();
  });

  it("finds the inviter by the hints of the link, without any rendezvous", async () => {
    const { world, alice, bob } = await two(2);
    const { link } = await alice.messenger.createInvite(hinted);
    for (const node of [alice, bob]) node.host.peers = () => 0;
    world.network.records.clear();
    await bob.messenger.add(link);
    await world.paired(alice, bob);
    await talk(world, alice, bob);
    await world.stop();
  });

  for (const late of ["alice", "bob"] as const)
    it(`waits until ${late} is online`, async () => {
      const { world, alice, bob } = await two(3);
      const { link } = await alice.messenger.createInvite(once);
      await world.time.pass(HOUR);
      if (late === "bob") {
        await bob.stop();
        await world.time.pass(HOUR);
        await bob.start();
        await bob.messenger.add(link);
      } else {
        await alice.stop();
        await bob.messenger.add(link);
        await world.time.pass(HOUR);
        await alice.start();
      }
      await world.paired(alice, bob);
      await talk(world, alice, bob);
      await world.stop();
    });

  it("answers the second claimant of a one-use invite with used, warns the inviter, and changes nothing else", async () => {
    const { world, alice, bob } = await two(4);
    const mallory = await world.node("mallory");
    const { link, id } = await alice.messenger.createInvite(once);
    await bob.messenger.add(link);
    await world.paired(alice, bob);
    await mallory.messenger.add(link, { as: "alice" });
    await world.until("mallory is told", () => pairingOf(mallory, alice) === "used");
    await world.until("alice is warned", () =>
      alice.events.some((event) => event.type === "invite.reused" && event.invite.id === id),
    );
    assert.equal(alice.messenger.contacts().length, 1);
    await assert.rejects(mallory.messenger.send("alice", "hi"), { code: "invite-used" });
    await talk(world, alice, bob);
    const hellos = world.frames("hello").length;
    await world.time.pass(DAY);
    assert.equal(world.frames("hello").length, hellos, "mallory asks no more");
    await world.stop();
  });

  it("abandons an invite when no node answers and it expired long ago", async () => {
    const { world, alice, bob } = await two(7);
    const { link } = await alice.messenger.createInvite(once);
    await alice.stop();
    await bob.messenger.add(link);
    await world.until("bob gives up", () => pairingOf(bob, alice) === "expired", 4 * DAY);
    await world.stop();
  });

  it("refuses links that are damaged, too new, over, or its own", async () => {
    const { world, alice, bob } = await two(8);
    const { link } = await alice.messenger.createInvite({ ...once, expiresIn: HOUR });
    const middle = link.length >> 1;
    const other = link[middle] === "a" ? "b" : "a";
    const mistyped = link.slice(0, middle) + other + link.slice(middle + 1);
    const refused = async (text: string, code: string): Promise<void> => {
      await assert.rejects(bob.messenger.add(text), { code });
    };
    await refused("hello", "invite-malformed");
    await refused(link.slice(0, -3), "invite-truncated");
    await refused(mistyped, "invite-mistyped");
    await assert.rejects(alice.messenger.add(link), { code: "invite-own" });
    await world.time.pass(26 * HOUR);
    await refused(link, "invite-expired");
    assert.deepEqual(bob.messenger.contacts(), []);
    await world.stop();
  });

  it("lets a request through a reusable invite wait, and confirms it by itself once accepted", async () => {
    const { world, alice, bob } = await two(9);
    const { link } = await alice.messenger.createInvite({ ...once, kind: "reusable" });
    await bob.messenger.add(link);
    await world.until("alice is asked", () =>
      alice.events.some(({ type }) => type === "contact.request"),
    );
    await world.time.pass(10 * 60_000);
    assert.equal(pairingOf(alice, bob), "requested");
    assert.notEqual(pairingOf(bob, alice), "confirmed");
    assert.equal(alice.events.filter(({ type }) => type === "contact.request").length, 1);
    await alice.messenger.accept("bob");
    await world.paired(alice, bob);
    await talk(world, alice, bob);
    await assert.rejects(alice.messenger.accept("bob"), { code: "request-unknown" });
    await world.stop();
  });

  it("informs the denied claimant, and forgets the request", async () => {
    const { world, alice, bob } = await two(10);
    const { link } = await alice.messenger.createInvite({ ...once, kind: "reusable" });
    await bob.messenger.add(link);
    await world.until("alice is asked", () =>
      alice.events.some(({ type }) => type === "contact.request"),
    );
    await alice.messenger.deny("bob");
    assert.deepEqual(alice.messenger.contacts(), []);
    await world.until("bob is told", () => pairingOf(bob, alice) === "denied");
    await assert.rejects(bob.messenger.send("alice", "hi"), { code: "invite-denied" });
    assert.deepEqual(alice.messenger.contacts(), []);
    await world.stop();
  });

  it("pairs with two users through one reusable invite", async () => {
    const { world, alice, bob } = await two(11);
    const carol = await world.node("carol");
    const { link } = await alice.messenger.createInvite({ ...once, kind: "reusable" });
    await bob.messenger.add(link);
    await carol.messenger.add(link);
    await world.until(
      "alice is asked twice",
      () => alice.events.filter(({ type }) => type === "contact.request").length === 2,
    );
    await Promise.all([alice.messenger.accept("bob"), alice.messenger.accept("carol")]);
    await world.paired(alice, bob);
    await world.paired(alice, carol);
    await talk(world, alice, bob);
    await talk(world, alice, carol);
    await world.stop();
  });

  for (const hours of [2, 23])
    it(`accepts a valid invite that has expired by a clock ${hours} h ahead, and pairs`, async () => {
      const { world, alice, bob } = await two(20 + hours, hours * HOUR);
      const { link, expiresAt } = await alice.messenger.createInvite({
        ...hinted,
        expiresIn: HOUR,
      });
      const { inviteExpiresAt } = await bob.messenger.add(link);
      assert.equal(inviteExpiresAt, expiresAt);
      await world.paired(alice, bob);
      assert.equal(bob.contact("alice").inviteExpiresAt, undefined);
      await talk(world, alice, bob);
      await world.stop();
    });

  it("names the expiry and this computer's time when it refuses an expired invite", async () => {
    const { world, alice, bob } = await two(21, 49 * HOUR);
    const { link } = await alice.messenger.createInvite(once);
    await assert.rejects(bob.messenger.add(link), (error: SottoError) => {
      assert.match(error.message, /expired at .*T\d\d:\d\dZ; the clock of this computer shows .*Z/);
      assert.match(error.remedy, /clock/);
      return true;
    });
    await world.stop();
  });

  for (const hours of [-5, -1, 1, 5])
    it(`pairs by hints though the clocks are ${hours} hours apart, at any time of day`, async () => {
      for (const at of [0, 7, 14, 21]) {
        const { world, alice, bob } = await two(12 + at, hours * HOUR);
        await world.time.pass(at * HOUR);
        const { link } = await alice.messenger.createInvite({ ...hinted, expiresIn: 2 * DAY });
        await bob.messenger.add(link);
        await world.paired(alice, bob);
        await talk(world, alice, bob);
        await world.stop();
      }
    });

  for (const days of [-2, 2])
    it(`does not pair while the clocks are ${days} days apart, and leaves no contact`, async () => {
      const { world, alice, bob } = await two(13, days * DAY);
      const { link } = await alice.messenger.createInvite({ ...hinted, expiresIn: 10 * DAY });
      await bob.messenger.add(link);
      const before = bob.store.snapshot().filter(({ table }) => table === "session");
      await world.time.pass(3 * HOUR);
      assert.equal(pairingOf(bob, alice), "invited");
      assert.deepEqual(alice.messenger.contacts(), []);
      assert.deepEqual(before, []);
      assert.equal(bob.store.snapshot().filter(({ table }) => table === "session").length, 0);
      await world.stop();
    });

  it("refuses an answer to an invite without the account that made it", async () => {
    const { world, alice, bob } = await two(14);
    const mallory = await world.node("mallory");
    const { link } = await alice.messenger.createInvite(hinted);
    // Mallory took alice's invites, and stands at her address.
    const rows = alice.store.snapshot().filter(({ table }) => table === "invite");
    await alice.stop();
    await mallory.stop();
    await mallory.store.commit(rows.map(({ value, ...key }) => ({ kind: "put", key, value })));
    await mallory.start();
    await bob.messenger.add(link);
    await world.time.pass(HOUR);
    assert.ok(world.frames("handshake").length >= 2, "the handshake began");
    assert.equal(pairingOf(bob, alice), "invited");
    assert.deepEqual(mallory.messenger.contacts(), []);
    assert.equal(bob.messenger.contacts()[0]?.keyChanged, false);
    await world.stop();
  });

  it("keeps one contact, its words and what waits, when both pair again by a new invite", async () => {
    const { world, alice, bob } = await two(15);
    await world.pair(alice, bob);
    await talk(world, alice, bob);
    await alice.messenger.remove("bob");
    const waiting = await bob.messenger.send("alice", "are you there?");
    await world.time.pass(HOUR);
    assert.deepEqual(await bob.states("alice"), ["delivered", "queued"]);
    const { link } = await alice.messenger.createInvite(once);
    await bob.messenger.add(link);
    await world.paired(alice, bob);
    await world.reaches(bob, waiting, "delivered");
    await talk(world, alice, bob);
    assert.deepEqual(await alice.texts("bob"), ["in: are you there?", "out: to and", "in: fro"]);
    assert.equal((await bob.texts("alice")).length, 5);
    await world.stop();
  });

  it("pairs again with a person whose new machine has the account and nothing else", async () => {
    const { world, alice, bob } = await two(16);
    await world.pair(alice, bob);
    await talk(world, alice, bob);
    await bob.stop();
    const waiting = await alice.messenger.send("bob", "see you on the new one");
    const identity = bob.store.snapshot().filter(({ table }) => table === "identity");
    const fresh = await world.node("fresh");
    await fresh.stop();
    await fresh.store.commit(identity.map(({ value, ...key }) => ({ kind: "put", key, value })));
    await fresh.start();
    const { link } = await alice.messenger.createInvite(once);
    await fresh.messenger.add(link);
    await world.paired(alice, fresh);
    await world.reaches(alice, waiting, "delivered");
    assert.deepEqual(await fresh.texts("alice"), ["in: see you on the new one"]);
    await talk(world, alice, fresh);
    assert.equal(alice.messenger.contacts().length, 1);
    await world.stop();
  });

  it("stays paired when a new invite of the same person turns out to be used", async () => {
    const { world, alice, bob } = await two(17);
    const carol = await world.node("carol");
    await world.pair(alice, bob);
    const { link } = await alice.messenger.createInvite(hinted);
    await carol.messenger.add(link);
    await world.paired(alice, carol);
    const held = world.network.tamper;
    // No link while bob adds it, so that the invite is taken.
    for (const host of [alice.host, bob.host]) host.cutAll();
    await bob.messenger.add(link).catch(() => undefined);
    world.network.tamper = held;
    await world.until("bob is done with the invite", () => pairingOf(bob, alice) === "confirmed");
    await talk(world, alice, bob);
    await world.stop();
  });

  it("keeps no turn while a slow peer takes the last message of the handshake", async () => {
    const { world, alice, bob } = await two(19);
    const { link } = await alice.messenger.createInvite(once);
    await bob.messenger.add(link, { as: "alice" });
    world.network.tamper = (from, _to, frame) => {
      // After message 2 a byte takes a minute.
      if (from === alice.host.host && frame[0] === 3) world.network.bandwidth = 1 / 60_000;
      return undefined;
    };
    await world.until("bob has the keys", () => pairingOf(bob, alice) === "handshaken");
    let accepted = false;
    void bob.messenger.send("alice", "hi").then(() => {
      accepted = true;
    });
    await world.time.settle();
    assert.ok(accepted, "a message is taken at once");
    world.network.tamper = undefined;
    world.network.bandwidth = undefined;
    for (const { host } of [alice, bob]) host.cutAll();
    await world.paired(alice, bob);
    await talk(world, alice, bob);
    await world.stop();
  });

  it("publishes under the new root at once after pairing again", async () => {
    const { world, alice, bob } = await two(18);
    await world.pair(alice, bob);
    await world.time.pass(60_000);
    const { puts } = bob.host;
    await alice.messenger.remove("bob");
    await world.time.pass(1000);
    const { link } = await alice.messenger.createInvite(once);
    await bob.messenger.add(link);
    await world.paired(alice, bob);
    await world.time.pass(60_000);
    assert.ok(bob.host.puts > puts, "bob's record lies under the new tag");
    await alice.restart();
    await talk(world, alice, bob);
    await world.stop();
  });
});

/** Does something at the nth frame on the wire, which is lost. */
function atFrame(step: number, strike: (alice: SimNode, bob: SimNode) => void): Plan["arm"] {
  return (alice, bob, sprung) => {
    let count = 0;
    alice.world.network.tamper = () => {
      if (++count !== step) return undefined;
      sprung();
      strike(alice, bob);
      return "cut";
    };
  };
}

function atCommit(step: number, moment: "before" | "after", victim: "alice" | "bob"): Plan["arm"] {
  return (alice, bob, sprung) => {
    const node = victim === "alice" ? alice : bob;
    let count = 0;
    node.onCommit = (_ops, at) => {
      if (at !== moment || ++count !== step) return;
      sprung();
      node.kill();
    };
  };
}

describe("pairing, interrupted at every step", () => {
  // A pairing that nothing interrupts has so many frames and commits.
  const FRAMES = { once: 8, reusable: 11 };
  const COMMITS = { once: { alice: 3, bob: 3 }, reusable: { alice: 5, bob: 4 } };

  for (const kind of ["once", "reusable"] as const) {
    for (let step = 1; step <= FRAMES[kind]; step++) {
      for (const victim of ["alice", "bob"] as const)
        it(`ends with both paired when ${victim} dies at frame ${step} (${kind})`, async () => {
          const strike = (alice: SimNode, bob: SimNode): void =>
            (victim === "alice" ? alice : bob).kill();
          assert.ok(await interrupted(100 + step, { kind, arm: atFrame(step, strike) }));
        });
      it(`ends with both paired when the link is cut at frame ${step} (${kind})`, async () => {
        const arm = atFrame(step, () => undefined);
        assert.ok(await interrupted(200 + step, { kind, arm }));
      });
    }
    for (const victim of ["alice", "bob"] as const)
      for (const moment of ["before", "after"] as const)
        for (let step = 1; step <= COMMITS[kind][victim]; step++)
          it(`ends with both paired when ${victim} dies ${moment} commit ${step} (${kind})`, async () => {
            const arm = atCommit(step, moment, victim);
            assert.ok(await interrupted(300 + step, { kind, arm }));
          });
  }

  for (let seed = 1; seed <= 16; seed++)
    it(`ends with both paired after many cuts and deaths (seed ${seed})`, () =>
      stormyPairing(500 + seed));
});

describe("a link that crosses another", () => {
  it("ends as the only one, with few hellos, however the two start", async () => {
    let crossed = 0;
    for (let seed = 1; seed <= 20; seed++) {
      const { world, alice, bob } = await two(400 + seed);
      await world.pair(alice, bob);
      await world.time.pass(60_000);
      await Promise.all([alice.stop(), bob.stop()]);
      await world.time.pass(5000);
      const before = world.frames("hello").length;
      await Promise.all([alice.start(), bob.start()]);
      await world.time.pass(limits.linkQuiet);
      assert.equal(alice.host.open, 1, `seed ${seed}`);
      assert.equal(bob.host.open, 1, `seed ${seed}`);
      assert.ok(alice.contact("bob").online && bob.contact("alice").online);
      const hellos = world.frames("hello").length - before;
      if (hellos > 1) crossed++;
      assert.ok(hellos <= 6, `seed ${seed}: ${hellos} hellos`);
      await talk(world, alice, bob);
      await world.stop();
    }
    assert.ok(crossed > 5, `only ${crossed} of the seeds had calls that crossed`);
  });
});
