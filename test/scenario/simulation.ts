/**
 * A deterministic simulation of whole messengers: a run is a function of its seed alone. A run that
 * breaks a law says the one line that runs it again.
 */
import { createHash } from "node:crypto";
import type { NewInvite } from "../../src/messenger/index.ts";
import { Stage } from "./actions.ts";
import { Laws } from "./laws.ts";
import { part } from "./parting.ts";
import { type Action, disguises, drawPlan, drawProfile, type Profile } from "./plan.ts";
import { settle } from "./settled.ts";
import { confirmed, type SimNode, World } from "./world.ts";

const DAY = 86_400_000;
const names = ["alice", "bob", "carol", "dave", "erin"];

export interface Outcome {
  /** Laws that were broken, none in a good run. */
  readonly broken: readonly string[];
  /** SHA-256 over everything that happened. */
  readonly trace: string;
  readonly steps: number;
  /** The last things that happened. */
  readonly last: readonly string[];
}

export interface Scenario {
  readonly seed: number;
  readonly profile: Profile;
  readonly plan: readonly Action[];
  /** Which node dies at which step of the whole run. */
  readonly crash?: { readonly step: number; readonly what: Fault };
}

/** What may happen at a chosen step. */
export const faults = ["own", "other", "lost", "cut", "disk before", "disk after"] as const;
export type Fault = (typeof faults)[number];

export function scenarioOf(seed: number): Scenario {
  const profile = drawProfile(seed);
  return { seed, profile, plan: drawPlan(seed, profile) };
}

export async function simulate({ seed, profile, plan, crash }: Scenario): Promise<Outcome> {
  const world = new World(seed);
  const laws = new Laws(world);
  const stage = new Stage(world, laws);
  const hash = createHash("sha256");
  const last: string[] = [];
  const note = (line: string): void => {
    const whole = `${world.time.moment} ${line}`;
    hash.update(`${whole}\n`);
    if (last.push(whole) > 60) last.shift();
  };
  const { onStep } = world;
  let steps = 0;
  world.onStep = (node, what) => {
    note(`${node.name} ${what}`);
    onStep?.(node, what);
    if (stage.playing && ++steps === crash?.step) strike(stage, node, crash.what);
    laws.bounds();
  };
  const wrong = (): boolean => laws.broken.length > 0;
  try {
    await play(stage, profile, plan, wrong, note);
    if (!wrong()) await settle(stage, profile, wrong);
    if (!wrong()) await part(stage, profile, wrong);
  } catch (error) {
    laws.broken.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  if (world.keys.dangerous.length > 0) laws.broken.push("a key was used twice with one nonce");
  if (world.keys.reused.length > 0 && !profile.weights.rollback)
    laws.broken.push("a message key was used for two messages");
  for (const node of stage.nodes) node.kill();
  return { broken: [...new Set(laws.broken)], trace: hash.digest("hex"), steps, last };
}

async function play(
  stage: Stage,
  profile: Profile,
  plan: readonly Action[],
  wrong: () => boolean,
  note: (line: string) => void,
): Promise<void> {
  const { world } = stage;
  world.network.latency = profile.latency;
  for (const [at, name] of names.slice(0, profile.nodes).entries()) {
    const node = await world.node(name, 0, {}, disguised(stage, profile, at));
    stage.nodes.push(node);
    await stage.bot(node).follow(node);
  }
  if (!profile.stormyPairing)
    for (const [one, other] of profile.pairs)
      await world.pair(stage.nodes[one] as SimNode, stage.nodes[other] as SimNode);
  stage.nodes.forEach((node, at) => {
    node.skew = profile.skews[at] ?? 0;
  });
  world.network.bandwidth = profile.bandwidth;
  world.network.weather = profile.weather;
  stage.playing = true;
  if (profile.stormyPairing) for (const pair of profile.pairs) void meet(stage, pair);
  for (const action of plan) {
    note(`- ${action.kind}`);
    stage.do(action, profile);
    await world.time.run(wrong, action.pause);
    if (wrong()) return;
  }
}

/** What the node at this place calls itself, if not its name. */
export function disguised(stage: Stage, { disguises: kinds }: Profile, at: number) {
  const kind = kinds[at];
  const before = stage.nodes[at > 0 ? at - 1 : stage.nodes.length - 1];
  if (kind === undefined || before === undefined) return undefined;
  return disguises[kind](before.messenger.self().account, before.name);
}

/** Makes an invite and takes it, if both are there for it. */
export async function meet(stage: Stage, [one, other]: readonly [number, number]): Promise<void> {
  const maker = stage.nodes[one] as SimNode;
  const taker = stage.nodes[other] as SimNode;
  if (!maker.alive || !taker.alive) return;
  const expiresIn = 20 * DAY;
  const invite: NewInvite | undefined = await stage.attempt(maker, () =>
    maker.messenger.createInvite({ kind: "once", expiresIn, hints: one % 2 === 0 }),
  );
  if (invite === undefined || !taker.alive) return;
  await stage.attempt(taker, () => taker.messenger.add(invite.link));
}

export const paired = (one: SimNode, other: SimNode): boolean =>
  confirmed(one, other) && confirmed(other, one);

function strike(stage: Stage, node: SimNode, what: Fault): void {
  const victim = what === "other" ? stage.nodes.find((one) => one !== node) : node;
  if (victim === undefined) return;
  switch (what) {
    case "own":
    case "other":
    case "lost":
      if (victim.alive) stage.killFor(victim, 700, what === "lost");
      return;
    case "cut":
      victim.host.cutAll();
      return;
    case "disk before":
    case "disk after":
      if (victim.alive) stage.failDisk(victim, what === "disk before" ? "before" : "after", 0);
      return;
    default:
      what satisfies never;
  }
}
