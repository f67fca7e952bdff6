/**
 * Runs in a namespace: a whole node with nothing but mDNS, which is told over standard input what
 * to do.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { MethodName } from "../../../src/api/index.ts";
import { type Daemon, startDaemon } from "../../../src/daemon/index.ts";

const name = process.argv[2] ?? "somebody";
const home = await mkdtemp(join(tmpdir(), "sotto-lan-"));
let daemon: Daemon | undefined;

async function start(): Promise<void> {
  daemon = await startDaemon({
    paths: {
      home,
      config: join(home, "config.json"),
      socket: join(home, "socket"),
      socketDirectory: home,
    },
    env: {},
    overrides: {},
    answers: {
      passphrase: async () => undefined,
      account: async () => ({ name, protection: { kind: "key-file" } }),
    },
    writeLog: (line) => process.stderr.write(line),
    onDamage: () => undefined,
  });
}

async function run(method: string, params: object): Promise<unknown> {
  if (method === "start") return start();
  if (method === "stop") return daemon?.stop();
  return daemon?.call(method as MethodName, params as never);
}

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line) as { id: number; method: string; params: object };
  void (async () => {
    let reply: object;
    try {
      reply = { value: (await run(method, params)) ?? null };
    } catch (error) {
      reply = { error: error instanceof Error ? error.message : "failed" };
    }
    process.stdout.write(`${JSON.stringify({ id, ...reply })}\n`);
  })();
}
await daemon?.stop();
await rm(home, { recursive: true });
process.exit(0);
