/**
 * Two people write to each other while links break and machines die; then what must hold is
 * checked.
 */
import assert from "node:assert/strict";
import { type SimNode, World } from "./world.ts";

const DAY = 86_400_000;

export interface Storm {
  readonly steps: number;
  /** Chances of each step. */
  readonly cut: number;
  readonly kill: number;
  /** Chance that a node that died lost the session as well, so that a new one has to be made. */
  readonly lose?: number;
}

/** Whether the message is on this node's disk. */
export function onDisk(node: SimNode, id: string): boolean {
  return node.store
    .snapshot()
    .some(({ table, of }) => table === "message-id" && of.endsWith(`/id/${id}`));
}

/** Every message that `from` is shown as delivered must be on the disk of `to` at that moment. */
export function watchDelivered(from: SimNode, to: SimNode): { readonly lies: string[] } {
  const lies: string[] = [];
  from.onEvent = (event) => {
    if (event.type !== "message.state") return;
    const { state, id, text } = event.message;
    if ((state === "delivered" || state === "read") && !onDisk(to, id)) lies.push(text);
  };
  return { lies };
}

const texts = async (node: SimNode, who: string, direction: "in" | "out"): Promise<string[]> => {
  const page = await node.messenger.history(who, { limit: 10_000 });
  return page.filter((message) => message.direction === direction).map(({ text }) => text);
};

/** Waits until nothing waits, and compares what was written with what is shown. */
export async function settled(world: World, alice: SimNode, bob: SimNode): Promise<void> {
  const waiting = (): number => alice.contact("bob").waiting + bob.contact("alice").waiting;
  await world.until("everything is delivered", () => waiting() === 0, DAY);
  const fromAlice = await texts(alice, "bob", "out");
  const fromBob = await texts(bob, "alice", "out");
  assert.deepEqual(await texts(bob, "alice", "in"), fromAlice, "alice's words at bob's");
  assert.deepEqual(await texts(alice, "bob", "in"), fromBob, "bob's words at alice's");
  for (const node of [alice, bob]) {
    const shown = node.shown().map(({ id }) => id);
    assert.equal(new Set(shown).size, shown.length, `${node.name} saw nothing twice`);
    const who = node === alice ? "bob" : "alice";
    assert.ok((await node.states(who)).every((state) => state === "delivered"));
  }
}

async function loseSession(node: SimNode): Promise<void> {
  const rows = node.store.snapshot().filter(({ table }) => table === "session");
  await node.store.commit(rows.map((key) => ({ kind: "delete", key })));
}

export async function storm(seed: number, { steps, cut, kill, lose = 0 }: Storm): Promise<void> {
  const world = new World(seed);
  const alice = await world.node("alice");
  const bob = await world.node("bob");
  await world.pair(alice, bob);
  const watches = [watchDelivered(alice, bob), watchDelivered(bob, alice)];
  const { chance } = world;
  const pick = (): SimNode => (chance.next() < 0.5 ? alice : bob);
  let written = 0;
  for (let step = 0; step < steps; step++) {
    const node = pick();
    if (!node.alive) {
      if (chance.next() < lose) await loseSession(node);
      await node.start();
    } else {
      const who = node === alice ? "bob" : "alice";
      const burst = 1 + Math.floor(chance.next() * 4);
      const sends = Array.from({ length: burst }, () =>
        node.messenger.send(who, `${node.name} ${++written}`),
      );
      // Some of them are cut off by what comes next.
      if (chance.next() < 0.5) await Promise.all(sends);
      else for (const send of sends) send.catch(() => undefined);
    }
    if (chance.next() < cut) pick().host.cutAll();
    if (chance.next() < kill) pick().kill();
    await world.time.pass(Math.floor(chance.next() ** 3 * 5000));
  }
  for (const node of [alice, bob]) if (!node.alive) await node.start();
  await settled(world, alice, bob);
  assert.deepEqual(
    watches.flatMap(({ lies }) => lies),
    [],
    "shown as delivered without being there",
  );
  await world.stop();
}
