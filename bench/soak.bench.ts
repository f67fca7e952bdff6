/**
 * Memory under a long talk: two daemons, 100,000 messages of 100 B proven delivered (another number
 * comes from BENCH_SOAK), half each way, 64 at a time: more than a busy hour. Resident memory of
 * both is read on the way, and its second half held against its first.
 */
import { readFileSync } from "node:fs";
import type { Actor } from "../src/cli/demo/processes.ts";
import { startPair } from "./lib/demo-processes.ts";
import { quantile } from "./lib/measure.ts";
import { type Figure, printTable } from "./lib/table.ts";

const MESSAGES = Number(process.env.BENCH_SOAK ?? 100_000);
const AT_ONCE = 32;
const SAMPLES = 40;
const TEXT = "x".repeat(100);

/** The process's own memory in MB. LevelDB's files are mapped and no one's in particular. */
function memory({ pid }: Actor): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

const pair = await startPair();
const { alice, bob } = pair;
const samples = { alice: [] as number[], bob: [] as number[] };
try {
  let left = MESSAGES;
  const started = performance.now();
  const worker = async (from: Actor, who: string): Promise<void> => {
    while (left-- > 0) {
      await from.call("message.send", { who, text: TEXT, wait: "delivered", timeout: 60_000 });
      if (left % Math.ceil(MESSAGES / SAMPLES) === 0) {
        samples.alice.push(memory(alice));
        samples.bob.push(memory(bob));
      }
    }
  };
  await Promise.all(
    Array.from({ length: AT_ONCE }, () => [worker(alice, "bob"), worker(bob, "alice")]).flat(),
  );
  const seconds = (performance.now() - started) / 1000;
  const figures: Figure[] = [
    { name: "delivered messages, both ways together", value: MESSAGES / seconds, unit: "/s" },
  ];
  for (const [name, values] of Object.entries(samples)) {
    const half = Math.floor(values.length / 2);
    figures.push({
      name: `memory of ${name}'s node, second half, median`,
      value: quantile(values.slice(half), 0.5),
      unit: "MB",
      beside: { name: "first half", value: quantile(values.slice(1, half), 0.5) },
    });
    figures.push({ name: "  most", value: Math.max(...values), unit: "MB" });
  }
  printTable(`${MESSAGES.toLocaleString("en-US")} messages between two daemons`, figures);
} finally {
  await pair.clear();
}
