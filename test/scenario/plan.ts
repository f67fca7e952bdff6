/** A scenario as data: a profile and a list of actions, both drawn from one seed. */
import { type Chance, seeded } from "./chance.ts";
import { calm, type Weather } from "./network.ts";

const SECOND = 1000;

/** What may happen, and how often in relation to the rest. */
export const actions = [
  "send",
  "read",
  "follow",
  "edit",
  "delete",
  "react",
  "cancel",
  "cut",
  "stall",
  "vanish",
  "partition",
  "heal",
  "kill",
  "killSoon",
  "stop",
  "diskFails",
  "backup",
  "rollback",
  "restore",
  "timer",
  "loseSession",
  "clock",
  "move",
  "attack",
  "block",
  "weather",
  "rename",
] as const;
export type Kind = (typeof actions)[number];

export interface Action {
  readonly kind: Kind;
  /** Chosen by chance, in [0, 1): what they mean is up to the action. */
  readonly draws: readonly [number, number, number];
  /** ms until the next action. */
  readonly pause: number;
}

export interface Profile {
  readonly nodes: number;
  /** Pairs of nodes that know each other. */
  readonly pairs: readonly (readonly [number, number])[];
  /** The pairs are made while everything happens, not before. */
  readonly stormyPairing: boolean;
  readonly latency: number;
  /** Bytes in a ms. */
  readonly bandwidth: number | undefined;
  readonly skews: readonly number[];
  readonly weather: Weather;
  /** What each node calls itself, by what it knows of the node before it; absent: its name. */
  readonly disguises: readonly (Disguise | undefined)[];
  readonly weights: Readonly<Partial<Record<Kind, number>>>;
  readonly steps: number;
}

/** Names by which a node may try to be taken for another one. */
export const disguises = {
  account: (account: string) => account,
  start: (account: string) => account.slice(0, 15),
  longer: (account: string) => `${account.slice(0, 16)} x`,
  name: (_account: string, name: string) => name.toUpperCase(),
  alike: (_account: string, name: string) => name.replace("a", "\u0430").replace("o", "\u043e"),
  option: () => "--all",
  hidden: () => "a\u202eb",
} as const;
export type Disguise = keyof typeof disguises;

/** Families of trouble: a run takes some of them. */
const troubles: readonly Partial<Record<Kind, number>>[] = [
  { cut: 4, stall: 3, vanish: 2 },
  { kill: 2, killSoon: 4, stop: 1 },
  { diskFails: 3 },
  { partition: 3, heal: 2, move: 2 },
  { loseSession: 3, cut: 2 },
  { clock: 2, weather: 2 },
  { attack: 2, block: 2, cancel: 2 },
  { edit: 3, delete: 1, react: 3 },
];

export function drawProfile(seed: number): Profile {
  const chance = seeded(seed);
  const upTo = (most: number): number => Math.floor(chance.next() * (most + 1));
  const often = (share: number): boolean => chance.next() < share;
  const nodes = often(0.6) ? 2 : 3 + upTo(2);
  const all = Array.from({ length: nodes }, (_, i) =>
    Array.from({ length: i }, (_, j) => [j, i] as const),
  ).flat();
  // A chain at least, so that each node has a contact.
  const pairs = all.filter(([one, other]) => other === one + 1 || often(0.4));
  const rollback = often(0.2);
  const weights: Partial<Record<Kind, number>> = { send: 10, read: 2, follow: 2, timer: 1 };
  for (const trouble of troubles) if (often(0.5)) Object.assign(weights, trouble);
  if (rollback) Object.assign(weights, { backup: 2, rollback: 1, restore: 1 });
  const stormy = often(0.4);
  const rare = (): number => chance.next() ** 3 * 0.3;
  // A chance of their own, so that seeds keep what else they draw.
  const names = seeded(seed ^ 0x6e616d65);
  const kinds = Object.keys(disguises) as Disguise[];
  const disguise = (): Disguise | undefined =>
    names.next() < 0.6 ? kinds[Math.floor(names.next() * kinds.length)] : undefined;
  if (names.next() < 0.3) weights.rename = 2;
  return {
    nodes,
    pairs,
    stormyPairing: !rollback && often(0.3),
    latency: 2 + Math.floor(chance.next() ** 2 * 400),
    bandwidth: often(0.3) ? 1 + upTo(200) : undefined,
    skews: Array.from({ length: nodes }, () => Math.floor((chance.next() - 0.5) * 120 * SECOND)),
    weather: stormy
      ? {
          breaks: rare() / 3,
          dialFails: rare(),
          recordLost: rare(),
          recordStale: rare(),
          putLost: rare(),
          putUnheard: rare(),
        }
      : calm,
    disguises: Array.from({ length: nodes }, disguise),
    weights,
    steps: 12 + upTo(30),
  };
}

export function drawPlan(seed: number, profile: Profile): Action[] {
  const chance = seeded(seed ^ 0x5bd1e995);
  const known = Object.entries(profile.weights) as [Kind, number][];
  const total = known.reduce((sum, [, weight]) => sum + weight, 0);
  return Array.from({ length: profile.steps }, () => action(chance, known, total));
}

function action(chance: Chance, known: readonly [Kind, number][], total: number): Action {
  let left = chance.next() * total;
  const [kind] = known.find(([, weight]) => {
    left -= weight;
    return left < 0;
  }) ?? ["send" as const];
  return {
    kind,
    draws: [chance.next(), chance.next(), chance.next()],
    // Mostly at once, now and then a minute and more.
    pause: Math.floor(chance.next() ** 5 * 120 * SECOND),
  };
}
