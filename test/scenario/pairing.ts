/** Two people who pair, while whatever can go wrong does. */
import assert from "node:assert/strict";
import type { Contact } from "../../src/messenger/model/contact.ts";
import { decodeRow } from "../../src/messenger/model/rows.ts";
import { confirmed, type SimNode, World } from "./world.ts";

const HOUR = 3_600_000;

/** An invite of one use, for a day. */
export const once = { kind: "once", expiresIn: 24 * HOUR, hints: false } as const;

export async function two(seed: number, skew = 0) {
  const world = new World(seed);
  const alice = await world.node("alice");
  const bob = await world.node("bob", skew);
  return { world, alice, bob };
}

/** As `two`, paired. */
export async function paired(seed: number) {
  const { world, alice, bob } = await two(seed);
  await world.pair(alice, bob);
  return { world, alice, bob };
}

/** As `paired`, after a message each way. */
export async function talking(seed: number) {
  const { world, alice, bob } = await paired(seed);
  await talk(world, alice, bob);
  return { world, alice, bob };
}

/** The only contact of a node, as it is stored. */
export async function contactOf({ store }: Pick<SimNode, "store">): Promise<Contact> {
  const [row] = await store.all("contact");
  assert.ok(row);
  return decodeRow<Contact>(row);
}

/** A message each way. */
export async function talk(world: World, alice: SimNode, bob: SimNode): Promise<void> {
  const there = await alice.messenger.send(bob.messenger.self().account, "to and");
  const back = await bob.messenger.send(alice.messenger.self().account, "fro");
  await world.reaches(alice, there, "delivered");
  await world.reaches(bob, back, "delivered");
}

/** How far `node` has come with `other`. */
export const pairingOf = (node: SimNode, other: SimNode): string | undefined =>
  node.messenger.contacts().find(({ account }) => account === other.messenger.self().account)
    ?.pairing;

type Kind = "once" | "reusable";

export interface Plan {
  readonly kind: Kind;
  /** Sets the trap; it calls back when it has sprung. */
  readonly arm: (alice: SimNode, bob: SimNode, sprung: () => void) => void;
}

/**
 * Runs a pairing that a trap interrupts; in the end both must be paired and talk. @returns whether
 * it sprung.
 */
export async function interrupted(seed: number, { kind, arm }: Plan): Promise<boolean> {
  const { world, alice, bob } = await two(seed);
  const { link } = await alice.messenger.createInvite({ ...once, kind });
  await bob.messenger.add(link);
  let sprung = false;
  arm(alice, bob, () => {
    sprung = true;
  });
  // The person at alice's says yes whenever she is asked.
  const answer = (): boolean => {
    if (alice.alive && pairingOf(alice, bob) === "requested")
      alice.messenger.accept(bob.messenger.self().account).catch(() => undefined);
    return confirmed(alice, bob) && confirmed(bob, alice);
  };
  await world.time.run(() => answer() || sprung, 2 * HOUR);
  await world.time.pass(5000);
  for (const node of [alice, bob]) node.onCommit = undefined;
  world.network.tamper = undefined;
  for (const node of [alice, bob]) if (!node.alive) await node.start();
  await world.until("both are paired", answer, 6 * HOUR);
  await talk(world, alice, bob);
  assert.equal(alice.messenger.contacts().length, 1);
  assert.equal(bob.messenger.contacts().length, 1);
  assert.ok(!alice.events.some(({ type }) => type === "invite.reused"));
  await world.stop();
  return sprung;
}

/** Frames are lost and machines die at random while two people pair. */
export async function stormyPairing(seed: number): Promise<void> {
  const kind = seed % 2 === 0 ? "once" : "reusable";
  const arm: Plan["arm"] = (alice, bob) => {
    const { network, chance } = alice.world;
    let left = 40;
    network.tamper = () => {
      if (left-- <= 0) return undefined;
      const drawn = chance.next();
      const node = chance.next() < 0.5 ? alice : bob;
      if (drawn < 0.06 && node.alive) {
        node.kill();
        alice.world.time.after(20_000 * chance.next(), () => {
          if (!node.alive) void node.start();
        });
      }
      return drawn < 0.2 ? "cut" : undefined;
    };
  };
  await interrupted(seed, { kind, arm });
}
