/**
 * Prints the tables of docs/SCALE.md: `npm run scale`, or `npm run scale -- 1000 10000` for
 * networks of these sizes. The largest takes some ten minutes and 4 GB.
 */
import { type Outcome, type Setting, simulate } from "./simulate.ts";

const HOUR = 3_600_000;
const args = process.argv.slice(2).map(Number);
const sizes = args.length > 0 ? args : [100, 1_000, 10_000, 100_000];

const base = {
  stay: undefined,
  hostile: 0,
  manner: "liar",
  doors: 2,
  records: 200,
  gets: 10,
  span: 2.5 * HOUR,
  upkeep: HOUR,
  seed: 1,
} as const satisfies Partial<Setting>;

const cases: readonly (readonly [string, Partial<Setting>])[] = [
  ["at rest", {}],
  ["stay 4 h", { stay: 4 * HOUR }],
  ["stay 1 h", { stay: HOUR }],
  ["stay 4 h, 1 % lie", { stay: 4 * HOUR, hostile: 0.01 }],
  ["stay 4 h, 5 % lie", { stay: 4 * HOUR, hostile: 0.05 }],
  ["stay 4 h, 10 % lie", { stay: 4 * HOUR, hostile: 0.1 }],
  ["stay 4 h, 20 % lie", { stay: 4 * HOUR, hostile: 0.2 }],
  ["stay 4 h, 20 % lie, 1 door", { stay: 4 * HOUR, hostile: 0.2, doors: 1 }],
  ["stay 4 h, 20 % lie, 4 doors", { stay: 4 * HOUR, hostile: 0.2, doors: 4 }],
  ["stay 4 h, 20 % drop", { stay: 4 * HOUR, hostile: 0.2, manner: "mute" }],
];

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
const row = (nodes: number, name: string, one: Outcome): string =>
  `| ${[
    nodes.toLocaleString("en-US"),
    name,
    percent(one.found),
    percent(one.newest),
    one.holders.toFixed(1),
    one.putMessages.toFixed(0),
    `${one.firstMessages.toFixed(1)} (${one.firstRounds.toFixed(1)})`,
    `${one.getMessages.toFixed(0)} (${one.getRounds.toFixed(1)})`,
    percent(one.lost),
    `${one.skew.toFixed(1)}×`,
  ].join(" | ")} |\n`;

process.stdout.write(
  "| nodes | case | found | newest | holders | put | first find | whole get | lost | 99th node |\n|---|---|---|---|---|---|---|---|---|---|\n",
);
/**
 * A large network takes minutes for each case: some of them, and tables that are kept less true.
 */
const LARGE = 20_000;
const inLarge = new Set(["at rest", "stay 4 h", "stay 4 h, 20 % lie"]);
const rare = { upkeep: 4 * HOUR, span: 2 * HOUR };

for (const nodes of sizes)
  for (const [name, setting] of cases.filter(([of]) => nodes < LARGE || inLarge.has(of))) {
    const tuned = nodes < LARGE ? base : { ...base, ...rare };
    process.stdout.write(row(nodes, name, simulate({ ...tuned, nodes, ...setting })));
  }
