/**
 * Group messages beside libsignal's sender keys, Megolm and MLS, in one process and taking turns;
 * and new keys after a removal beside MLS. All keep their state as live objects in memory, and none
 * writes to a disk. Each time of a message is the lower decile of rounds that take turns. A ratio
 * above 1 means that the peer takes longer. Times of new keys are processor time of the process, as
 * WebCrypto works in threads of its own; the MLS trees are those of a group that one member made,
 * where a removal is sealed to every leaf: once every member has committed, it is sealed to the
 * logarithm of their number.
 *
 * Sealing is mostly one Ed25519 signature, opening one verification. OpenSSL verifies in 108 µs and
 * libsodium in WebAssembly in 110, while libsignal's native code opens a whole message in less.
 */
import { nobleCrypto, nodeCrypto, sodiumCrypto } from "../src/crypto/index.ts";
import type { GroupPeer, GroupTalk } from "./groups/group-peer.ts";
import { ours } from "./groups/ours.ts";
import { ourRekeying, ourSigningKey, type Rekeying } from "./groups/rekeying.ts";
import { quantile } from "./lib/measure.ts";
import { printRows, readable } from "./lib/table.ts";

const ROUNDS = 16;
const COUNT = 60;
const LENGTHS = [100, 1024];
const MEMBERS = [10, 100, 1000];

/** What is not installed, or does not load here, is reported and left out. */
async function load<Loaded>(name: string, from: () => Promise<Loaded>): Promise<Loaded[]> {
  try {
    return [await from()];
  } catch (error) {
    const why = error instanceof Error ? error.message.split("\n")[0] : String(error);
    process.stdout.write(`${name} is left out: ${why}\n`);
    return [];
  }
}

const quiet = (values: readonly number[]) => quantile(values, 0.1);
const textOf = (length: number) => new Uint8Array(length).fill(97);

async function microsOfEach(count: number, job: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await job();
  return ((performance.now() - started) * 1000) / count;
}

/** µs for sealing and for opening one message of `count`. */
async function round(talk: GroupTalk, length: number, count: number): Promise<[number, number]> {
  const text = textOf(length);
  const messages: unknown[] = [];
  globalThis.gc?.({ type: "minor" });
  await new Promise((resolve) => setImmediate(resolve));
  const seal = await microsOfEach(count, async () => {
    for (let i = 0; i < count; i++) messages.push(await talk.seal(text));
  });
  const open = await microsOfEach(count, async () => {
    for (const message of messages) await talk.open(message);
  });
  return [seal, open];
}

/** Seal and open at each length, in µs, by peer. */
async function timesOf(peers: readonly GroupPeer[]): Promise<number[][]> {
  const talks = [];
  for (const peer of peers) talks.push(await peer.setup());
  const samples = peers.map(() => LENGTHS.map(() => [[], []] as [number[], number[]]));
  for (let turn = 0; turn <= ROUNDS; turn++)
    for (const [at, talk] of talks.entries())
      for (const [which, length] of LENGTHS.entries()) {
        // The first round is for the compiler.
        const [seal, open] = await round(talk, length, turn > 0 ? COUNT : 5 * COUNT);
        if (turn === 0) continue;
        samples[at]?.[which]?.[0].push(seal);
        samples[at]?.[which]?.[1].push(open);
      }
  for (const talk of talks) talk.free?.();
  return samples.map((lengths) => lengths.flatMap((pair) => pair.map(quiet)));
}

async function overheadOf(peer: GroupPeer): Promise<string> {
  const talk = await peer.setup();
  const over: number[] = [];
  for (const length of LENGTHS) {
    const message = await talk.seal(textOf(length));
    over.push(talk.wireBytes(message) - length);
    await talk.open(message);
  }
  talk.free?.();
  return over.map(readable).join(" / ");
}

const processorMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** Processor ms of making and taking, the median of some tries. */
async function rekeyingRow(name: string, keys: Rekeying): Promise<string[]> {
  const samples: [number[], number[]] = [[], []];
  await keys.make();
  await keys.take();
  for (let i = 0; i < 3; i++)
    for (const [at, job] of [() => keys.make(), () => keys.take()].entries()) {
      const before = processorMs();
      await job();
      samples[at]?.push(processorMs() - before);
    }
  const [make, take] = samples.map((values) => readable(quantile(values, 0.5)));
  return [name, make ?? "", take ?? "", readable(keys.bytes()), readable(keys.bytesOfMember())];
}

const sodium = await sodiumCrypto();
const best = sodium ?? nodeCrypto();
const mls = await load("ts-mls", () => import("./groups/mls.ts"));
const peers: readonly GroupPeer[] = [
  ...[...(sodium ? [sodium] : []), nodeCrypto(), nobleCrypto()].map(ours),
  ...(await load("libsignal", async () => (await import("./groups/libsignal.ts")).senderKeys)),
  ...(await load("libolm", async () => (await import("./groups/olm.ts")).megolm)),
  ...(await load("vodozemac", async () => (await import("./groups/vodozemac.ts")).roomEvents)),
  ...mls.map(({ applicationMessages }) => applicationMessages),
];
printRows(
  "What each does for a message",
  [["", ""], ...peers.map(({ name, about }) => [name, about])],
  [0, 1],
);
const times = await timesOf(peers);
const head = LENGTHS.flatMap((length) => [`seal ${length} B`, `open ${length} B`]);
printRows("Messages: µs, and bytes beyond the text", [
  ["", ...head, "bytes 100 / 1,024 B"],
  ...(await Promise.all(
    peers.map(async (peer, at) => [
      peer.name,
      ...(times[at] ?? []).map(readable),
      await overheadOf(peer),
    ]),
  )),
]);
const [base = []] = times;
printRows(`Ratios: how many times longer than ${peers[0]?.name}`, [
  ["", ...head],
  ...peers
    .slice(1)
    .map(({ name }, at) => [
      name,
      ...(times[at + 1] ?? []).map((time, i) => `${(time / (base[i] ?? time)).toFixed(2)}×`),
    ]),
]);

const rows: string[][] = [];
for (const members of MEMBERS) {
  rows.push(await rekeyingRow(`Sotto, ${members}`, ourRekeying(best, members)));
  const key = ourSigningKey(best, members);
  rows.push(await rekeyingRow(`  and each sender's signing key`, key));
  for (const { mlsRekeying, suites } of mls)
    for (const suite of Object.keys(suites) as (keyof typeof suites)[])
      rows.push(
        await rekeyingRow(`ts-mls, ${suite}, ${members}`, await mlsRekeying(suite, members)),
      );
}
printRows(`New keys after a removal: processor ms, bytes (Sotto: ${best.name}, post-quantum)`, [
  ["", "make", "take, a member", "bytes", "of them for a member"],
  ...rows,
]);
// WebAssembly of the peers keeps timers.
process.exit(0);
