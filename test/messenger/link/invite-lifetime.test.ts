import assert from "node:assert/strict";
import { limits } from "../../../src/base/index.ts";
import type { Contact } from "../../../src/messenger/model/contact.ts";
import type { EpochSecret } from "../../../src/messenger/model/epoch-keys.ts";
import type { KeptInvite } from "../../../src/messenger/model/invite.ts";
import { decodeRow } from "../../../src/messenger/model/rows.ts";
import { putContact } from "../../../src/messenger/state/contact-store.ts";
import { answered, opensEnvelope, publishes, secretIn } from "../../scenario/knock.ts";
import { once, pairingOf, talk, two } from "../../scenario/pairing.ts";
import type { SimNode, World } from "../../scenario/world.ts";
import { keep, restored } from "../account/backups.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const long = { expiresIn: 20 * DAY, hints: false } as const;

/** Everything by which a holder of the secret learns that the node is there. */
async function traces(world: World, node: SimNode, secret: EpochSecret, claim?: Uint8Array) {
  return {
    status: await answered(world, node, secret, claim),
    envelope: opensEnvelope(world, node, secret),
    record: await publishes(world, secret),
  };
}
const silence = { status: undefined, envelope: false, record: false };

async function pairedBy(seed: number, kind: "once" | "reusable") {
  const { world, alice, bob } = await two(seed);
  const { link, id } = await alice.messenger.createInvite({ ...long, kind });
  await bob.messenger.add(link);
  if (kind === "reusable") {
    await world.until("alice is asked", () => pairingOf(alice, bob) === "requested");
    await alice.messenger.accept("bob");
  }
  await world.paired(alice, bob);
  const state = () => alice.messenger.invites().find((invite) => invite.id === id)?.state;
  return { world, alice, bob, link, secret: secretIn(link), state };
}

describe("an invite", () => {
  it("answers hellos and envelopes, and has a record, while it is open", async () => {
    const { world, alice } = await two(1);
    const { link } = await alice.messenger.createInvite({ ...long, kind: "reusable" });
    assert.deepEqual(await traces(world, alice, secretIn(link)), {
      status: "handshake",
      envelope: true,
      record: true,
    });
    await world.stop();
  });

  it("for one use answers others for a day with used, opens no envelope, then is silent", async () => {
    const { world, alice, secret, state } = await pairedBy(2, "once");
    assert.deepEqual(await traces(world, alice, secret), {
      status: "used",
      envelope: false,
      record: true,
    });
    await world.time.pass(DAY);
    assert.deepEqual(await traces(world, alice, secret), silence);
    assert.equal(state(), "used");
    await world.stop();
  });

  for (const kind of ["once", "reusable"] as const)
    for (const end of ["revoked", "expired"] as const)
      it(`meets silence once it is ${end} (${kind})`, async () => {
        const { world, alice, bob } = await two(3);
        const { link, id } = await alice.messenger.createInvite({ ...once, kind });
        if (end === "revoked") await alice.messenger.revokeInvite(id);
        else await world.time.pass(DAY + 1000);
        assert.deepEqual(await traces(world, alice, secretIn(link)), silence);
        await alice.restart();
        assert.deepEqual(await traces(world, alice, secretIn(link)), silence);
        assert.deepEqual(bob.messenger.contacts(), []);
        await world.stop();
      });

  it("for one use reports reuse with one event a day, however many claims are made", async () => {
    const { world, alice, secret } = await pairedBy(4, "once");
    for (let n = 0; n < 20; n++)
      assert.equal(await answered(world, alice, secret), "used", `claim ${n}`);
    await alice.restart();
    assert.equal(await answered(world, alice, secret), "used");
    const told = alice.events.filter(({ type }) => type === "invite.reused");
    assert.equal(told.length, 1);
    await world.stop();
  });
});

describe("a contact who came by an invite for one use", () => {
  const acts: Record<string, (alice: SimNode) => Promise<unknown>> = {
    blocked: (alice) => alice.messenger.block("bob"),
    removed: (alice) => alice.messenger.remove("bob"),
    lan: (alice) => {
      // On a local network, so that there are peers to ask there.
      alice.lan = 1;
      alice.host.lan = 1;
      return alice.messenger.setPolicy("bob", "lan");
    },
    hidden: (alice) => alice.messenger.setPolicy("bob", "hidden"),
  };
  for (const [what, act] of Object.entries(acts))
    it(`learns nothing by it from the moment on which it is ${what}, also after a restart`, async () => {
      const { world, alice, secret, state } = await pairedBy(5, "once");
      await act(alice);
      assert.deepEqual(await traces(world, alice, secret), silence);
      await alice.restart();
      assert.deepEqual(await traces(world, alice, secret), silence);
      assert.equal(state(), "used");
      await world.stop();
    });

  it("learns nothing by it once blocked, also where its account key has changed since", async () => {
    const { world, alice, bob, secret } = await pairedBy(15, "once");
    const carol = await world.node("carol");
    const [row] = await alice.store.all("contact");
    const [invite] = await alice.store.all("invite");
    assert.ok(row && invite);
    const claim = decodeRow<KeptInvite>(invite).claims[0]?.claim;
    await Promise.all([alice.stop(), bob.stop()]);
    const changedAccount = carol.messenger.self().account;
    await alice.store.commit([putContact({ ...decodeRow<Contact>(row), changedAccount })]);
    await alice.start();
    await alice.messenger.verify("bob", alice.messenger.safetyNumber("bob"));
    assert.equal(alice.contact("bob").account, changedAccount);
    await alice.messenger.block("bob");
    assert.deepEqual(await traces(world, alice, secret, claim), silence);
    await world.stop();
  });

  it("does not get it back when it is unblocked or may see our address again", async () => {
    const { world, alice, bob, secret } = await pairedBy(6, "once");
    await alice.messenger.block("bob");
    await alice.messenger.unblock("bob");
    await alice.messenger.setPolicy("bob", "hidden");
    await alice.messenger.setPolicy("bob", "any");
    assert.deepEqual(await traces(world, alice, secret), silence);
    await talk(world, alice, bob);
    await world.stop();
  });
});

describe("a contact who came by a reusable invite", () => {
  it("is left nothing by it once blocked: the invite is revoked", async () => {
    const { world, alice, secret, state } = await pairedBy(7, "reusable");
    assert.deepEqual(
      alice.messenger.invitesOf("bob").map(({ state }) => state),
      ["open"],
    );
    await alice.messenger.block("bob");
    assert.equal(state(), "revoked");
    assert.deepEqual(alice.messenger.invitesOf("bob"), []);
    assert.deepEqual(await traces(world, alice, secret), silence);
    await world.stop();
  });

  for (const act of ["remove", "setPolicy"] as const)
    it(`ends it by ${act} as well, unless the user keeps it`, async () => {
      for (const keepInvites of [false, true]) {
        const { world, alice, secret, state } = await pairedBy(8, "reusable");
        if (act === "remove") await alice.messenger.remove("bob", { keepInvites });
        else await alice.messenger.setPolicy("bob", "lan", { keepInvites });
        assert.equal(state(), keepInvites ? "open" : "revoked");
        assert.equal(await answered(world, alice, secret), keepInvites ? "handshake" : undefined);
        await world.stop();
      }
    });

  it("ends it when the contact is added again under another policy, unless the user keeps it", async () => {
    for (const keepInvites of [undefined, true]) {
      const { world, alice, bob, state } = await pairedBy(11, "reusable");
      const { link } = await bob.messenger.createInvite({ ...long, kind: "once" });
      bob.kill();
      await world.until("the link is lost", () => !alice.contact("bob").online);
      await alice.messenger.add(link, { policy: "lan", keepInvites });
      assert.equal(alice.contact("bob").policy, "lan");
      assert.equal(state(), keepInvites ? "open" : "revoked");
      await world.stop();
    }
  });

  it("meets silence by its own claim once removed, though the invite is kept", async () => {
    const { world, alice, bob } = await two(9);
    const { link } = await alice.messenger.createInvite({ ...long, kind: "reusable" });
    await bob.messenger.add(link, { as: "alice" });
    const [row] = await bob.store.all("contact");
    const claim = row && decodeRow<Contact>(row).invite?.claim;
    assert.ok(claim);
    await world.until("alice is asked", () => pairingOf(alice, bob) === "requested");
    assert.equal(await answered(world, alice, secretIn(link), claim), "pending");
    await alice.messenger.accept("bob");
    await world.paired(alice, bob);
    await alice.messenger.remove("bob", { keepInvites: true });
    assert.equal(await answered(world, alice, secretIn(link), claim), undefined);
    await world.stop();
  });
});

describe("a person whose request was denied", () => {
  it("cannot ask again by the same link, and other users can", async () => {
    const { world, alice, bob } = await two(10);
    const carol = await world.node("carol");
    const { link } = await alice.messenger.createInvite({ ...long, kind: "reusable" });
    const asked = () => alice.events.filter(({ type }) => type === "contact.request").length;
    await bob.messenger.add(link, { as: "alice" });
    await world.until("alice is asked", () => asked() === 1);
    await alice.messenger.deny("bob");
    for (let round = 0; round < 5; round++) {
      await world.until("bob is denied", () => pairingOf(bob, alice) === "denied");
      await bob.messenger.remove("alice");
      await bob.messenger.add(link, { as: "alice" });
    }
    await world.until("bob is denied", () => pairingOf(bob, alice) === "denied");
    await alice.restart();
    await bob.messenger.remove("alice");
    await bob.messenger.add(link, { as: "alice" });
    await world.until("bob is denied", () => pairingOf(bob, alice) === "denied");
    assert.equal(asked(), 1);
    assert.deepEqual(alice.messenger.contacts(), []);
    const [row] = await alice.store.all("invite");
    assert.equal(row && decodeRow<{ claims: unknown[] }>(row).claims.length, 1);
    await carol.messenger.add(link, { as: "alice" });
    await world.until("carol asks", () => asked() === 2);
    await world.stop();
  });
});

describe("an accepted claim that the invitee has not confirmed", () => {
  /** Bob commits the handshake, and hears nothing of alice's ratchet. */
  async function unconfirmed(seed: number) {
    const { world, alice, bob } = await two(seed);
    const { link } = await alice.messenger.createInvite(once);
    world.network.tamper = (_from, _to, frame) => (frame[0] === 4 ? "cut" : undefined);
    await bob.messenger.add(link, { as: "alice" });
    await world.until("alice has bob", () => pairingOf(alice, bob) === "handshaken");
    await bob.stop();
    world.network.tamper = undefined;
    const [row] = await bob.store.all("contact");
    const claim = row && decodeRow<Contact>(row).invite?.claim;
    assert.ok(claim);
    return { world, alice, bob, secret: secretIn(link), claim };
  }

  it("keeps its record for a day, handshake and envelopes for 30 days", async () => {
    const { world, alice, secret, claim } = await unconfirmed(11);
    assert.ok(await publishes(world, secret));
    await world.time.pass(2 * DAY);
    assert.ok(!(await publishes(world, secret)));
    assert.ok(opensEnvelope(world, alice, secret));
    assert.equal(await answered(world, alice, secret, claim), "handshake");
    assert.equal(await answered(world, alice, secret), undefined, "another claim");
    await world.time.pass(limits.inviteClaimAge - 2 * DAY);
    assert.equal(await answered(world, alice, secret, claim), undefined);
    assert.ok(!opensEnvelope(world, alice, secret));
    await world.stop();
  });

  it("is confirmed by the pair's record after the invite's is gone", async () => {
    const { world, alice, bob, secret } = await unconfirmed(12);
    // Alice is not there to be found by her last address, and dials nobody herself.
    alice.host.move("/ip4/10.77.0.1/tcp/4001");
    await world.time.pass(3 * DAY);
    assert.ok(!(await publishes(world, secret)));
    await world.time.pass(2 * HOUR);
    const dial = alice.host.dial.bind(alice.host);
    alice.host.dial = (target, signal) =>
      target.isolationKey === undefined ? dial(target, signal) : Promise.reject(new Error("no"));
    await bob.start();
    await world.paired(alice, bob);
    await talk(world, alice, bob);
    await world.stop();
  });

  it("is confirmed though the invite is dead, since the contact may be linked with again", async () => {
    const { world, alice, bob, secret, claim } = await unconfirmed(13);
    await alice.messenger.setPolicy("bob", "hidden");
    await alice.messenger.setPolicy("bob", "any");
    assert.deepEqual(await traces(world, alice, secret, claim), silence);
    await bob.start();
    await world.paired(alice, bob);
    await world.stop();
  });
});

describe("an account that is restored from a backup", () => {
  it("counts its invites for one use as used, and keeps reusable ones", async () => {
    const { world, alice, bob } = await two(14);
    const single = await alice.messenger.createInvite({ ...long, kind: "once" });
    const open = await alice.messenger.createInvite({ ...long, kind: "reusable" });
    const kept = await keep(alice);
    await bob.messenger.add(single.link, { as: "alice" });
    await world.paired(alice, bob);
    await alice.stop();
    const back = await restored(world, "alice", kept);
    assert.deepEqual(await traces(world, back, secretIn(single.link)), silence);
    assert.equal(await answered(world, back, secretIn(open.link)), "handshake");
    const states = Object.fromEntries(back.messenger.invites().map(({ id, state }) => [id, state]));
    assert.deepEqual(states, { [single.id]: "used", [open.id]: "open" });
    await world.stop();
  });
});
