/**
 * A bootstrap host as a process of its own, with many clients on loopback that cannot be dialled
 * themselves, so that it is asked everything: 1,000 clients (BENCH_CLIENTS sets another number),
 * each at an address of its own, in four processes. They live as people with fifty contacts do,
 * then ten times as busily; then one of them floods the host with valid records, then many do, and
 * then it has rest.
 */
import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type HostId, limits, toHex, u64, utf8 } from "../src/base/index.ts";
import { nodeCrypto } from "../src/crypto/index.ts";
import { RecordValidator, rendezvousKeys, sealRecord } from "../src/dht/index.ts";
import { BoundedDatastore, requestSubnet } from "../src/node/dht/bounded-datastore.ts";
import { systemClock } from "../src/node/util/deadline.ts";
import type { Done, Order } from "./lib/crowd.ts";
import { program } from "./lib/demo-processes.ts";
import { quantile } from "./lib/measure.ts";
import { printRows, readable } from "./lib/table.ts";

const CLIENTS = Number(process.env.BENCH_CLIENTS ?? 1000);
const WORKERS = 4;
const SPAN = 30_000;
/** Puts and gets of a person with fifty contacts. */
const PER_MINUTE = 2.4;

type Key = Parameters<BoundedDatastore["put"]>[0];

const crowd = fileURLToPath(new URL("./lib/crowd.ts", import.meta.url));
const home = mkdtempSync(join(tmpdir(), "sotto-bench-"));
const place = ["--listen", "/ip4/127.0.0.1/tcp/0", "--private-net", "--metrics", "127.0.0.1:0"];
const host = spawn(process.execPath, [program, "bootstrap", "--json", ...place], {
  env: { ...process.env, SOTTO_HOME: home },
  stdio: ["ignore", "pipe", "ignore"],
});
const workers: ChildProcess[] = [];

interface Look {
  readonly figure: (name: string) => number;
  /** ms of processor time so far. */
  readonly cpu: number;
  readonly at: number;
}

async function lookAt(metrics: string): Promise<Look> {
  const page = await (await fetch(`${metrics}/metrics`)).text();
  const stat = readFileSync(`/proc/${host.pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return {
    figure: (name) => Number(new RegExp(`^sotto_bootstrap_${name} (\\S+)$`, "m").exec(page)?.[1]),
    // In hundredths of a second on every Linux.
    cpu: (Number(stat[11]) + Number(stat[12])) * 10,
    at: performance.now(),
  };
}

async function all(orders: readonly Order[]): Promise<Done> {
  const answers = workers.map(async (worker, i): Promise<Done> => {
    const answer = once(worker, "message");
    worker.send(orders[i] as Order);
    return (await answer)[0];
  });
  const parts = await Promise.all(answers);
  return {
    connects: parts.flatMap(({ connects }) => connects),
    puts: parts.flatMap(({ puts }) => puts),
    gets: parts.flatMap(({ gets }) => gets),
    failed: parts.reduce((sum, { failed }) => sum + failed, 0),
  };
}

const ms = (values: readonly number[]): string =>
  values.length === 0
    ? ""
    : `${readable(quantile(values, 0.5))} / ${readable(quantile(values, 0.99))}`;

/**
 * MB that a process grows by when as many valid records lie in it as a host holds, from as many
 * neighbours as that takes.
 */
function fullStore(): number {
  const crypto = nodeCrypto();
  const validator = new RecordValidator(crypto.verify, () => Date.now());
  const store = new BoundedDatastore(systemClock);
  const body = { host: "12D3KooWBench" as HostId, addresses: ["/ip4/127.0.0.1/tcp/1"] };
  const memory = (): number => {
    globalThis.gc?.();
    const { external, arrayBuffers, heapUsed } = process.memoryUsage();
    return (Math.max(external, arrayBuffers) + heapUsed) / 1e6;
  };
  const before = memory();
  for (let i = 0; i < limits.recordsHeld + 10_000; i++) {
    const secret = crypto.sha256(u64(i));
    const { tag, ...keys } = rendezvousKeys(crypto, secret, "a");
    const record = sealRecord(crypto, { tag, ...keys }, body, Date.now());
    if (validator.check(tag, record).kind === "refused") throw new Error("a record is refused");
    const text = `/dht-wan/record/${toHex(tag)}`;
    const key = { bytes: utf8(text), toString: () => text } as unknown as Key;
    requestSubnet.run(`10.0.0.${i % 40}`, () => store.put(key, record));
  }
  if (store.records() !== limits.recordsHeld) throw new Error("more records are kept than may be");
  return memory() - before;
}

const rows = [
  ["", "ops/s", "failed", "put ms", "get ms", "host CPU", "RSS MB", "records", "lag ms", "KB/s"],
];
try {
  const [line] = await once(host.stdout, "data");
  const { addresses, metrics } = JSON.parse(line.toString());
  for (let i = 0; i < WORKERS; i++)
    workers.push(fork(crowd, { execArgv: ["--import", "tsx"], stdio: ["ignore", 2, 2, "ipc"] }));
  const each = Math.ceil(CLIENTS / WORKERS);
  const spread = (order: (worker: number) => Order) => workers.map((_, i) => order(i));
  const phase = async (name: string, orders: readonly Order[]): Promise<void> => {
    const before = await lookAt(metrics);
    const done = await all(orders);
    const after = await lookAt(metrics);
    const seconds = (after.at - before.at) / 1000;
    const bytes = (of: Look) => of.figure("received_bytes_total") + of.figure("sent_bytes_total");
    const count = done.connects.length + done.puts.length + done.gets.length;
    rows.push([
      name,
      readable(count / seconds),
      `${done.failed}`,
      done.connects.length > 0 ? ms(done.connects) : ms(done.puts),
      ms(done.gets),
      `${((after.cpu - before.cpu) / seconds / 10).toFixed(1)} %`,
      readable(after.figure("memory_bytes") / 1e6),
      readable(after.figure("records")),
      readable(after.figure("event_loop_lag_seconds") * 1000),
      readable((bytes(after) - bytes(before)) / seconds / 1000),
    ]);
  };
  const live = (times: number): Order => ({
    kind: "live",
    perMinute: PER_MINUTE * times,
    span: SPAN,
  });
  const connect = (i: number): Order => {
    const count = Math.max(0, Math.min(each, CLIENTS - i * each));
    return { kind: "connect", address: addresses[0], first: i * each, count };
  };
  await phase(`${CLIENTS} connect`, spread(connect));
  await phase(
    "they live",
    spread(() => live(1)),
  );
  await phase(
    "ten times as busily",
    spread(() => live(10)),
  );
  const flood = (clients: number): Order => ({ kind: "flood", clients, span: SPAN });
  await phase(
    "one floods",
    spread((i) => flood(i === 0 ? 1 : 0)),
  );
  await phase(
    "many flood",
    spread(() => flood(25)),
  );
  await phase(
    "30 s later",
    spread(() => ({ kind: "live", perMinute: 0.1, span: SPAN })),
  );
  const { figure } = await lookAt(metrics);
  printRows("A bootstrap host (put: of the first row, a connection; median / 99th of 100)", rows);
  const kept = `${figure("connections")} connections, ${readable(figure("puts_taken_total"))} puts taken, ${readable(figure("puts_refused_total"))} refused`;
  process.stdout.write(`\nAt the end: ${kept}.\n`);
  const full = readable(fullStore());
  const held = readable(limits.recordsHeld);
  process.stdout.write(
    `${held} records, and the times of their tags, take ${full} MB of memory.\n`,
  );
} finally {
  for (const worker of workers) worker.kill();
  host.kill();
  await once(host, "close");
  rmSync(home, { recursive: true, force: true });
}
