import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  existsSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import fs from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { CryptoProvider } from "../../../src/crypto/index.ts";
import { silent } from "../../../src/ports/index.ts";
import {
  changeProtection,
  createKeyring,
  type Keychain,
  type Protection,
  readProtection,
  removeStaleFiles,
  systemKeychain,
  unlockKeyring,
} from "../../../src/store/index.ts";
import { dyingAt } from "../dying.ts";
import { crypto, temporaryDirectory } from "../fixtures.ts";

const REWRAPPER = fileURLToPath(new URL("./rewrapper.ts", import.meta.url));
const cost = { memoryKiB: 8, passes: 1, lanes: 1 };
const keyFile: Protection = { kind: "key-file" };
const one: Protection = { kind: "passphrase", passphrase: "one", cost };
const two: Protection = { kind: "passphrase", passphrase: "two", cost };
const inKeychain: Protection = { kind: "keychain" };
const wordOf = (protection: Protection): string | undefined =>
  protection.kind === "passphrase" ? protection.passphrase : undefined;

const CHANGES: readonly (readonly [Protection, Protection])[] = [
  [keyFile, one],
  [one, keyFile],
  [one, two],
  [keyFile, keyFile],
  [keyFile, inKeychain],
  [inKeychain, one],
  [inKeychain, keyFile],
  [inKeychain, inKeychain],
];

/** The files in a home of each kind. */
const FILES: Readonly<Record<Protection["kind"], readonly string[]>> = {
  "key-file": ["keyring", "store.key"],
  passphrase: ["keyring"],
  keychain: ["keychain.entries", "keyring"],
};

/** A keychain in memory; each change of it is a change that `alive` may refuse. */
function keychainOf(
  entries: Map<string, Uint8Array>,
  alive: () => void = () => undefined,
): Keychain {
  return {
    get: async (name) => entries.get(name)?.slice(),
    set: async (name, secret) => {
      alive();
      entries.set(name, secret.slice());
    },
    remove: async (name) => {
      alive();
      entries.delete(name);
    },
  };
}

/** The crypto provider, noting every random value that has the length of a key. */
function recordingKeys(keys: Uint8Array[]): CryptoProvider {
  const random = (length: number): Uint8Array => {
    const bytes = crypto.random(length);
    if (length === 32) keys.push(bytes.slice());
    return bytes;
  };
  return { ...crypto, random };
}

describe("changing what protects the store key", () => {
  let directory: string;
  let entries: Map<string, Uint8Array>;
  let keychain: Keychain;
  beforeEach(() => {
    directory = temporaryDirectory();
    entries = new Map();
    keychain = keychainOf(entries);
  });
  const unlocked = (word: string | undefined) =>
    unlockKeyring(directory, word, crypto, silent, keychain);
  afterEach(() => rmSync(directory, { recursive: true, force: true }));
  const path = (name: string): string => join(directory, name);
  const files = (): string[] => readdirSync(directory).toSorted();

  for (const [from, to] of CHANGES)
    it(`from ${from.kind} to ${to.kind} keeps the key, and invalidates the old protection`, async () => {
      const key = await createKeyring(directory, from, crypto, keychain);
      const held = [...entries.keys()];
      const before = new Map(
        readdirSync(directory).map((name) => [name, readFileSync(path(name))]),
      );
      await changeProtection(directory, crypto, wordOf(from), to, keychain);
      assert.equal(await readProtection(directory), to.kind);
      assert.deepEqual(await unlocked(wordOf(to)), key);
      assert.deepEqual(files(), FILES[to.kind]);
      assert.equal(entries.size, to.kind === "keychain" ? 1 : 0);
      for (const name of held) assert.ok(!entries.has(name));
      for (const [name, bytes] of before)
        if (existsSync(path(name))) assert.notDeepEqual(readFileSync(path(name)), bytes);
      if (from.kind === "passphrase" && to.kind === "passphrase")
        await assert.rejects(unlockKeyring(directory, from.passphrase, crypto), {
          code: "passphrase-wrong",
        });
    });

  it("refuses a wrong or empty passphrase and leaves the files unchanged", async () => {
    await createKeyring(directory, one, crypto);
    const before = readFileSync(path("keyring"));
    const empty: Protection = { ...two, passphrase: "" };
    await assert.rejects(changeProtection(directory, crypto, "two", keyFile), {
      code: "passphrase-wrong",
    });
    await assert.rejects(changeProtection(directory, crypto, undefined, keyFile), {
      code: "passphrase-needed",
    });
    await assert.rejects(changeProtection(directory, crypto, "one", empty), {
      code: "passphrase-needed",
    });
    assert.deepEqual(readFileSync(path("keyring")), before);
    assert.deepEqual(files(), ["keyring"]);
  });

  it("reports what is wrong with a keychain entry, and removes the name of one that was not stored", async () => {
    await createKeyring(directory, inKeychain, crypto, keychain);
    const [name = ""] = entries.keys();
    const secret = entries.get(name) as Uint8Array;
    for (const wrong of [undefined, new Uint8Array(32)]) {
      if (wrong) entries.set(name, wrong);
      else entries.delete(name);
      await assert.rejects(unlocked(undefined), { code: "store-key-missing", message: /keychain/ });
    }
    entries.set(name, secret);
    await changeProtection(directory, crypto, undefined, keyFile, keychain);
    const missing = systemKeychain("a system without one");
    const change = changeProtection(directory, crypto, undefined, inKeychain, missing);
    await assert.rejects(change, { code: "keychain-missing" });
    assert.deepEqual(files(), FILES["key-file"]);
  });

  it("overwrites the old key file and keyring in place, and leaves a hard-linked backup unchanged", async function () {
    if (process.platform === "win32") this.skip();
    await createKeyring(directory, keyFile, crypto);
    const held = ["keyring", "store.key"].map((name) => ({
      bytes: readFileSync(path(name)),
      file: openSync(path(name), "r"),
    }));
    await changeProtection(directory, crypto, undefined, one);
    for (const { bytes, file } of held) {
      const now = Buffer.alloc(bytes.length);
      readSync(file, now, 0, now.length, 0);
      closeSync(file);
      assert.notDeepEqual(now, bytes);
    }
    const backup = readFileSync(path("keyring"));
    linkSync(path("keyring"), path("backup"));
    await changeProtection(directory, crypto, "one", two);
    assert.deepEqual(readFileSync(path("backup")), backup);
  });

  for (const [from, to] of CHANGES)
    it(`from ${from.kind} to ${to.kind} leaves the old or the new protection, whenever the process dies`, async () => {
      let step = 1;
      const seen = new Set<string>();
      const drafts = new Set<string>();
      for (; ; step++) {
        rmSync(directory, { recursive: true });
        entries.clear();
        const keys: Uint8Array[] = [];
        const recording = recordingKeys(keys);
        const key = await createKeyring(directory, from, recording, keychain);
        const came = await dyingAt(step, (alive) =>
          changeProtection(directory, recording, wordOf(from), to, keychainOf(entries, alive)),
        );
        for (const name of files())
          if (name.endsWith(".new")) drafts.add(name.split(".4")[0] ?? "");
        await removeStaleFiles(directory, crypto.random);
        const tried: PromiseSettledResult<Uint8Array>[] = [];
        for (const word of [from, to].map(wordOf))
          tried.push(...(await Promise.allSettled([unlocked(word)])));
        const opened = tried.map((one) => one.status === "fulfilled");
        assert.ok(opened.includes(true), `step ${step}`);
        for (const one of tried) if (one.status === "fulfilled") assert.deepEqual(one.value, key);
        // The unlocking removed what the change left.
        const kind = (await readProtection(directory)) as Protection["kind"];
        seen.add(`${kind} ${opened}`);
        assert.deepEqual(files(), FILES[kind]);
        assert.equal(entries.size, kind === "keychain" ? 1 : 0);
        for (const name of files()) {
          const bytes = readFileSync(path(name));
          const held = keys.filter((one) => bytes.includes(Buffer.from(one)));
          assert.deepEqual(held, name === "store.key" ? [Uint8Array.from(bytes)] : [], name);
        }
        if (!came) break;
      }
      assert.ok(step > 8, `${step} steps`);
      assert.deepEqual([...drafts].toSorted(), [
        ...(to.kind === "keychain" ? ["keychain.entries"] : []),
        "keyring",
        ...(to.kind === "key-file" ? ["store.key.next"] : []),
      ]);
      if (from.kind !== to.kind) assert.ok(seen.size >= 2);
    });

  it("leaves a valid protection after a kill -9 at any moment", async function () {
    this.timeout(60_000);
    const key = await createKeyring(directory, keyFile, crypto);
    for (const lines of [1, 6]) {
      if ((await readProtection(directory)) === "passphrase")
        await changeProtection(directory, crypto, "one", keyFile);
      const child = spawn(process.execPath, ["--import", "tsx", REWRAPPER, directory], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      const closed = once(child, "close");
      let made = 0;
      child.stdout.on("data", (part: Buffer) => {
        made += part.toString().split("\n").length - 1;
        if (made >= lines) child.kill("SIGKILL");
      });
      const [, signal] = await closed;
      assert.equal(signal, "SIGKILL");
      const word = (await readProtection(directory)) === "passphrase" ? "one" : undefined;
      assert.deepEqual(await unlockKeyring(directory, word, crypto), key);
    }
  });

  it("removes a key file at the next unlocking if it cannot be removed now, and reports it", async () => {
    const key = await createKeyring(directory, one, crypto);
    // A folder in its place cannot be opened for writing.
    await fs.mkdir(path("store.key"));
    await assert.rejects(changeProtection(directory, crypto, "one", two), {
      code: "store-write-failed",
      message: /could not be removed/,
    });
    const events: string[] = [];
    assert.deepEqual(
      await unlockKeyring(directory, "two", crypto, (event) => void events.push(event)),
      key,
    );
    assert.deepEqual(events, ["store.old-key-left"]);
    await fs.rmdir(path("store.key"));
    writeFileSync(path("store.key"), "an old key");
    await unlockKeyring(directory, "two", crypto);
    assert.deepEqual(files(), ["keyring"]);
  });
});
