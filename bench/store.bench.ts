/**
 * A large store: opening, a page of history, single rows, and commits beside bare synced batches of
 * LevelDB with the same bytes. 100,000 messages in 1,000 conversations; another number of messages
 * comes from BENCH_MESSAGES.
 */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { toBase32, utf8 } from "../src/base/index.ts";
import type { RowKey, StoreOp, Table } from "../src/ports/index.ts";
import { openStoreIn } from "./lib/alone.ts";
import { bytesIn, runFilled } from "./lib/filled.ts";
import { durations, quantile } from "./lib/measure.ts";
import { bareDatabase, besideBareBatches } from "./lib/rates.ts";
import { type Figure, printTable } from "./lib/table.ts";

const MESSAGES = Number(process.env.BENCH_MESSAGES ?? 100_000);
const CONVERSATIONS = 1_000;
const PAGE = 50;
const CALLERS = [1, 8, 64];

const refs = Array.from(
  { length: CONVERSATIONS },
  (_, i) => `${toBase32(new Uint8Array(16).fill(7))}${i}`,
);
const refOf = (i: number): string => refs[i % CONVERSATIONS] as string;
const id = (): string => toBase32(new Uint8Array(randomBytes(16)));

const put = (table: Table, of: string, at: number, value: Uint8Array): StoreOp => ({
  kind: "put",
  key: { table, of, at },
  value,
});

/** The rows that one message leaves for good, as the messenger writes them. */
function messageOps(of: string, at: number): StoreOp[] {
  const name = id();
  const message = {
    id: name,
    direction: at % 2 === 0 ? "in" : "out",
    text: "See you at seven, then: bring the map.",
    state: at % 2 === 0 ? "received" : "read",
    sequence: at,
    lamport: 2 * at,
    parents: [id()],
    sentAt: 1_760_000_000_000 + at,
  };
  return [
    put("message", of, at, utf8(JSON.stringify(message))),
    put("message-id", name, 0, utf8(JSON.stringify({ ref: of, at }))),
  ];
}

/**
 * The rows that a message changes beside its own: contact and session, and one that waits in the
 * outbox.
 */
const standing = { contact: randomBytes(900), session: randomBytes(900), outbox: randomBytes(700) };

/** What a text that is sent writes: five rows. */
function sendOps(of: string, at: number): StoreOp[] {
  return [
    ...messageOps(of, at),
    put("outbox", of, at, standing.outbox),
    put("contact", of, 0, standing.contact),
    put("session", of, 0, standing.session),
  ];
}

/** Conversations that grow side by side, some messages at a time. */
async function fill(directory: string): Promise<void> {
  const store = await openStoreIn(directory);
  for (const of of refs)
    await store.commit([
      put("contact", of, 0, standing.contact),
      put("session", of, 0, standing.session),
    ]);
  const each = Math.ceil(MESSAGES / CONVERSATIONS);
  const burst = 20;
  for (let from = 1; from <= each; from += burst)
    for (let first = 0; first < CONVERSATIONS; first += burst) {
      const ops: StoreOp[] = [];
      for (const of of refs.slice(first, first + burst))
        for (let at = from; at < Math.min(from + burst, each + 1); at++)
          ops.push(...messageOps(of, at));
      await store.commit(ops);
    }
  await store.close();
}

/**
 * The process's own memory in MB. Linux tells it apart from LevelDB's files, which are mapped and
 * no one's in particular.
 */
function memory(): number {
  if (process.platform !== "linux") return process.memoryUsage.rss() / 2 ** 20;
  const status = readFileSync("/proc/self/status", "utf8");
  return Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

/** What the rows of a sent text come to on the disk. */
const SENT = [296, 104, 1064, 1064, 1064];

/** Lets LevelDB drop what later batches made void: how much of that lies about is chance. */
async function compact(directory: string): Promise<void> {
  const database = bareDatabase(join(directory, "db"));
  await database.open();
  // Of the implementation behind `level`; its types name only what every platform has.
  const native = database as unknown as {
    compactRange(from: Uint8Array, to: Uint8Array): Promise<void>;
  };
  await native.compactRange(new Uint8Array(1), new Uint8Array(1).fill(0xff));
  await database.close();
}

async function measure(directory: string): Promise<void> {
  const each = Math.ceil(MESSAGES / CONVERSATIONS);
  const figures: Figure[] = [];
  const add = (name: string, value: number, unit: string): void =>
    void figures.push({ name, value, unit });
  const perMessage = (): number => bytesIn(join(directory, "db")) / MESSAGES;
  add("bytes on the disk for a message, as written", perMessage(), "B");
  await compact(directory);
  add("bytes on the disk for a message, compacted", perMessage(), "B");
  const bare = memory();
  const opens = await durations(async () => (await openStoreIn(directory)).close(), { count: 3 });
  add("open and close", quantile(opens, 0.5), "ms");
  const store = await openStoreIn(directory);
  add("own memory that opening takes", memory() - bare, "MB");

  let conversation = 0;
  const lastPage = (): Promise<unknown> =>
    store.list("message", refOf(conversation++), { reverse: true, limit: PAGE });
  const first = await durations(lastPage, { count: CONVERSATIONS - 100, warmup: 100 });
  add(`last ${PAGE} of a conversation, first time, median`, quantile(first, 0.5), "ms");
  add(`last ${PAGE} of a conversation, first time, p99`, quantile(first, 0.99), "ms");
  const again = await durations(lastPage, { count: CONVERSATIONS });
  add(`last ${PAGE} of a conversation, again, median`, quantile(again, 0.5), "ms");
  const anywhere = (): Promise<unknown> =>
    store.get({
      table: "message",
      of: refOf(Math.floor(Math.random() * CONVERSATIONS)),
      at: 1 + Math.floor(Math.random() * each),
    });
  const gets = await durations(anywhere, { count: 20_000 });
  add("get, anywhere, median", 1000 * quantile(gets, 0.5), "µs");
  add("get, anywhere, p99", 1000 * quantile(gets, 0.99), "µs");
  const strange = (): Promise<unknown> => store.get({ table: "message-id", of: id(), at: 0 });
  const misses = await durations(strange, { count: 2_000 });
  add("get of an unknown id, median", 1000 * quantile(misses, 0.5), "µs");
  add("get of an unknown id, p99", 1000 * quantile(misses, 0.99), "µs");
  let next = MESSAGES;
  figures.push(
    ...(await besideBareBatches({
      name: "commits",
      callers: CALLERS,
      call: (caller) => store.commit(sendOps(refOf(caller), ++next)),
      rows: SENT,
      directory,
    })),
  );
  const shredding = async (op: StoreOp): Promise<void> => {
    await store.commit([op]);
    await store.shred();
  };
  await store.shred();
  let removed = 0;
  const removing = (): Promise<void> => {
    const key: RowKey = { table: "message", of: refOf(removed++), at: 1 };
    return shredding({ kind: "delete", key });
  };
  const removals = await durations(removing, { count: 50 });
  add("deleting a message, and shredding it", quantile(removals, 0.5), "ms");
  const turning = (): Promise<void> =>
    shredding(put("session", refOf(removed++), 0, standing.session));
  const turns = await durations(turning, { count: 50 });
  add("changing a session, and shredding what it was", quantile(turns, 0.5), "ms");
  add("own memory after all this", memory(), "MB");
  await store.close();
  printTable(
    `Store, ${MESSAGES.toLocaleString("en-US")} messages in ${CONVERSATIONS} conversations`,
    figures,
  );
}

await runFilled({ bench: import.meta.url, fill, measure });
