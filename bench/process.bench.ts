/**
 * Whole processes: the command beside bare Node, a node from cold to listening, and what it holds
 * when idle.
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { program, startPair } from "./lib/demo-processes.ts";
import { quantile } from "./lib/measure.ts";
import { type Figure, printTable } from "./lib/table.ts";

const ROUNDS = 15;

/** ms of one whole process. */
function run(args: readonly string[], env: NodeJS.ProcessEnv = process.env): number {
  const started = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { env, encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return performance.now() - started;
}

/** Resident memory of a process in MB. */
function residentMemory(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(line?.[1]) / 1024;
}

/** ms from the start of the process to its word that it listens, in a home that has an account. */
async function coldStart(home: string): Promise<number> {
  const started = performance.now();
  const args = [program, "up", "--json", "--name", "bench", "--no-mdns"];
  const child = spawn(process.execPath, [...args, "--listen", "/ip4/127.0.0.1/tcp/0"], {
    env: { ...process.env, SOTTO_HOME: home },
    stdio: ["ignore", "pipe", "ignore"],
  });
  await new Promise((resolve, reject) => {
    child.stdout.once("data", resolve);
    child.once("close", () => reject(new Error("the node ended at once")));
  });
  const taken = performance.now() - started;
  const ended = new Promise((resolve) => child.once("close", resolve));
  child.kill("SIGTERM");
  await ended;
  return taken;
}

const pair = await startPair();
const figures: Figure[] = [];
try {
  const env = { ...process.env, SOTTO_HOME: pair.alice.home };
  const bare: number[] = [];
  const sends: number[] = [];
  const delivered: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    bare.push(run(["-e", "0"]));
    sends.push(run([program, "send", "--json", "--wait", "sent", "bob", "hi"], env));
    delivered.push(run([program, "send", "--json", "--wait", "delivered", "bob", "hi"], env));
  }
  const beside = { name: "node -e 0", value: quantile(bare, 0.5) };
  figures.push(
    { name: "sotto send, sent", value: quantile(sends, 0.5), unit: "ms", beside },
    { name: "sotto send, delivered", value: quantile(delivered, 0.5), unit: "ms", beside },
  );
  await new Promise((resolve) => setTimeout(resolve, 10_000));
  figures.push({
    name: "memory of an idle node",
    value: residentMemory(pair.alice.pid),
    unit: "MB",
  });
} finally {
  await pair.clear();
}

const home = mkdtempSync(join(tmpdir(), "sotto-bench-"));
try {
  await coldStart(home);
  const starts: number[] = [];
  for (let round = 0; round < 7; round++) starts.push(await coldStart(home));
  const bare = quantile(
    Array.from({ length: 7 }, () => run(["-e", "0"])),
    0.5,
  );
  figures.push({
    name: "sotto up, from cold to listening",
    value: quantile(starts, 0.5),
    unit: "ms",
    beside: { name: "node -e 0", value: bare },
  });
} finally {
  rmSync(home, { recursive: true, force: true });
}
printTable("Processes", figures);
