/**
 * What a link is held against: round trips and rates of raw TCP and of a bare libp2p stream, on loopback, both ends in
 * this process.
 */
import { randomBytes } from "node:crypto";
import { applyPolyfill } from "../src/node/polyfill.ts";
import { type Echo, echoRate } from "./lib/echo.ts";
import { tcpEcho } from "./lib/echo-tcp.ts";
import { durations, quantile } from "./lib/measure.ts";
import { type Figure, printTable } from "./lib/table.ts";

const SMALL = new Uint8Array(randomBytes(100));
const KIB = new Uint8Array(randomBytes(1024));

/** Median and 95th percentile of a round trip of 100 B in ms, and messages of 1 KiB a second, 32 at a time. */
async function measure(echo: Echo): Promise<{ median: number; p95: number; rate: number }> {
  const times = await durations(() => echo.roundTrip(SMALL), { count: 2_000, warmup: 500 });
  await echoRate(echo, KIB, { count: 5_000, window: 32 });
  const rate = await echoRate(echo, KIB, { count: 20_000, window: 32 });
  await echo.close();
  return { median: quantile(times, 0.5), p95: quantile(times, 0.95), rate };
}

applyPolyfill();
const { libp2pEcho } = await import("./lib/echo-libp2p.ts");

const tcp = await measure(await tcpEcho());
const libp2p = await measure(await libp2pEcho());

const beside = (value: number) => ({ beside: { name: "raw TCP", value } });
const figures: Figure[] = [
  {
    name: "libp2p stream, round trip of 100 B, median",
    value: libp2p.median,
    unit: "ms",
    ...beside(tcp.median),
  },
  { name: "  95th percentile", value: libp2p.p95, unit: "ms", ...beside(tcp.p95) },
  {
    name: "libp2p stream, echoes of 1 KiB, 32 at a time",
    value: libp2p.rate,
    unit: "/s",
    ...beside(tcp.rate),
  },
];
printTable("Links on loopback", figures);
