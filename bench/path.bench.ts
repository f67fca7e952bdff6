/**
 * Messages committed through the whole path of a messenger over LevelDB, beside the disk's own
 * limit: bare synced batches of as many rows and bytes, in the same run. Many contacts write and
 * are written to at once, so that one sync takes the changes of many.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { accountId } from "../src/base/index.ts";
import { createAccount } from "../src/messenger/index.ts";
import { newContact } from "../src/messenger/model/contact.ts";
import { putContact } from "../src/messenger/state/contact-store.ts";
import { clock, crypto, messengerOver, openStoreIn } from "./lib/alone.ts";
import { besideBareBatches } from "./lib/rates.ts";
import { printTable } from "./lib/table.ts";

const CONTACTS = 256;
const CALLERS = [1, 8, 64, 256];
const TEXT = "See you at seven, then: bring the map.";

const directory = mkdtempSync(join(tmpdir(), "sotto-bench-"));
try {
  const store = await openStoreIn(directory);
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
  const messenger = await messengerOver(watched);
  await messenger.send("c0", TEXT);
  const figures = await besideBareBatches({
    name: "messages committed",
    callers: CALLERS,
    call: (caller) => messenger.send(`c${caller % CONTACTS}`, TEXT),
    rows,
    directory,
  });
  await messenger.stop();
  await store.close();
  printTable("Through the whole path to the disk", figures);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
