import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { accountId } from "../../../src/base/index.ts";
import { entropyToWords, nodeCrypto } from "../../../src/crypto/index.ts";
import { openHome } from "../../../src/daemon/home/home.ts";
import { openOffline } from "../../../src/daemon/home/offline-store.ts";
import { restoreHome } from "../../../src/daemon/home/restore.ts";
import { systemClock } from "../../../src/daemon/process/system-clock.ts";
import { sealBackup } from "../../../src/messenger/account/backup.ts";
import type { Contact } from "../../../src/messenger/model/contact.ts";
import { decodeRow } from "../../../src/messenger/model/rows.ts";
import { putContact } from "../../../src/messenger/state/contact-store.ts";
import { silent } from "../../../src/ports/index.ts";

const crypto = nodeCrypto();
const entropy = crypto.random(32);

describe("daemon/home: the store without a node", () => {
  let root: string;
  let paths: { readonly home: string; readonly config: string };
  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), "sotto-offline-"));
    paths = { home: join(root, "home"), config: join(root, "config.json") };
    const bob = {
      account: accountId.from(crypto.random(32)),
      name: "bob",
      named: true,
      addedAt: 2,
      pairing: "confirmed" as const,
      verified: true,
      blocked: false,
      changedAccount: undefined,
      role: "a" as const,
      chain: { offset: 5, epoch: 20_000, root: crypto.random(32) },
      device: undefined,
      invite: undefined,
      addresses: [],
    };
    const backup = { madeAt: 1, name: "alice", contacts: [bob], invites: [], bootstrap: [] };
    const file = sealBackup(crypto, entropy, backup);
    await restoreHome({ paths, file, words: await entropyToWords(entropy) });
  });
  afterEach(() => rmSync(root, { recursive: true }));

  /** Opens the store as a node does, changes the contact, and returns it as it was stored. */
  async function contactRow(change: Partial<Contact> = {}): Promise<Contact> {
    const { store } = await openHome(
      { directory: paths.home, crypto, clock: systemClock, log: silent },
      { passphrase: async () => undefined, account: async () => undefined },
    );
    try {
      const [row] = await store.all("contact");
      assert.ok(row);
      const contact = decodeRow<Contact>(row);
      await store.commit([putContact({ ...contact, ...change })]);
      return contact;
    } finally {
      await store.close();
    }
  }

  it("answers what reads it, and refuses what changes messages or contacts", async () => {
    const offline = await openOffline(paths, undefined);
    try {
      assert.equal((await offline.call("account.show", {})).name, "alice");
      assert.equal((await offline.call("contact.show", { who: "bo" })).contact.name, "bob");
      assert.deepEqual((await offline.call("message.list", { who: "bob" })).messages, []);
      assert.deepEqual((await offline.call("message.search", { query: "x" })).hits, []);
      for (const call of [
        offline.call("message.markRead", { who: "bob" }),
        offline.call("message.send", { who: "bob", text: "hi" }),
        offline.call("contact.rename", { who: "bob", name: "rob" }),
        offline.call("event.follow", { name: "bot" }),
        offline.call("node.status", {}),
      ])
        await assert.rejects(call, { code: "node-not-running" });
    } finally {
      await offline.close();
    }
    assert.equal((await contactRow()).name, "bob");
  });

  it("refuses a second process while it is open", async () => {
    const offline = await openOffline(paths, undefined);
    await assert.rejects(openOffline(paths, undefined), { code: "node-already-running" });
    await offline.close();
    await (await openOffline(paths, undefined)).close();
  });

  it("keeps when contacts were last connected if the settings say so, as a node does", async () => {
    await contactRow({ lastSeen: 7 });
    writeFileSync(paths.config, JSON.stringify({ lastSeen: true, receipts: false }));
    const offline = await openOffline(paths, undefined);
    const [shown] = (await offline.call("contact.list", {})).contacts;
    await offline.close();
    assert.deepEqual([shown?.lastSeen, shown?.receipts], [7, false]);
    assert.equal((await contactRow()).lastSeen, 7);
  });
});
