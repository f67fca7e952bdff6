/** At the end: what was written is held against what is there. */
import assert from "node:assert/strict";
import type { Message } from "../../src/api/index.ts";
import type { Load } from "./load.ts";
import type { User } from "./user.ts";

export interface Figures {
  readonly messages: number;
  readonly lost: number;
  readonly duplicated: number;
}

const ids = (messages: readonly Message[]) => messages.map(({ id }) => id);
const repeated = (names: readonly string[]) => names.length - new Set(names).size;

/** Waits until nobody waits for anything, and compares both ends of every conversation. */
export async function settle(loads: readonly Load[], patience = 120_000): Promise<Figures> {
  const users = new Set(loads.flatMap(({ from, to }) => [from, to]));
  for (const user of users)
    await user.until(
      "everything is delivered",
      async () => (await user.node.call("node.status", {})).waiting === 0,
      patience,
    );
  const figures = { messages: 0, lost: 0, duplicated: 0 };
  for (const [from, to] of directions(loads)) {
    const own = loads.filter((load) => load.from === from && load.to === to);
    const sent = (await from.history(to.name)).filter(({ direction }) => direction === "out");
    const received = (await to.history(from.name)).filter(({ direction }) => direction === "in");
    const there = new Set(ids(received));
    const kept = new Set<string>(ids(sent));
    figures.messages += sent.length;
    figures.lost += ids(sent).filter((id) => !there.has(id)).length;
    figures.duplicated += repeated(ids(received)) + repeated(sent.map(({ text }) => text));
    for (const load of own) {
      figures.lost += [...load.answered.values()].filter((id) => !kept.has(id)).length;
      assert.deepEqual(load.contradictions, [], "one key, one message");
      assert.deepEqual(load.faults, [], "nothing failed but by the end of the node");
    }
    const where = `${from.name} to ${to.name}`;
    assert.equal(figures.lost, 0, `lost, ${where}`);
    assert.equal(figures.duplicated, 0, `duplicated, ${where}`);
    // What the other side shows is what was sent, and nothing else, in the same order.
    const line = ({ id, text }: Message) => `${id} ${text}`;
    assert.deepEqual(received.map(line), sent.map(line), `order, ${where}`);
    checkSteady(own, received);
    const states = new Set(sent.map(({ state }) => state));
    assert.deepEqual(
      [...states].filter((s) => s !== "delivered" && s !== "read"),
      [],
      where,
    );
    assert.deepEqual(from.regressed, [], "what was delivered stays delivered");
  }
  return figures;
}

/** One who writes the next only after the answer to the last is read in that order. */
function checkSteady(loads: readonly Load[], received: readonly Message[]): void {
  for (const load of loads) {
    if (load.manner !== "steady") continue;
    const numbers = received.flatMap(({ text }) => load.numberOf(text) ?? []);
    assert.deepEqual(
      numbers,
      Array.from({ length: load.texts }, (_, i) => i + 1),
      "a steady writer's words stand in order, each once",
    );
  }
}

/**
 * Every message that either side shows as delivered has arrived at the other. To be asked while
 * nothing can move.
 */
export async function checkStates(users: readonly User[]): Promise<void> {
  for (const from of users)
    for (const to of users) {
      if (from === to) continue;
      const there = new Set(ids(await to.history(from.name)));
      const lies = (await from.history(to.name)).filter(
        ({ id, direction, state }) =>
          direction === "out" && (state === "delivered" || state === "read") && !there.has(id),
      );
      assert.deepEqual(ids(lies), [], `${from.name} shows what ${to.name} does not have`);
    }
}

function directions(loads: readonly Load[]): (readonly [User, User])[] {
  const seen = new Map<string, readonly [User, User]>();
  for (const { from, to } of loads) seen.set(`${from.name} ${to.name}`, [from, to]);
  return [...seen.values()];
}

/** Tells a run's figures beside its name. */
export function tell(what: string): void {
  console.log(`      ${what}`);
}
