import assert from "node:assert/strict";
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isZero, toHex, u32 } from "../../src/base/index.ts";
import type { CryptoProvider } from "../../src/crypto/index.ts";
import { type RowKey, type StoreOp, silent, type Table } from "../../src/ports/index.ts";
import { GROUPS } from "../../src/store/encryption/key-groups.ts";
import { decodeVault, encodeVault } from "../../src/store/encryption/key-vault.ts";
import {
  changeProtection,
  createKeyring,
  type DiskStore,
  type Keychain,
  openStore,
  repairStore,
  systemKeychain,
  unlockKeyring,
} from "../../src/store/index.ts";
import { allocations, holding } from "../secrets/allocations.ts";
import { dyingAt } from "./dying.ts";
import { crypto, openAt, temporaryDirectory, testKey } from "./fixtures.ts";

/** Lengths of what is no key: checksums and sets of groups (16), and the root row (56). */
const PUBLIC = [16, 56];

/** Watches every secret that the store gets from the crypto provider or uses as a key. */
class Secrets {
  readonly #seen = new Map<Uint8Array, { kind: string; hex: string }>();
  readonly #keys = new Set<string>();
  readonly crypto: CryptoProvider = {
    ...crypto,
    random: (length) => {
      const bytes = crypto.random(length);
      return length === 32 ? this.#note("random", bytes) : bytes;
    },
    hkdf: (salt, ikm, info, length) => {
      this.#use(ikm);
      return this.#note("derived", crypto.hkdf(salt, ikm, info, length));
    },
    hmac: (key, data) => {
      this.#use(key);
      return crypto.hmac(key, data);
    },
    sealX: (key, nonce, plaintext, bound) => {
      this.#use(key);
      this.#keys.add(toHex(plaintext));
      return crypto.sealX(key, nonce, this.#note("plaintext", plaintext), bound);
    },
    openX: (key, nonce, sealed, bound) => {
      this.#use(key);
      const plaintext = crypto.openX(key, nonce, sealed, bound);
      return plaintext && this.#note("opened", plaintext);
    },
  };

  /**
   * Kinds of the arrays that still hold their bytes, with their number.
   * @param given to the caller, who owns them.
   */
  left(given: readonly (Uint8Array | undefined)[] = []): Record<string, number> {
    const owned = new Set(given);
    const counts: Record<string, number> = {};
    for (const [bytes, { kind, hex }] of this.#seen) {
      if (isZero(bytes) || owned.has(bytes) || PUBLIC.includes(bytes.length)) continue;
      // Random bytes that were never a key overwrite files.
      if (kind.startsWith("random") && !this.#keys.has(hex)) continue;
      const name = `${kind} ${bytes.length}`;
      counts[name] = (counts[name] ?? 0) + 1;
    }
    return counts;
  }

  get count(): number {
    return this.#seen.size;
  }

  #use(key: Uint8Array): void {
    this.#keys.add(toHex(key));
    this.#note("key", key);
  }

  /** Notes an array, and every slice of it. */
  #note(kind: string, bytes: Uint8Array): Uint8Array {
    if (this.#seen.has(bytes)) return bytes;
    this.#seen.set(bytes, { kind, hex: toHex(bytes) });
    const slice = (start?: number, end?: number): Uint8Array =>
      this.#note(
        `slice of ${kind.replace("slice of ", "")}`,
        Uint8Array.prototype.slice.call(bytes, start, end),
      );
    Object.defineProperty(bytes, "slice", { value: slice, configurable: true });
    return bytes;
  }
}

const key = (table: Table, of: string, at = 0): RowKey => ({ table, of, at });
const value = (fill: number): Uint8Array => new Uint8Array(50).fill(fill);
const put = (at: RowKey, fill: number): StoreOp => ({ kind: "put", key: at, value: value(fill) });
const groupKeys = (): Uint8Array[] => Array.from({ length: GROUPS }, () => crypto.random(32));
const remove = (at: RowKey): StoreOp => ({ kind: "delete", key: at });
const rows: readonly RowKey[] = (
  ["identity", "meta", "contact", "session", "outbox", "message", "search", "event"] as const
).flatMap((table) => [
  key(table, "alice"),
  key(table, "alice", 1),
  key(table, "alice", 300),
  key(table, "bob"),
]);

describe("keys of the store", () => {
  let directory: string;
  let secrets: Secrets;
  beforeEach(() => {
    directory = temporaryDirectory();
    secrets = new Secrets();
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));
  const open = (from = directory): Promise<DiskStore> =>
    openStore({ directory: from, key: testKey, crypto: secrets.crypto, log: silent });
  const left = (given: readonly (Uint8Array | undefined)[] = []) =>
    secrets.left([testKey, ...given]);

  it("are overwritten when a store that wrote, read, checked and shredded is closed", async () => {
    const given: (Uint8Array | undefined)[] = [];
    for (let round = 1; round <= 3; round++) {
      const store = await open();
      await store.commit(rows.map((row) => put(row, round)));
      for (const row of rows) given.push(await store.get(row));
      await store.commit([remove(key("message", "alice")), remove(key("search", "bob"))]);
      await store.commit([put(key("session", "alice"), round + 10)]);
      // Reads and commits concurrent with the shredding.
      const reads = rows.map((row) => store.list(row.table, row.of));
      const shredding = store.shred();
      await store.commit([put(key("message", "carol", round), round)]);
      given.push(...(await store.all("session")));
      for (const found of await Promise.all(reads)) given.push(...found.map((row) => row.value));
      await shredding;
      // A page that loses all of its rows.
      await store.commit([remove(key("message", "carol", round))]);
      await store.shred();
      assert.deepEqual((await store.check()).damaged, []);
      await store.close();
      assert.deepEqual(left(given), {});
    }
    assert.ok(secrets.count > 1_000);
  });

  it("are kept while a read uses them that began before they were replaced", async () => {
    const store = await open();
    await store.commit([...Array(300).keys()].map((i) => put(key("event", `of ${i}`), 1)));
    // The check reads them before the events, and the shredding not at all: it is done sooner.
    await store.commit([...Array(12_000).keys()].map((at) => put(key("message", "alice", at), 1)));
    await store.commit([remove(key("event", "of 0"))]);
    const checking = store.check();
    await store.shred();
    assert.deepEqual((await checking).damaged, []);
    await store.close();
    assert.deepEqual(left(), {});
  });

  it("are overwritten when opening fails", async () => {
    await (await open()).close();
    const wrong = testKey.with(0, 1);
    const again = openStore({ directory, key: wrong, crypto: secrets.crypto, log: silent });
    await assert.rejects(again, { code: "store-key-missing" });
    assert.deepEqual(left([wrong]), {});
    for (const file of ["vault", "vault.copy"]) rmSync(join(directory, file));
    await assert.rejects(open(), { code: "store-damaged" });
    assert.deepEqual(left([wrong]), {});
  });

  it("are overwritten when a shredding that was interrupted is finished", async () => {
    const store = await open();
    await store.commit(rows.map((row) => put(row, 1)));
    await store.commit([remove(key("message", "alice"))]);
    await store.close();
    const copy = temporaryDirectory();
    for (let step = 1; ; step++) {
      rmSync(copy, { recursive: true });
      cpSync(directory, copy, { recursive: true });
      const died = await dyingAt(step, async () => {
        const dying = await open(copy);
        await dying.shred().finally(() => dying.close());
      });
      await (await open(copy)).close();
      assert.deepEqual(left(), {}, `step ${step}`);
      if (!died) break;
    }
    rmSync(copy, { recursive: true });
  });

  it("are overwritten when the cache drops pages while a batch is built", async () => {
    const store = await open();
    const owners = [...Array(600).keys()];
    await store.commit(owners.map((i) => put(key("message", `of ${i}`), 1)));
    await store.commit(owners.flatMap((i) => (i % 3 ? remove(key("message", `of ${i}`)) : [])));
    await store.shred();
    await store.commit(owners.map((i) => put(key("message", `of ${i}`), 2)));
    assert.deepEqual((await store.check()).damaged, []);
    await store.close();
    assert.deepEqual(left(), {});
  });

  it("are overwritten when a commit was refused that needed new ones", async () => {
    const store = await open();
    await store.commit([put(key("session", "alice"), 1)]);
    await store.commit([put(key("session", "alice"), 2)]);
    rmSync(join(directory, "vault"));
    mkdirSync(join(directory, "vault"));
    await assert.rejects(store.shred(), { code: "store-write-failed" });
    const refused = store.commit([put(key("message", "carol"), 1)]);
    await assert.rejects(refused, { code: "store-write-failed" });
    await store.close();
    assert.deepEqual(left(), {});
  });

  it("are overwritten when a vault opens and its numbers are wrong", () => {
    const state = { generation: 1, commits: 1, keys: groupKeys(), next: new Map() };
    const bytes = encodeVault(crypto, testKey, state);
    const wrong: CryptoProvider = {
      ...secrets.crypto,
      openX: (...args) => secrets.crypto.openX(...args)?.fill(0xff, 0, 8),
    };
    assert.deepEqual(decodeVault(wrong, testKey, bytes), { kind: "damaged" });
    assert.ok(secrets.count > GROUPS);
    assert.deepEqual(left(), {});
  });

  it("are overwritten when a repair is done", async () => {
    const store = await open();
    await store.commit(rows.map((row) => put(row, 1)));
    await store.close();
    rmSync(join(directory, "db/CURRENT"));
    await repairStore({
      directory,
      key: testKey,
      crypto: secrets.crypto,
      log: silent,
      aside: "damaged",
      leaveOut: ["session"],
      reconcile: async (repaired) =>
        void (await repaired.commit([{ kind: "put", key: key("meta", "n"), value: u32(1) }])),
    });
    assert.deepEqual(left(), {});
  });

  it("are overwritten when the store key was wrapped or unwrapped, whatever the result", async () => {
    const cost = { memoryKiB: 8, passes: 1, lanes: 1 };
    const passphrase = { kind: "passphrase", passphrase: "one", cost } as const;
    const empty = { ...passphrase, passphrase: "" };
    const refused = { code: "passphrase-needed" };
    await assert.rejects(createKeyring(directory, empty, secrets.crypto), refused);
    const made = await createKeyring(directory, { kind: "key-file" }, secrets.crypto);
    const change = (current: string | undefined, next: Parameters<typeof createKeyring>[1]) =>
      changeProtection(directory, secrets.crypto, current, next);
    await assert.rejects(change(undefined, empty), refused);
    await change(undefined, passphrase);
    await assert.rejects(unlockKeyring(directory, "two", secrets.crypto), {
      code: "passphrase-wrong",
    });
    const key = await unlockKeyring(directory, "one", secrets.crypto);
    assert.deepEqual(left([made, key]), {});
  });

  it("are overwritten when a keychain protects the store key, or is missing", async () => {
    const entries = new Map<string, Uint8Array>();
    const keychain: Keychain = {
      get: async (name) => entries.get(name)?.slice(),
      set: async (name, secret) => void entries.set(name, Uint8Array.from(secret)),
      remove: async (name) => void entries.delete(name),
    };
    const kind = { kind: "keychain" } as const;
    const missing = createKeyring(directory, kind, secrets.crypto, systemKeychain("none"));
    await assert.rejects(missing, { code: "keychain-missing" });
    assert.deepEqual(left(), {});
    const made = await createKeyring(directory, kind, secrets.crypto, keychain);
    const key = await unlockKeyring(directory, undefined, secrets.crypto, silent, keychain);
    assert.deepEqual(key, made);
    assert.deepEqual(left([made, key]), {});
  });
});

describe("copies of rows", () => {
  it("are overwritten when a commit that waited for a shredding is written", async () => {
    const directory = temporaryDirectory();
    const store = await openAt(directory);
    await store.commit(rows.map((row) => put(row, 1)));
    await store.commit([remove(key("message", "alice"))]);
    const secret = crypto.random(50);
    const { arrays } = await allocations(async () => {
      const shredding = store.shred();
      await store.commit([{ kind: "put", key: key("message", "dave"), value: secret }]);
      await shredding;
    });
    assert.ok(arrays.length > 0);
    assert.deepEqual(holding(arrays, secret), []);
    await store.close();
    rmSync(directory, { recursive: true });
  });
});
