/** A process to be killed: commits for ever, and says each commit once it was promised to be on the disk. */
import { u32 } from "../../src/base/index.ts";
import { openAt } from "./place.ts";

const [directory = ""] = process.argv.slice(2);
const store = await openAt(directory);

async function write(of: string): Promise<never> {
  for (let at = (await store.list("message", of)).length; ; at++) {
    await store.commit([
      { kind: "put", key: { table: "message", of, at }, value: u32(at) },
      { kind: "put", key: { table: "session", of, at: 0 }, value: u32(at) },
      { kind: "delete", key: { table: "outbox", of, at: Math.max(0, at - 1) } },
      { kind: "put", key: { table: "outbox", of, at }, value: u32(at) },
    ]);
    process.stdout.write(`${of} ${at}\n`);
  }
}

await Promise.all(["alice", "bob", "carol"].map(write));
