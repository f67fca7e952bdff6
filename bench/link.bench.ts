/**
 * A message between two daemons, proven delivered, beside what any link costs: raw TCP and a bare
 * libp2p stream, on loopback, both ends of those in this process. A delivered message is three
 * processes, two turns of the ratchet and three commits with fsync (the sender's, the receiver's,
 * and the sender's again on the acknowledgement).
 */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { applyPolyfill } from "../src/node/create.ts";
import { type Pair, startPair } from "./lib/demo-processes.ts";
import { type Echo, echoRate } from "./lib/echo.ts";
import { tcpEcho } from "./lib/echo-tcp.ts";
import { durations, quantile } from "./lib/measure.ts";
import { type Figure, printTable } from "./lib/table.ts";

const SMALL = new Uint8Array(randomBytes(100));
const KIB = new Uint8Array(randomBytes(1024));
const TEXT = "x".repeat(100);

interface Measured {
  /** ms. */
  readonly median: number;
  /** ms. */
  readonly p95: number;
  /** 1/s. */
  readonly rate: number;
}

/** Round trips of 100 B, and echoes of 1 KiB, 32 at a time. */
async function measureEcho(echo: Echo): Promise<Measured> {
  const times = await durations(() => echo.roundTrip(SMALL), { count: 2_000, warmup: 500 });
  await echoRate(echo, KIB, { count: 5_000, window: 32 });
  const rate = await echoRate(echo, KIB, { count: 20_000, window: 32 });
  await echo.close();
  return { median: quantile(times, 0.5), p95: quantile(times, 0.95), rate };
}

/**
 * Messages of 100 B one after another, each proven delivered; then one way, 64 at a time, stored on
 * both sides.
 */
async function measureDaemons({ alice }: Pair): Promise<Measured> {
  const deliver = () =>
    alice.call("message.send", { who: "bob", text: TEXT, wait: "delivered", timeout: 30_000 });
  const times = await durations(deliver, { count: 300, warmup: 50 });
  const count = 3_000;
  const started = performance.now();
  let left = count;
  const worker = async () => {
    while (left-- > 0) await deliver();
  };
  await Promise.all(Array.from({ length: 64 }, worker));
  const rate = (count * 1000) / (performance.now() - started);
  return { median: quantile(times, 0.5), p95: quantile(times, 0.95), rate };
}

/** What the disk takes for one small append with fsync, ms. */
async function fsyncTime(): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), "sotto-bench-"));
  const file = await open(join(directory, "log"), "a");
  const times = await durations(
    async () => {
      await file.write(KIB);
      await file.datasync();
    },
    { count: 200, warmup: 20 },
  );
  await file.close();
  rmSync(directory, { recursive: true, force: true });
  return quantile(times, 0.5);
}

applyPolyfill();
const { libp2pEcho } = await import("./lib/echo-libp2p.ts");

const tcp = await measureEcho(await tcpEcho());
const libp2p = await measureEcho(await libp2pEcho());
const fsync = await fsyncTime();
const pair = await startPair();
const daemons = await measureDaemons(pair).finally(() => pair.clear());

const beside = (name: string, value: number) => ({ beside: { name, value } });
const figures: Figure[] = [
  {
    name: "delivered message of 100 B, median",
    value: daemons.median,
    unit: "ms",
    ...beside("libp2p stream", libp2p.median),
  },
  { name: "  the same", value: daemons.median, unit: "ms", ...beside("raw TCP", tcp.median) },
  { name: "  the same", value: daemons.median, unit: "ms", ...beside("3 × fsync", 3 * fsync) },
  {
    name: "  95th percentile",
    value: daemons.p95,
    unit: "ms",
    ...beside("libp2p stream", libp2p.p95),
  },
  {
    name: "delivered messages, 64 at a time",
    value: daemons.rate,
    unit: "/s",
    ...beside("libp2p echoes", libp2p.rate),
  },
  {
    name: "libp2p stream, round trip of 100 B, median",
    value: libp2p.median,
    unit: "ms",
    ...beside("raw TCP", tcp.median),
  },
  {
    name: "libp2p stream, echoes of 1 KiB, 32 at a time",
    value: libp2p.rate,
    unit: "/s",
    ...beside("raw TCP", tcp.rate),
  },
];
printTable("Links on loopback", figures);
