/**
 * Messages committed through the whole path of a messenger over LevelDB, beside the disk's own limit: bare synced batches of as many
 * rows and bytes, in the same run. Many contacts write and are written to at once, so that one sync takes the changes of many.
 */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Level } from "level";
import { accountId } from "../src/base/index.ts";
import { nodeCrypto } from "../src/crypto/index.ts";
import { putContact } from "../src/messenger/book.ts";
import { newContact } from "../src/messenger/contact.ts";
import { createAccount, createMessenger } from "../src/messenger/index.ts";
import { type Rendezvous, silent, type Transport } from "../src/ports/index.ts";
import { openStore } from "../src/store/index.ts";
import { quantile } from "./lib/measure.ts";
import { type Figure, printTable } from "./lib/table.ts";

const CONTACTS = 256;
const CALLERS = [1, 8, 64, 256];
const RATE_TIME = 1_500;
const ROUNDS = 3;
const TEXT = "See you at seven, then: bring the map.";

const crypto = nodeCrypto();
const clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after: (ms: number, job: () => void) => {
    const timer = setTimeout(job, ms).unref();
    return () => clearTimeout(timer);
  },
};

/** A network that nobody is on: what is written is committed, and waits. */
const nobody: Transport & Rendezvous = {
  host: "12D3KooWbench" as never,
  addresses: () => [],
  dial: () => Promise.reject(new Error("nobody")),
  onChannel: () => undefined,
  onAddresses: () => undefined,
  onCall: () => undefined,
  publish: () => Promise.resolve(0),
  async *lookup() {},
  peers: () => 0,
  onPeer: () => undefined,
};

async function rate(callers: number, call: (caller: number) => Promise<unknown>): Promise<number> {
  const started = performance.now();
  const until = started + RATE_TIME;
  let count = 0;
  const worker = async (_: unknown, caller: number): Promise<void> => {
    while (performance.now() < until) {
      await call(caller);
      count++;
    }
  };
  await Promise.all(Array.from({ length: callers }, worker));
  return (count * 1000) / (performance.now() - started);
}

const directory = mkdtempSync(join(tmpdir(), "sotto-bench-"));
try {
  const store = await openStore({
    directory,
    key: new Uint8Array(32).fill(1),
    crypto,
    log: silent,
  });
  await createAccount({ crypto, store, clock }, { name: "bench" });
  for (let i = 0; i < CONTACTS; i++) {
    const account = accountId.from(crypto.random(32));
    const fields = {
      account,
      name: `c${i}`,
      named: true,
      role: "a",
      pairing: "confirmed",
    } as const;
    await store.commit([putContact(newContact(crypto, 0, fields))]);
  }
  // What one message commits, so that the bare batches have as many rows of as many bytes.
  const rows: number[] = [];
  const watched: typeof store = Object.create(store, {
    get: { value: store.get.bind(store) },
    list: { value: store.list.bind(store) },
    all: { value: store.all.bind(store) },
    commit: {
      value: (ops: Parameters<typeof store.commit>[0]) => {
        if (rows.length === 0)
          for (const op of ops) rows.push(op.kind === "put" ? op.value.length + 65 : 25);
        return store.commit(ops);
      },
    },
  });
  const messenger = await createMessenger({
    crypto,
    store: watched,
    transport: nobody,
    rendezvous: nobody,
    clock,
    log: silent,
  });
  await messenger.send("c0", TEXT);
  const bare = new Level<Uint8Array, Uint8Array>(join(directory, "bare"), {
    keyEncoding: "view",
    valueEncoding: "view",
    compression: false,
  });
  const values = rows.map((size) => new Uint8Array(randomBytes(size)));
  const theirs = () =>
    bare.batch(
      values.map((value) => ({ type: "put", key: new Uint8Array(randomBytes(25)), value })),
      { sync: true },
    );
  const ours = (caller: number) => messenger.send(`c${caller % CONTACTS}`, TEXT);
  const figures: Figure[] = [];
  for (const callers of CALLERS) {
    const found: { readonly ours: number; readonly theirs: number }[] = [];
    for (let round = 0; round < ROUNDS; round++)
      found.push({ theirs: await rate(callers, theirs), ours: await rate(callers, ours) });
    figures.push({
      name: `messages committed, ${callers} contact${callers === 1 ? "" : "s"} at a time`,
      value: quantile(
        found.map((one) => one.ours),
        0.5,
      ),
      unit: "/s",
      beside: {
        name: "bare synced batches",
        value: quantile(
          found.map((one) => one.theirs),
          0.5,
        ),
      },
    });
  }
  await messenger.stop();
  await bare.close();
  await store.close();
  printTable("Through the whole path to the disk", figures);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
