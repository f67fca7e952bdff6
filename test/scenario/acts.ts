/** Conversations as they are shown, and that both sides show the same. */
import assert from "node:assert/strict";
import type { MessageId } from "../../src/base/index.ts";
import type { MessageView } from "../../src/messenger/index.ts";
import { type NodeOptions, type SimNode, World } from "./world.ts";

const DAY = 86_400_000;

/** One message on one line, as `node` sees it. */
function line({ direction, text, edited, deleted, reactions }: MessageView): string {
  const notes = [
    ...(edited ? ["edited"] : []),
    ...(deleted ? ["deleted"] : []),
    ...reactions.map((each) => `${each.direction} ${each.emoji}`),
  ];
  return `${direction}: ${text}${notes.length === 0 ? "" : ` (${notes.join(", ")})`}`;
}

export async function lines(node: SimNode, who: string): Promise<string[]> {
  return (await node.messenger.history(who, { limit: 10_000 })).map(line);
}

const swapped = (direction: "in" | "out"): "in" | "out" => (direction === "in" ? "out" : "in");

/**
 * What a conversation says, from nobody's side: by id, and each side's own words in the order in
 * which they were written.
 */
async function told(node: SimNode, who: string, flip: boolean): Promise<Map<string, string>> {
  const page = await node.messenger.history(who, { limit: 10_000 });
  const turned = (view: MessageView): MessageView => ({
    ...view,
    direction: swapped(view.direction),
    reactions: view.reactions
      .map((each) => ({ ...each, direction: swapped(each.direction) }))
      .toSorted((a, b) => a.direction.localeCompare(b.direction)),
  });
  return new Map(page.map((view) => [view.id, line(flip ? turned(view) : view)]));
}

/**
 * Waits until nothing waits on either side, and holds the two conversations against each other.
 * @param apart messages that only one side has.
 */
export async function settledActs(
  world: World,
  alice: SimNode,
  bob: SimNode,
  apart: readonly MessageId[] = [],
): Promise<void> {
  const waiting = (): number => alice.contact("bob").waiting + bob.contact("alice").waiting;
  await world.until("everything is delivered", () => waiting() === 0, DAY);
  const [ours, theirs] = [await told(alice, "bob", false), await told(bob, "alice", true)];
  // What was deleted before it was ever sent is its author's alone.
  for (const [mine, others] of [
    [ours, theirs],
    [theirs, ours],
  ] as const)
    for (const [id, said] of mine)
      if (others.has(id) || !(said.endsWith("(deleted)") || apart.includes(id as MessageId)))
        assert.equal(others.get(id), said);
  for (const node of [alice, bob]) {
    const page = await node.messenger.history(node === alice ? "bob" : "alice", { limit: 10_000 });
    assert.ok(
      page.every(({ changing }) => !changing),
      `${node.name}: nothing is under way`,
    );
  }
}

/** Two linked contacts. @param options of Bob. */
export async function pairOf(seed: number, options: NodeOptions = {}) {
  const world = new World(seed);
  const alice = await world.node("alice");
  const bob = await world.node("bob", 0, options);
  await world.pair(alice, bob);
  await world.time.pass(5000);
  return { world, alice, bob };
}

const EMOJI = ["👍", "❤️", ""];

/** Both sides write, edit, delete and react at random, while links break and machines die. */
export async function actStorm(
  seed: number,
  { cut, kill, steps = 60 }: { cut: number; kill: number; steps?: number },
): Promise<void> {
  const { world, alice, bob } = await pairOf(seed);
  const { chance } = world;
  const pick = <Item>(items: readonly Item[]): Item =>
    items[Math.floor(chance.next() * items.length)] as Item;
  const ids: MessageId[] = [];
  for (let step = 0; step < steps; step++) {
    const node = pick([alice, bob]);
    const { messenger } = node;
    const id = pick(ids);
    if (!node.alive) await node.start();
    else {
      const job =
        id === undefined || chance.next() < 0.3
          ? messenger
              .send(node === alice ? "bob" : "alice", `${node.name} ${step}`)
              .then((sent) => {
                ids.push(sent.id);
              })
          : pick([
              () => messenger.edit(id, `${node.name} ${step} edited`),
              () => messenger.edit(id, `${node.name} ${step} edited`),
              () => messenger.react(id, pick(EMOJI)),
              () => messenger.react(id, pick(EMOJI)),
              () => messenger.delete(id),
            ])();
      // Not theirs to change, not here yet, deleted, or the node died: all of that is part of it.
      if (chance.next() < 0.5) await job.catch(() => undefined);
      else job.catch(() => undefined);
    }
    if (chance.next() < cut) pick([alice, bob]).host.cutAll();
    if (chance.next() < kill) pick([alice, bob]).kill();
    await world.time.pass(Math.floor(chance.next() ** 3 * 3000));
  }
  for (const node of [alice, bob]) if (!node.alive) await node.start();
  await settledActs(world, alice, bob);
  assert.ok(ids.length > 5);
  await world.stop();
}

/** Time passes while the node is off: searching for the contact that long would take seconds. */
export async function away(node: SimNode, time: number): Promise<void> {
  await node.stop();
  await node.world.time.pass(time);
  await node.start();
  await node.world.time.pass(5000);
}
