/**
 * The ratchet beside its peers, all in one process and taking turns: Signal's library (the only
 * other one with a post-quantum ratchet), and both of Matrix's. Each seals, opens and answers as
 * its own API wants it, its state moving on with every message. Nobody writes to a disk: "stored"
 * means that the session is turned into bytes and back at every operation, which a messenger has to
 * do before it may send; the others keep live objects in memory. A ratio above 1 means that the
 * peer takes longer. Each figure is the lower decile of rounds that take turns: what the code costs
 * while nobody else has the processor.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { nobleCrypto, nodeCrypto, sodiumCrypto } from "../src/crypto/index.ts";
import { quantile } from "./lib/measure.ts";
import { printRows, readable } from "./lib/table.ts";
import { setupTime, sizesOf, type Times, timesOf } from "./lib/talks.ts";
import { ours } from "./peers/ours.ts";
import type { Peer } from "./peers/peer.ts";

const ROUNDS = 16;
/**
 * Messages in a round: with PQ epochs every 50 messages or so, each round has its share of them.
 */
const COUNT = 60;
/** Setups in a round. */
const SETUPS = 8;
const LENGTHS = [100, 1024];
const SESSIONS = 10_000;

/** A peer that is not installed, or does not load here, is told and left out. */
async function load(name: string, from: () => Promise<readonly Peer[]>): Promise<readonly Peer[]> {
  try {
    return await from();
  } catch (error) {
    const why = error instanceof Error ? error.message.split("\n")[0] : String(error);
    process.stdout.write(`${name} is left out: ${why}\n`);
    return [];
  }
}

async function everyone(): Promise<readonly Peer[]> {
  const sodium = await sodiumCrypto();
  const best = sodium ?? nodeCrypto();
  const providers = [...(sodium ? [sodium] : []), nodeCrypto(), nobleCrypto()];
  return [
    ...providers.map((crypto) => ours(crypto)),
    ours(best, "encoded"),
    ...(await load("libsignal", async () => {
      const { libsignal, libsignalStored } = await import("./peers/libsignal.ts");
      return [libsignal, libsignalStored];
    })),
    ...(await load("libolm", async () => [(await import("./peers/olm.ts")).olm])),
    ...(await load("vodozemac", async () => [(await import("./peers/vodozemac.ts")).vodozemac])),
  ];
}

/** In a process of its own: MB that `SESSIONS` stored sessions take when all are read. */
async function memoryOf(peer: Peer): Promise<number> {
  const settle = () => {
    for (let i = 0; i < 3; i++) globalThis.gc?.();
    return process.memoryUsage.rss() / 1e6;
  };
  await peer.many?.(10);
  const before = settle();
  const held = await peer.many?.(SESSIONS);
  const after = settle();
  if (held === undefined) throw new Error("nothing to hold");
  return after - before;
}

function memoryInProcess({ name, many }: Peer): number | undefined {
  if (many === undefined) return undefined;
  const file = fileURLToPath(import.meta.url);
  const { stdout, status } = spawnSync(
    process.execPath,
    [...process.execArgv, file, "--memory", name],
    { encoding: "utf8" },
  );
  return status === 0 ? Number(stdout.trim().split("\n").at(-1)) : undefined;
}

interface Row {
  readonly peer: Peer;
  readonly setup: number;
  readonly times: readonly Times[];
}

const quiet = (values: readonly number[]) => quantile(values, 0.1);

async function measure(peers: readonly Peer[]): Promise<readonly Row[]> {
  const found = peers.map((peer) => ({
    peer,
    setups: [] as number[],
    rounds: LENGTHS.map(() => [] as Times[]),
  }));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const { peer, setups, rounds } of found) {
      // The first round is for the compiler, here and below.
      const taken = await setupTime(peer, round > 0 ? SETUPS : 30 * SETUPS);
      if (round > 0) setups.push(taken);
      for (const [index, length] of LENGTHS.entries()) {
        const talk = await peer.setup();
        const times = await timesOf(talk, length, round > 0 ? COUNT : 5 * COUNT);
        if (round > 0) rounds[index]?.push(times);
        talk.free?.();
      }
    }
  }
  return found.map(({ peer, setups, rounds }) => ({
    peer,
    setup: quiet(setups),
    times: rounds.map((samples) => ({
      seal: quiet(samples.map(({ seal }) => seal)),
      open: quiet(samples.map(({ open }) => open)),
      pingPong: quiet(samples.map(({ pingPong }) => pingPong)),
    })),
  }));
}

const figuresOf = ({ setup, times }: Row) => [
  setup,
  ...times.flatMap(({ seal, open, pingPong }) => [seal, open, pingPong]),
];
const HEAD = [
  "",
  "setup ms",
  ...LENGTHS.flatMap((length) =>
    ["seal", "open", "ping-pong"].map((name) => `${name} ${length} B`),
  ),
];

/** Min, median and max of a list. */
const spread = (values: readonly number[]) =>
  [0, 0.5, 1].map((share) => readable(quantile(values, share))).join(" / ");

async function sizesRow(peer: Peer): Promise<string[]> {
  const [oneWay, inTurns] = [
    await sizesOf(peer, 1000, "one way"),
    await sizesOf(peer, 1000, "in turns"),
  ];
  const memory = memoryInProcess(peer);
  const or = (value: number | undefined) => (value === undefined ? "–" : readable(value));
  return [
    peer.name,
    spread(oneWay.overhead),
    spread(inTurns.overhead),
    or(oneWay.state),
    or(inTurns.state),
    or(memory),
  ];
}

const peers = await everyone();
const asked = process.argv.indexOf("--memory");
if (asked > 0) {
  const peer = peers.find(({ name }) => name === process.argv[asked + 1]);
  if (peer === undefined) throw new Error("no such peer");
  process.stdout.write(`${await memoryOf(peer)}\n`);
} else {
  printRows("Who is measured", [
    ["", "what the figures include"],
    ...peers.map(({ name, about }) => [name, about]),
  ]);
  const rows = await measure(peers);
  printRows("Times, µs but for the setup", [
    HEAD,
    ...rows.map((row) => [row.peer.name, ...figuresOf(row).map(readable)]),
  ]);
  const best = rows[0] as Row;
  printRows(`Ratios: how many times longer than ${best.peer.name}`, [
    HEAD.map((name) => name.replace(" ms", "")),
    ...rows.slice(1).map((row) => {
      const base = figuresOf(best);
      const shares = figuresOf(row).map((value, at) => value / (base[at] as number));
      return [row.peer.name, ...shares.map((share) => `${share.toFixed(2)}×`)];
    }),
  ]);
  printRows(`Bytes: 1,000 messages of 100 B (min / median / max beyond the text), and sessions`, [
    ["", "one way", "in turns", "state, one way", "state, in turns", "10,000 in MB"],
    ...(await Promise.all(peers.map(sizesRow))),
  ]);
}
// WebAssembly of the peers keeps timers.
process.exit(0);
