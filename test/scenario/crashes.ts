/**
 * Short conversations in which something goes wrong at one chosen step: every step can be tried.
 */

import { calm } from "./network.ts";
import type { Action, Profile } from "./plan.ts";
import { type Fault, type Outcome, type Scenario, simulate } from "./simulation.ts";

const base: Profile = {
  nodes: 2,
  pairs: [[0, 1]],
  stormyPairing: false,
  latency: 20,
  bandwidth: undefined,
  skews: [],
  disguises: [],
  weather: calm,
  weights: { send: 1, read: 1, loseSession: 1 },
  steps: 0,
};

const act = (kind: Action["kind"], node: number, pause: number): Action => ({
  kind,
  draws: [node / 2, 0, 0],
  pause,
});

/** Three messages each way, and one of them read. */
const talk: readonly Action[] = [
  act("send", 0, 0),
  act("send", 1, 60),
  act("send", 1, 30),
  act("send", 0, 5),
  act("read", 1, 40),
  act("send", 0, 100),
  act("send", 1, 2000),
];

/** Pairing and the messages right behind it. */
const pairing: Scenario = {
  seed: 7,
  profile: { ...base, stormyPairing: true },
  plan: [act("read", 0, 400), ...talk],
};

/** A session that one side lost, so that a handshake between known contacts makes a new one. */
const renewal: Scenario = {
  seed: 8,
  profile: base,
  plan: [act("send", 0, 500), act("loseSession", 1, 1500), ...talk],
};

export const conversations = { pairing, renewal } as const;

/** How many steps a conversation has when nothing goes wrong. */
export async function stepsOf(scenario: Scenario): Promise<number> {
  return (await simulate(scenario)).steps;
}

/** The run in which `what` happens at this step. */
export function strikeAt(scenario: Scenario, step: number, what: Fault): Promise<Outcome> {
  return simulate({ ...scenario, crash: { step, what } });
}
