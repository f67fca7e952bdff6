/**
 * A process to be killed: commits and shreds for ever, and says each commit once it was promised to
 * be on the disk.
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
    // Where nothing is due it waits for nothing, and would let nobody else have a turn.
    await setImmediate();
  }
}

await Promise.all([...["alice", "bob", "carol"].map(write), shred()]);
