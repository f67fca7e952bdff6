import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { accountId } from "../../../src/base/index.ts";
import { entropyToWords, nodeCrypto } from "../../../src/crypto/index.ts";
import { openOffline } from "../../../src/daemon/home/offline-store.ts";
import { requireNoAccount, restoreHome } from "../../../src/daemon/home/restore.ts";
import { sealBackup } from "../../../src/messenger/account/backup.ts";
import { createKeyring, openStore } from "../../../src/store/index.ts";
import type { Backup } from "../../../src/wire/index.ts";

const crypto = nodeCrypto();
const entropy = crypto.random(32);
const backup: Backup = {
  madeAt: 1,
  name: "alice",
  contacts: [
    {
      account: accountId.from(crypto.random(32)),
      name: "bob",
      named: true,
      addedAt: 2,
      pairing: "confirmed",
      verified: true,
      blocked: false,
      changedAccount: undefined,
      role: "a",
      chain: { offset: 5, epoch: 20_000, root: crypto.random(32) },
      device: undefined,
      invite: undefined,
      addresses: [],
    },
  ],
  invites: [],
  bootstrap: [
    "/ip4/203.0.113.9/tcp/4001/p2p/12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5",
    "no address of this version",
  ],
};
const file = sealBackup(crypto, entropy, backup);

describe("daemon/restore", () => {
  let root: string;
  let paths: { readonly home: string; readonly config: string };
  let words: string;
  before(async () => {
    words = await entropyToWords(entropy);
  });
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "sotto-restore-"));
    paths = { home: join(root, "home"), config: join(root, "settings/config.json") };
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const contacts = async (passphrase?: string) => {
    const opened = await openOffline(paths, passphrase);
    try {
      const account = await opened.call("account.show", {});
      const list = await opened.call("contact.list", {});
      return { account, names: list.contacts.map(({ name, verified }) => [name, verified]) };
    } finally {
      await opened.close();
    }
  };

  it("restores the account with contacts and bootstrap nodes, with a new device each time", async () => {
    const restored = await restoreHome({ paths, file, words });
    assert.deepEqual(restored, { name: "alice", madeAt: 1, contacts: 1 });
    const first = await contacts();
    assert.deepEqual(first.names, [["bob", true]]);
    assert.deepEqual(JSON.parse(readFileSync(paths.config, "utf8")).bootstrap, [
      backup.bootstrap[0],
    ]);
    rmSync(paths.home, { recursive: true });
    await restoreHome({ paths, file, words });
    const second = await contacts();
    assert.equal(second.account.account, first.account.account);
    assert.notEqual(second.account.device, first.account.device);
  });

  it("refuses a home that has an account, and changes nothing there", async () => {
    await requireNoAccount(paths);
    await restoreHome({ paths, file, words });
    await assert.rejects(requireNoAccount(paths), { code: "account-exists" });
    const other = { ...backup, name: "other", contacts: [], bootstrap: [] };
    const again = { paths, words, file: sealBackup(crypto, entropy, other) };
    await assert.rejects(restoreHome(again), { code: "account-exists" });
    const { account, names } = await contacts();
    assert.equal(account.name, "alice");
    assert.equal(names.length, 1);
  });

  it("protects the database key with a given passphrase", async () => {
    await assert.rejects(restoreHome({ paths, file, words, passphrase: "short" }), {
      code: "passphrase-weak",
    });
    await restoreHome({ paths, file, words, passphrase: "of the new store" });
    await assert.rejects(contacts(), { code: "passphrase-needed" });
    assert.deepEqual((await contacts("of the new store")).names, [["bob", true]]);
  });

  it("refuses whatever is wrong by its code, before anything is written", async () => {
    const twisted = words.split(" ").reverse().join(" ");
    const foreign = await entropyToWords(crypto.random(32));
    for (const [code, given] of [
      ["backup-malformed", { file: new Uint8Array(9), words }],
      ["backup-damaged", { file: file.slice(0, 9000), words }],
      ["backup-damaged", { file: file.with(777, (file[777] as number) ^ 1), words }],
      ["words-invalid", { file, words: twisted }],
      ["words-invalid", { file, words: "abandon" }],
      ["backup-foreign", { file, words: foreign }],
    ] as const) {
      await assert.rejects(restoreHome({ paths, ...given }), { code });
      assert.ok(!existsSync(paths.home) && !existsSync(paths.config), code);
    }
  });

  it("names settings that it cannot read, and leaves no account behind", async () => {
    const here = { home: paths.home, config: join(root, "config.json") };
    writeFileSync(here.config, "{");
    await assert.rejects(restoreHome({ paths: here, file, words }), { code: "config-invalid" });
    rmSync(here.config);
    await restoreHome({ paths: here, file, words });
  });

  it("continues where an earlier one was killed: after the key, and after the empty store", async () => {
    for (const made of ["key", "store"]) {
      const key = await createKeyring(paths.home, { kind: "key-file" }, crypto);
      if (made === "store") {
        const onDamage = () => undefined;
        const log = () => undefined;
        const store = await openStore({ directory: paths.home, key, crypto, log, onDamage });
        await store.close();
      }
      await requireNoAccount(paths);
      await restoreHome({ paths, file, words });
      assert.deepEqual((await contacts()).names, [["bob", true]]);
      rmSync(paths.home, { recursive: true });
    }
  });
});
