/**
 * Finding and finding again, in network namespaces of this bench alone (it needs root, `ip` and
 * `nft`, and says so without): fifty real hosts of the DHT, two daemons with addresses of their
 * own, and a hundred people (BENCH_PEOPLE sets another number). All hosts and people run in one
 * process, whose one thread is what most of the time goes to: with twelve hosts a message to
 * a user who moved takes a third of it. The first half of the users leave once they are paired.
 * No latency is added: real lines add theirs. Then an idle hour, from some minutes (BENCH_IDLE sets
 * their number), beside a daemon with one contact; and a dial of ours beside bare libp2p.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Client, createClient, resolvePaths } from "../src/api/index.ts";
import { connectTo } from "../src/cli/runtime/connect.ts";
import { readEnvironment } from "../src/cli/runtime/environment.ts";
import { down, missing, nameOf, type Spot, up } from "../test/slow/nat/lab.ts";
import { program } from "./lib/demo-processes.ts";
import { dialFigures } from "./lib/dials.ts";
import { quantile } from "./lib/measure.ts";
import type { Order } from "./lib/mesh.ts";
import { type Figure, printTable } from "./lib/table.ts";

const HOSTS = 50;
const PEOPLE = Number(process.env.BENCH_PEOPLE ?? 100);
const IDLE = Number(process.env.BENCH_IDLE ?? 5);
const ROUNDS = 5;
const SETTLE = 240_000;
const directory = mkdtempSync(join(tmpdir(), "sotto-bench-"));
const processes = new Set<ChildProcess>();

function start(spot: Spot, args: readonly string[], env: NodeJS.ProcessEnv, ipc: boolean) {
  const child = spawn("ip", ["netns", "exec", nameOf(spot), process.execPath, ...args], {
    env: { ...process.env, ...env },
    stdio: ipc ? ["ignore", "ignore", "inherit", "ipc"] : ["ignore", "pipe", "ignore"],
  });
  processes.add(child);
  // Not "close": a channel that this end has left keeps that from coming.
  child.once("exit", () => processes.delete(child));
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (!processes.has(child)) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}

class Mesh {
  readonly #child = start(
    "public",
    ["--import", "tsx", fileURLToPath(new URL("./lib/mesh.ts", import.meta.url))],
    {},
    true,
  );

  async ask<Value>(order: Order): Promise<Value> {
    const answer = once(this.#child, "message");
    this.#child.send(order);
    const [{ value, error }] = await answer;
    if (error !== undefined) throw new Error(error);
    return value;
  }

  leave(): void {
    this.#child.disconnect();
  }
}

interface Daemon {
  readonly call: Client["call"];
  readonly pid: number;
  stop(): Promise<void>;
}

async function daemon(
  name: string,
  spot: Spot,
  port: number,
  doors: readonly string[],
): Promise<Daemon> {
  const env = { SOTTO_HOME: join(directory, name) };
  const listen = ["--listen", `/ip4/0.0.0.0/tcp/${port}`, "--no-mdns"];
  const asked = doors.flatMap((address) => ["--bootstrap", address]);
  const args = [program, "up", "--json", "--name", name, ...listen, ...asked];
  const child = start(spot, args, env, false);
  const ended = once(child, "close").then(() => Promise.reject(new Error(`${name} ended at once`)));
  await Promise.race([once(child.stdout as NodeJS.ReadableStream, "data"), ended]);
  ended.catch(() => undefined);
  const around = readEnvironment();
  const { socket } = resolvePaths({ ...around, env: { ...around.env, ...env } });
  const client = createClient(await connectTo(socket));
  return {
    call: client.call,
    pid: child.pid ?? 0,
    async stop() {
      client.close();
      await end(child);
    },
  };
}

async function timed(job: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await job();
  return performance.now() - started;
}

const say = (from: Daemon, who: string) =>
  from.call("message.send", { who, text: "Are you there?", wait: "delivered", timeout: 120_000 });

/** Lets a daemon's machine move to another address of its line. */
function move(spot: "routerA", from: string, to: string): void {
  const ip = (...args: string[]) => execFileSync("ip", ["-n", nameOf(spot), ...args]);
  ip("addr", "del", `${from}/24`, "dev", "outA");
  ip("addr", "add", `${to}/24`, "dev", "outA");
  ip("route", "replace", "default", "via", "51.1.0.1");
}

interface Look {
  /** ms of processor time. */
  readonly cpu: number;
  /** Bytes over the line, both ways. */
  readonly bytes: number;
  readonly at: number;
}

function lookAt({ pid }: Daemon, spot: Spot, line: string): Look {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  const counter = (way: string) =>
    Number(
      execFileSync("ip", [
        "netns",
        "exec",
        nameOf(spot),
        "cat",
        `/sys/class/net/${line}/statistics/${way}_bytes`,
      ]),
    );
  return {
    // In hundredths of a second on every Linux.
    cpu: (Number(stat[11]) + Number(stat[12])) * 10,
    bytes: counter("rx") + counter("tx"),
    at: performance.now(),
  };
}

const HOUR = 3_600_000;
const perHour = (from: Look, to: Look, what: "cpu" | "bytes"): number =>
  ((to[what] - from[what]) * HOUR) / (to.at - from.at);

async function measure(): Promise<Figure[]> {
  const figures: Figure[] = [];
  const add = (name: string, times: readonly number[], beside?: Figure["beside"]): void => {
    process.stderr.write(`${name}: ${times.map(Math.round).join(", ")} ms\n`);
    figures.push({
      name: `${name}, median`,
      value: quantile(times, 0.5),
      unit: "ms",
      ...(beside && { beside }),
    });
    if (times.length > 1)
      figures.push({ name: "  slowest", value: Math.max(...times), unit: "ms" });
  };
  const mesh = new Mesh();
  const hosts = await mesh.ask<string[]>({ kind: "hosts", count: HOSTS, ip: "51.0.0.10" });
  const doors = hosts.slice(0, 2);
  let alice = await daemon("alice", "routerA", 4001, doors);
  let bob = await daemon("bob", "routerB", 4001, doors);
  const { link } = await alice.call("invite.create", {});
  await bob.call("contact.add", { link, wait: 60_000 });
  await say(alice, "bob");

  // Both have moved while they were off, so that nobody's last address is worth anything.
  const found: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await Promise.all([alice.stop(), bob.stop()]);
    bob = await daemon("bob", "routerB", 4100 + round, doors);
    await sleep(4_000);
    alice = await daemon("alice", "routerA", 4200 + round, doors);
    found.push(await timed(() => say(alice, "bob")));
  }
  add("send to delivered, both elsewhere since, sender just started", found);

  const again: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await bob.stop();
    const waiting = say(alice, "bob");
    const started = performance.now();
    bob = await daemon("bob", "routerB", 4300, doors);
    await waiting;
    again.push(performance.now() - started);
  }
  add("a node starts again, until what waited for it is delivered", again);

  const moved: number[] = [];
  const places = ["51.1.0.2", "51.1.0.3"] as const;
  for (let round = 0; round < ROUNDS; round++) {
    await say(alice, "bob");
    move("routerA", places[round % 2] as string, places[(round + 1) % 2] as string);
    moved.push(await timed(() => say(bob, "alice")));
  }
  add("a linked node gets another address, until a message to it is delivered", moved);

  const paired: number[] = [];
  for (let i = 0; i < PEOPLE; i++) {
    const { link } = await alice.call("invite.create", {});
    // All are one neighbour here, of whom a bootstrap host takes 64: they come in by the others.
    const bootstrap = [hosts[2 + (i % (HOSTS - 2))] as string];
    paired.push(await mesh.ask<number>({ kind: "user", ip: "51.0.0.11", link, bootstrap }));
    // A contact that is away is looked up ever more rarely: in the end every half an hour.
    if (i < PEOPLE / 2) await mesh.ask({ kind: "leave", count: 1 });
  }
  add("from add to paired, found by the invite's tag", paired);
  await sleep(SETTLE);
  const before = [lookAt(alice, "routerA", "outA"), lookAt(bob, "routerB", "outB")] as const;
  await sleep(IDLE * 60_000);
  const after = [lookAt(alice, "routerA", "outA"), lookAt(bob, "routerB", "outB")] as const;
  const one = { name: "with one contact", value: 0 };
  figures.push({
    name: `idle with ${PEOPLE + 1} contacts, half away for minutes: processor time of an hour`,
    value: perHour(before[0], after[0], "cpu") / 1000,
    unit: "s",
    beside: { ...one, value: perHour(before[1], after[1], "cpu") / 1000 },
  });
  figures.push({
    name: "  bytes of an hour, both ways",
    value: perHour(before[0], after[0], "bytes") / 2 ** 20,
    unit: "MB",
    beside: { ...one, value: perHour(before[1], after[1], "bytes") / 2 ** 20 },
  });
  await Promise.all([alice.stop(), bob.stop()]);
  mesh.leave();
  return figures;
}

const why = missing();
if (why !== undefined) process.stdout.write(`not measured here: ${why}\n`);
else
  try {
    up();
    const figures = await measure();
    figures.push(...(await dialFigures()));
    printTable(`Among ${HOSTS} hosts of the DHT`, figures);
  } finally {
    await Promise.all([...processes].map(end));
    down();
    rmSync(directory, { recursive: true, force: true });
  }
