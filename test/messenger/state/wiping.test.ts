import assert from "node:assert/strict";
import { type HostId, isZero, labels, utf8 } from "../../../src/base/index.ts";
import { type CryptoProvider, nodeCrypto, wordsToEntropy } from "../../../src/crypto/index.ts";
import { openBackup } from "../../../src/messenger/account/backup.ts";
import { wipeHandshake } from "../../../src/messenger/link/introduction.ts";
import { openEnvelope, sealEnvelope } from "../../../src/messenger/link/signalling.ts";
import { createAccount, recoveryWords } from "../../../src/messenger/state/identity.ts";
import type { Clock } from "../../../src/ports/index.ts";
import { decodeSession, seal } from "../../../src/ratchet/index.ts";
import { memoryStore } from "../../../src/store/index.ts";
import { encodeLinkFrame, signalPayloadBytes } from "../../../src/wire/index.ts";
import { pair } from "../../ratchet/support.ts";
import { once } from "../../scenario/pairing.ts";
import { type SimNode, World } from "../../scenario/world.ts";
import { allocations, holding } from "../../secrets/allocations.ts";
import { GivenKeys } from "../../secrets/given-keys.ts";

const DAY = 86_400_000;

/** A world whose provider keeps every secret that it gave out. */
class WatchedWorld extends World {
  readonly given = new GivenKeys();
  override readonly crypto = this.given.crypto as World["crypto"];

  /**
   * The secrets that hold their bytes although no store has them, but for the keys of hellos and
   * offers, which are derived again from what the stores have while their epoch is accepted.
   */
  left(): Record<string, number> {
    const rows = this.nodes.flatMap(({ store }) => store.snapshot().map(({ value }) => value));
    const {
      [labels.linkKey]: _,
      [labels.linkPsk]: pairs = 0,
      [labels.invitePsk]: invites = 0,
      [labels.groupLinkKeys]: frames = 0,
      [labels.groupLinkStates]: states = 0,
      ...left
    } = this.given.leftBeside(rows.flatMap(unhexed));
    // Three epochs of each secret that a dialer may prove: a contact's on both sides, an invite's.
    const count = (of: (node: SimNode) => number): number =>
      this.nodes.reduce((sum, node) => sum + of(node), 0);
    assert.ok(pairs <= 3 * count(({ messenger }) => messenger.contacts().length), `${pairs} psks`);
    // Of a live link: the keys of both directions, and the one that states are compared under.
    const links = this.nodes.flatMap(({ runtime }) =>
      runtime.context.contactStore.peers().filter(({ link }) => link?.carriesGroups),
    ).length;
    assert.ok(frames <= 2 * links && states <= links, `${frames} and ${states} of ${links}`);
    assert.ok(invites <= 3 * count(({ messenger }) => messenger.invites().length), `${invites}`);
    return left;
  }
}

/** A row, and the byte strings that its JSON holds in hex. */
function unhexed(row: Uint8Array): Uint8Array[] {
  const text = Buffer.from(row).toString("latin1");
  return [row, ...[...text.matchAll(/[0-9a-f]{32,}/g)].map(([hex]) => Buffer.from(hex, "hex"))];
}

async function pairOf(seed: number) {
  const world = new WatchedWorld(seed);
  const [alice, bob] = [await world.node("alice"), await world.node("bob")];
  const { link } = await alice.messenger.createInvite(once);
  await bob.messenger.add(link);
  await world.paired(alice, bob);
  return { world, alice, bob };
}

async function talk(world: World, alice: SimNode, bob: SimNode, turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++)
    for (const [from, to] of [
      [alice, "bob"],
      [bob, "alice"],
    ] as const) {
      const burst = [1, 2, 3].map((i) => from.messenger.send(to, `${turn} ${i}`));
      for (const sent of burst) await world.reaches(from, await sent, "delivered");
    }
}

const together = async (world: World, alice: SimNode, bob: SimNode): Promise<void> => {
  await world.until("alice is linked", () => alice.contact("bob").online);
  await world.until("bob is linked", () => bob.contact("alice").online);
};

/** A lookup of the simulated network that the stop has cut off never ends, and keeps its keys. */
function leftWithoutLookups(world: WatchedWorld): Readonly<Record<string, number>> {
  const { [labels.recordSeal]: _, "signing seed": __, ...left } = world.left();
  return left;
}

describe("messenger, wiping", () => {
  it("leaves only keys that are stored, through pairing, talking, reconnects and days", async () => {
    const { world, alice, bob } = await pairOf(1);
    // Hello keys of an open invite are derived at each hello, and again when epochs have passed.
    await alice.messenger.createInvite({ ...once, expiresIn: 7 * DAY });
    assert.deepEqual(world.left(), {}, "after pairing");
    await talk(world, alice, bob, 8);
    assert.deepEqual(world.left(), {}, "after talking");
    await alice.messenger.typing("bob");
    await bob.messenger.markRead("alice", {});
    await bob.messenger.setTimer("alice", 3_600_000);
    await world.time.pass(1000);
    assert.deepEqual(world.left(), {}, "after receipts and settings");
    for (const { host } of [alice, bob]) host.cutAll();
    for (let i = 0; i < 5; i++) await alice.messenger.send("bob", `queued ${i}`);
    await together(world, alice, bob);
    await talk(world, alice, bob, 3);
    assert.deepEqual(world.left(), {}, "after a reconnect");
    await world.time.pass(3 * DAY);
    for (const { host } of [alice, bob]) host.cutAll();
    await world.time.pass(1000);
    await together(world, alice, bob);
    await talk(world, alice, bob, 1);
    assert.deepEqual(world.left(), {}, "after three days");
    const made = world.given.counts();
    assert.ok((made["chain key"] ?? 0) > 300 && (made[labels.nextRoot] ?? 0) > 10);
    await world.stop();
  });

  it("leaves none of a contact that both have removed", async () => {
    const { world, alice, bob } = await pairOf(2);
    for (const { host } of [alice, bob]) host.cutAll();
    await world.time.pass(1000);
    await together(world, alice, bob);
    await talk(world, alice, bob, 2);
    assert.ok(labels.linkPsk in world.given.left(), "hello keys of the pair were derived");
    await alice.messenger.remove("bob");
    await bob.messenger.remove("alice");
    await world.time.pass(60_000);
    assert.deepEqual(world.left(), {});
    assert.ok(!(labels.linkPsk in world.given.left()), "hello keys of the pair are left");
    await world.stop();
  });

  for (const who of ["alice", "bob"] as const)
    it(`leaves none of a message whose commit failed at ${who}'s, who sends or receives it`, async () => {
      for (let step = 1; step <= 4; step++) {
        const { world, alice, bob } = await pairOf(3);
        await talk(world, alice, bob, 1);
        const node = who === "alice" ? alice : bob;
        let count = 0;
        node.onCommit = (_, moment) => {
          if (moment === "before" && ++count === step) throw new Error("the disk is gone");
        };
        await alice.messenger.send("bob", "a message").catch(() => undefined);
        await world.time.pass(100);
        const sent = [1, 2, 3].map((n) => bob.messenger.send("alice", `message ${n}`));
        await Promise.allSettled(sent);
        await world.time.pass(30_000);
        assert.ok(count >= step, `${count} commits`);
        await world.stop().catch(() => undefined);
        await world.time.pass(60_000);
        assert.deepEqual(leftWithoutLookups(world), {}, `commit ${step}`);
      }
    });

  it("leaves none of a handshake that is refused or interrupted", async () => {
    for (let step = 1; step <= 12; step++) {
      const world = new WatchedWorld(4);
      const [alice, bob] = [await world.node("alice"), await world.node("bob")];
      let passed = 0;
      world.network.tamper = (_from, _to, frame) => {
        if (++passed !== Math.ceil(step / 2)) return undefined;
        return step % 2 === 0 ? "cut" : frame.with(frame.length - 1, (frame.at(-1) ?? 0) ^ 1);
      };
      const { link } = await alice.messenger.createInvite(once);
      await bob.messenger.add(link);
      await world.paired(alice, bob);
      assert.ok(passed > step / 2);
      await world.stop();
      assert.deepEqual(leftWithoutLookups(world), {}, `step ${step}`);
    }
  });

  it("leaves none of a claim that is not allowed", async () => {
    const world = new WatchedWorld(5);
    const alice = await world.node("alice", 0, { allow: new Set() });
    const bob = await world.node("bob");
    const { link } = await alice.messenger.createInvite(once);
    await bob.messenger.add(link);
    await world.until("a handshake is over", () => world.frames("handshake").length >= 3);
    await world.time.pass(1000);
    assert.equal(alice.messenger.contacts().length, 0);
    await world.stop();
    assert.deepEqual(world.left(), {});
  });

  it("leaves no root of a handshake that renews a session", async () => {
    const { world, alice, bob } = await pairOf(6);
    await talk(world, alice, bob, 1);
    await bob.stop();
    const session = bob.store.snapshot().find(({ table }) => table === "session");
    assert.ok(session);
    await bob.store.commit([{ kind: "delete", key: session }]);
    const handshakes = world.frames("handshake").length;
    await bob.start();
    await together(world, alice, bob);
    await talk(world, alice, bob, 1);
    assert.equal(world.frames("handshake").length, handshakes + 3);
    assert.equal(world.left()[labels.pairRoot], undefined);
    await world.stop();
  });

  it("leaves none of a frame with malformed content", async () => {
    const { world, alice, bob } = await pairOf(7);
    await together(world, alice, bob);
    await talk(world, alice, bob, 1);
    const row = bob.store.snapshot().find(({ table }) => table === "session");
    const session = row && decodeSession(row.value);
    const [channel] = bob.host.channels();
    assert.ok(session && channel);
    const { message } = seal(nodeCrypto(), session, Uint8Array.of(0xff));
    const before = world.given.counts()["chain key"] ?? 0;
    await channel.send([encodeLinkFrame({ type: "ratchet", message })]);
    await world.time.pass(50);
    assert.ok((world.given.counts()["chain key"] ?? 0) > before, "the frame was opened");
    await together(world, alice, bob);
    await talk(world, alice, bob, 1);
    assert.deepEqual(world.left(), {});
    await world.stop();
  });

  it("leaves none of an offer that it seals and opens", () => {
    const given = new GivenKeys();
    const { crypto } = given;
    const endpoints = { dialer: "a" as HostId, listener: "b" as HostId };
    const sealing = { key: crypto.random(32), endpoints };
    const payload = new Uint8Array(signalPayloadBytes);
    const envelope = sealEnvelope(crypto, sealing, payload);
    assert.deepEqual(openEnvelope(crypto, sealing, envelope), payload);
    assert.equal(given.counts()[labels.signalSeal], 2);
    assert.deepEqual(given.left(), {});
  });

  it("leaves only the chains of cover records", async () => {
    const world = new WatchedWorld(8);
    await world.node("alice", 0, { decoys: 4 });
    await world.time.pass(DAY);
    const { decoy, ...others } = labels;
    const made = world.given.counts();
    assert.ok((made[decoy] ?? 0) > 0 && (made["signing seed"] ?? 0) > 0);
    const left = world.left();
    // A slice of each derived root is the root of a chain.
    assert.equal(left[decoy], 4);
    for (const kind of [others.recordSeal, "signing seed"]) assert.equal(left[kind], undefined);
    await world.stop();
  });

  it("leaves none of the account's entropy, nor of a backup that is made or opened", async () => {
    const world = new WatchedWorld(9);
    const alice = await world.node("alice");
    const phrase = await allocations(() => recoveryWords(alice.store));
    const entropy = await wordsToEntropy(phrase.result);
    // The library of words also makes one with a checksum, which it keeps.
    const copies = phrase.arrays.filter(({ length }) => length === entropy.length);
    assert.deepEqual(holding(copies, entropy), []);

    const made = await allocations(() => alice.messenger.backup([]));
    assert.deepEqual(holding(made.arrays, entropy), []);
    const opened = await allocations(() => openBackup(world.crypto, entropy, made.result));
    assert.equal(opened.result.name, "alice");
    // The JSON of a backup has this field, and no row has it.
    for (const { arrays } of [made, opened])
      assert.deepEqual(holding(arrays, utf8('"bootstrap":')), []);
    const { [labels.backupId]: isPublic, ...left } = world.left();
    assert.deepEqual(left, {});
    await world.stop();
  });

  it("overwrites a session that no contact took up, and the entropy of a new account", async () => {
    const given = new GivenKeys();
    const { alice, bob, outputs } = pair(given.crypto);
    for (const [i, session] of [alice, bob].entries())
      wipeHandshake(undefined, { session, outputs: outputs[i === 0 ? 0 : 1] });
    const { [labels.pairRoot]: roots, [labels.ratchetRoot]: keys } = given.left();
    assert.deepEqual([roots, keys], [undefined, undefined]);
    assert.ok(isZero(alice.RK) && isZero(bob.RK));

    const drawn: Uint8Array[] = [];
    const crypto: CryptoProvider = {
      ...given.crypto,
      random: (length) => {
        const bytes = given.crypto.random(length);
        drawn.push(bytes);
        return bytes;
      },
    };
    await createAccount(
      { crypto, store: memoryStore(), clock: { now: () => 0 } as Clock },
      {
        name: "carol",
      },
    );
    assert.equal(drawn.length, 1);
    assert.ok(isZero(drawn[0] as Uint8Array));
  });
});
