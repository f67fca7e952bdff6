/**
 * What a contact can cost: two daemons on loopback, of which one sends 280 texts of 64 KiB of words
 * that occur nowhere else, as fast as its link takes them, and then 200 edits of 4 KB. In the
 * meantime a local program calls the other daemon 20 times a second. Beside it: the same calls to an
 * idle daemon. Before frames, index and skipped keys were bounded, this bench had a median of 15.4 s,
 * a 99th percentile of 45.0 s and 987 MB under texts.
 */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { startPair } from "./lib/demo-processes.ts";
import { quantile } from "./lib/measure.ts";
import { type Figure, printTable } from "./lib/table.ts";

const TEXTS = 280;
const EDITS = 200;
/** The node is measured for this long, ms. */
const TIME = 60_000;
const PAUSE = 50;

/** Text of random words of seven letters. */
function rareWords(bytes: number): string {
  const letters = randomBytes(bytes);
  return Array.from(letters, (byte, i) =>
    i % 8 === 7 ? " " : String.fromCharCode(97 + (byte % 26)),
  ).join("");
}

/** MiB of memory that a process has. */
function memoryOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

const { alice, bob, clear } = await startPair();
try {
  const { pid } = bob;
  const { message: first } = await bob.call("message.find", { id: "alice/last" });
  /** Calls bob's daemon until the time is over. @returns the times of the calls, ms. */
  const callFor = async (ms: number) => {
    const calls: Promise<number>[] = [];
    let memory = 0;
    for (const end = performance.now() + ms; performance.now() < end; await sleep(PAUSE)) {
      const started = performance.now();
      const call =
        calls.length % 2 === 0
          ? bob.call("message.find", { id: first.id })
          : bob.call("contact.list", {});
      calls.push(call.then(() => performance.now() - started));
      memory = Math.max(memory, memoryOf(pid));
    }
    return { times: (await Promise.all(calls)).sort((a, b) => a - b), memory };
  };
  // Made before, so that this process is not what the calls wait for.
  const texts = Array.from({ length: TEXTS }, () => rareWords(64 * 1024));
  const idle = await callFor(TIME / 4);
  const sender = async (): Promise<void> => {
    for (let text = texts.pop(); text !== undefined; text = texts.pop())
      await alice.call("message.send", { who: "bob", text });
  };
  const sent = Promise.all(Array.from({ length: 8 }, sender));
  const flood = await callFor(TIME);
  await sent;
  const { message } = await alice.call("message.send", {
    who: "bob",
    text: rareWords(4_000),
    wait: "delivered",
    timeout: 600_000,
  });
  const edits = (async () => {
    for (let i = 0; i < EDITS; i++)
      await alice.call("message.edit", { id: message.id, text: rareWords(4_000) });
  })();
  const edited = await callFor(TIME / 4);
  await edits;
  const beside = (name: string, value: number) => ({ beside: { name, value } });
  const rows = (name: string, times: readonly number[]): Figure[] =>
    ([0.5, 0.99, 1] as const).map((q) => ({
      name: `local call under ${name}, ${q === 1 ? "longest" : q === 0.5 ? "median" : "p99"}`,
      value: quantile(times, q),
      unit: "ms",
      ...beside("idle", quantile(idle.times, q)),
    }));
  printTable("A flood by a contact", [
    ...rows("texts", flood.times),
    ...rows("edits", edited.times),
    {
      name: "memory under texts, highest",
      value: flood.memory,
      unit: "MB",
      ...beside("idle", idle.memory),
    },
  ]);
} finally {
  await clear();
}
