/**
 * A process to be killed: commits and shreds forever, and prints each commit once it is
 * acknowledged.
 */
import { setImmediate } from "node:timers/promises";
import { u32 } from "../../src/base/index.ts";
import { openAt } from "./fixtures.ts";

const [directory = ""] = process.argv.slice(2);
const store = await openAt(directory);

async function write(of: string): Promise<never> {
  for (let at = (await store.list("message", of)).length; ; at++) {
    await store.commit([
      { kind: "put", key: { table: "message", of, at }, value: u32(at) },
      { kind: "put", key: { table: "session", of, at: 0 }, value: u32(at) },
      { kind: "delete", key: { table: "outbox", of, at: Math.max(0, at - 1) } },
      { kind: "put", key: { table: "outbox", of, at }, value: u32(at) },
      { kind: "delete", key: { table: "search", of, at: Math.max(0, at - 5) } },
      { kind: "put", key: { table: "search", of, at }, value: u32(at) },
    ]);
    process.stdout.write(`${of} ${at}\n`);
  }
}

async function shred(): Promise<never> {
  for (;;) {
    await store.shred();
    // With nothing due, `shred` does not wait, and would block the writers.
    await setImmediate();
  }
}

await Promise.all([...["alice", "bob", "carol"].map(write), shred()]);
