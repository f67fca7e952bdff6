/** Groups in simulated time, while links break and machines die. */
import assert from "node:assert/strict";
import type { MessageView } from "../../src/messenger/index.ts";
import { type SimNode, World } from "./world.ts";

const SECOND = 1_000;
const MINUTE = 60_000;
const NAMES = ["alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi"];

/** What is done at random: each with its weight. */
const steps = {
  ...{ send: 10, edit: 2, react: 2, kill: 2, doom: 4 },
  ...{ cut: 3, restart: 10, read: 2, part: 1, rest: 4 },
} as const;
type Step = keyof typeof steps;

export interface Storm {
  readonly world: World;
  readonly nodes: readonly SimNode[];
  /** Texts that a node accepted, by its name. */
  readonly sent: Map<string, string[]>;
}

/** People who are contacts of each other, all in a group of the first one. */
export async function groupOf(seed: number, count: number): Promise<Storm> {
  const world = new World(seed);
  const nodes: SimNode[] = [];
  for (const name of NAMES.slice(0, count)) nodes.push(await world.node(name));
  for (const [i, one] of nodes.entries())
    for (const other of nodes.slice(i + 1)) await world.pair(one, other);
  await world.time.pass(5 * SECOND);
  const [founder, ...others] = nodes as [SimNode, ...SimNode[]];
  await founder.messenger.groups.create("Club");
  for (const { name } of others) await founder.messenger.groups.invite("Club", name);
  await world.until("all are invited", () =>
    others.every(({ messenger }) => messenger.groups.invitations().length === 1),
  );
  for (const node of others) await node.messenger.groups.join("Club");
  await world.until("all are members", () => nodes.every((node) => membersOf(node) === count));
  return { world, nodes, sent: new Map() };
}

/** How many members a group has as a node sees it; 0 where it does not run or has no group. */
export function membersOf(node: SimNode): number {
  if (!node.alive) return 0;
  return node.messenger.groups.list()[0]?.members ?? 0;
}

/** All texts of the group on a node, in their order. */
export async function textsOf({ messenger }: SimNode): Promise<string[]> {
  const { messages } = await messenger.page("group:Club", { limit: 1_000 });
  return messages.map(({ text }) => text);
}

/** Does a number of random steps. */
export async function storm({ world, nodes, sent }: Storm, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const node = nodes[Math.floor(world.chance.next() * nodes.length)] as SimNode;
    await act(world, nodes, node, draw(world.chance.next()), `${node.name} ${i}`, sent);
    await world.time.pass(Math.floor(world.chance.next() ** 3 * MINUTE));
  }
}

function draw(chance: number): Step {
  const total = Object.values(steps).reduce((sum, weight) => sum + weight, 0);
  let left = chance * total;
  for (const [step, weight] of Object.entries(steps)) {
    left -= weight;
    if (left < 0) return step as Step;
  }
  return "rest";
}

async function act(
  world: World,
  nodes: readonly SimNode[],
  node: SimNode,
  step: Step,
  text: string,
  sent: Storm["sent"],
): Promise<void> {
  switch (step) {
    case "send":
      if (!node.alive) return;
      // What was not answered before the machine died may be there or not.
      await node.messenger.send("group:Club", text).then(
        () => sent.set(node.name, [...(sent.get(node.name) ?? []), text]),
        () => undefined,
      );
      return;
    case "edit":
    case "react": {
      if (!node.alive) return;
      const own = await lastOf(node, step === "edit" ? "out" : "in").catch(() => undefined);
      if (own === undefined) return;
      const done =
        step === "edit"
          ? node.messenger.edit(own.id, `${own.text}*`, "group:Club")
          : node.messenger.react(own.id, "👍", "group:Club");
      await done.catch(() => undefined);
      return;
    }
    case "kill":
      if (node.alive) node.kill();
      return;
    case "doom": {
      // It dies at one of its next commits, before or after the write.
      let left = Math.floor(world.chance.next() * 12);
      node.onCommit = () => {
        if (left-- === 0) node.kill();
      };
      return;
    }
    case "restart":
      if (!node.alive) await node.start();
      return;
    case "cut":
      if (node.alive) node.host.cutAll();
      return;
    case "read":
      if (node.alive) await node.messenger.markRead("group:Club", {}).catch(() => undefined);
      return;
    case "part":
      for (const each of nodes) {
        each.group = Math.floor(world.chance.next() * 2);
        if (each.alive) each.host.group = each.group;
      }
      return;
    case "rest":
      await world.time.pass(MINUTE);
      return;
    default:
      assert.fail(step satisfies never);
  }
}

async function lastOf(
  { messenger }: SimNode,
  direction: "in" | "out",
): Promise<MessageView | undefined> {
  const { messages } = await messenger.page("group:Club", { limit: 20 });
  return messages.findLast((each) => each.direction === direction && !each.deleted);
}

/** Heals everything, and waits until all members have the same. @param members of them. */
export async function settle({ world, nodes }: Storm, members: readonly SimNode[]): Promise<void> {
  for (const node of nodes) {
    node.group = 0;
    node.onCommit = undefined;
    if (node.alive) {
      node.host.group = 0;
      node.host.cutAll();
    } else await node.start();
  }
  for (let i = 0; i < 60; i++) {
    await world.time.pass(MINUTE);
    const all = await Promise.all(members.map(async (node) => JSON.stringify(await textsOf(node))));
    const waiting = members.some(({ messenger }) =>
      messenger.groups.list().some(({ standing }) => standing !== "member"),
    );
    if (!waiting && new Set(all).size === 1 && i > 10) return;
  }
}

/** What is wrong once all is quiet: texts that are lost, doubled, or in another order. */
export async function faultsOf({ sent }: Storm, members: readonly SimNode[]): Promise<string[]> {
  const faults: string[] = [];
  const [first, ...others] = await Promise.all(members.map(textsOf));
  if (first === undefined) return ["nobody is left"];
  for (const [i, texts] of others.entries())
    if (JSON.stringify(texts) !== JSON.stringify(first))
      faults.push(`${members[i + 1]?.name} has ${texts.length} texts, others ${first.length}`);
  for (const [name, texts] of sent)
    for (const text of texts) {
      const count = first.filter((each) => each.replace(/\*+$/, "") === text).length;
      if (count !== 1) faults.push(`${text} of ${name}: ${count} times`);
    }
  if (new Set(first).size !== first.length) faults.push("a text is there twice");
  const sets = members.map(({ messenger }) =>
    JSON.stringify(messenger.groups.members("Club").map(({ account, role }) => [account, role])),
  );
  if (new Set(sets).size !== 1) faults.push("members differ");
  return faults;
}
