import assert from "node:assert/strict";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { concat, utf8 } from "../../../src/base/index.ts";
import type { RowKey, StoreOp, Table } from "../../../src/ports/index.ts";
import {
  decodeVault,
  encodeVault,
  type VaultState,
} from "../../../src/store/encryption/key-vault.ts";
import { VAULT_FILES } from "../../../src/store/encryption/key-vault-files.ts";
import { type DiskStore, openStore } from "../../../src/store/index.ts";
import { readCounter } from "../../../src/store/integrity/rollback-counter.ts";
import { deriveKeys } from "../../../src/store/layout/schema.ts";
import { dyingAt } from "../dying.ts";
import { crypto, openAt, temporaryDirectory, testKey } from "../fixtures.ts";
import { everythingThatOpens, vaultPlace, vaultStates } from "./attacker.ts";

const key = (table: Table, of: string, at = 0): RowKey => ({ table, of, at });
const put = (at: RowKey, text: string): StoreOp => ({ kind: "put", key: at, value: utf8(text) });
const remove = (at: RowKey): StoreOp => ({ kind: "delete", key: at });
const textOf = (value: Uint8Array | undefined): string | undefined =>
  value && Buffer.from(value).toString();

const FILES = [...VAULT_FILES, "vault.count"] as const;
const damaged = (message: RegExp): object => ({ code: "store-damaged", message });

describe("the key vault", () => {
  /** A store whose keys have turned once, and the same before that. */
  let older: string;
  let base: string;
  let directory: string;

  const path = (name: string): string => join(directory, name);
  const change = (name: string, edit: (bytes: Uint8Array) => Uint8Array): void =>
    writeFileSync(path(name), edit(Uint8Array.from(readFileSync(path(name)))));
  const flip = (at: number) => (bytes: Uint8Array) =>
    bytes.with(at, (bytes[at] as number) ^ (1 << (at % 8)));
  const take = (from: string, ...names: string[]): void => {
    for (const name of names) {
      rmSync(path(name), { recursive: true, force: true });
      cpSync(join(from, name), path(name), { recursive: true });
    }
  };
  /** Opens the directory, and says which files the log named. */
  const open = async (): Promise<{ store: DiskStore; named: string[] }> => {
    const named: string[] = [];
    const store = await openStore({
      directory,
      key: testKey,
      crypto,
      log: (event, fields) => {
        if (event === "store.file-damaged") named.push(`${fields?.file} ${fields?.state}`);
      },
    });
    return { store, named };
  };
  /** What is in the store: message 2, and the session; or the code of the fault. */
  const read = async (): Promise<unknown[]> => {
    const { store } = await open();
    try {
      return [
        textOf(await store.get(key("message", "alice", 2))),
        textOf(await store.get(key("contact", "alice"))),
        textOf(await store.get(key("session", "alice"))),
        store.rolledBack,
        (await store.check()).damaged.join(),
      ];
    } finally {
      await store.close();
    }
  };
  const whole = ["text 2", "contact", "session 3", false, ""];

  before(async () => {
    base = temporaryDirectory();
    older = temporaryDirectory();
    const store = await openAt(base);
    await store.commit([1, 2, 3].map((at) => put(key("message", "alice", at), `text ${at}`)));
    await store.commit([put(key("contact", "alice"), "contact")]);
    await store.commit([put(key("session", "alice"), "session 1")]);
    await store.commit([put(key("session", "alice"), "session 2")]);
    await store.close();
    cpSync(base, older, { recursive: true });
    const again = await openAt(base);
    await again.commit([put(key("session", "alice"), "session 3")]);
    await again.shred();
    await again.close();
  });
  after(() => {
    for (const one of [base, older]) rmSync(one, { recursive: true });
  });
  beforeEach(() => {
    directory = temporaryDirectory();
    cpSync(base, directory, { recursive: true });
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it("writes two files of fixed size that reveal no key, and detects every changed byte", async () => {
    const [bytes, copy] = VAULT_FILES.map((name) => Uint8Array.from(readFileSync(path(name))));
    assert.ok(bytes && copy);
    assert.equal(bytes.length, 8_273);
    assert.equal(copy.length, 8_273);
    assert.notDeepEqual(bytes, copy);
    const { key: vaultKey } = vaultPlace(directory);
    const kind = (some: Uint8Array): string => decodeVault(crypto, vaultKey, some).kind;
    assert.equal(kind(bytes), "whole");
    for (let at = 0; at < bytes.length; at++) assert.equal(kind(flip(at)(bytes)), "damaged");
    for (const length of [0, 1, 7, 8, 9, 8_272])
      assert.equal(kind(bytes.subarray(0, length)), "damaged");
    assert.equal(decodeVault(crypto, testKey, bytes).kind, "foreign");
    const body = bytes.slice(0, -8).with(0, 2);
    const newer = concat(body, crypto.sha256(body).subarray(0, 8));
    assert.throws(() => kind(newer), { code: "store-version" });
    for (const state of await vaultStates(directory))
      for (const groupKey of state?.keys ?? [])
        assert.ok(!Buffer.from(bytes).includes(Buffer.from(groupKey)));
  });

  for (const file of FILES)
    it(`repairs ${file} if it is missing, cut or changed, and loses nothing`, async () => {
      const { length } = readFileSync(path(file));
      const edits: [string, () => void][] = [
        ["missing", () => rmSync(path(file))],
        ["damaged", () => change(file, (bytes) => bytes.slice(0, -1))],
        ["damaged", () => change(file, () => new Uint8Array())],
        ...[0, 1, 9, length >> 1, length - 1].map((at): [string, () => void] => [
          "damaged",
          () => change(file, flip(at)),
        ]),
      ];
      for (const [found, edit] of edits) {
        edit();
        const { store, named } = await open();
        await store.close();
        assert.deepEqual(named, [`${file} ${found}`]);
        assert.deepEqual(await read(), whole);
      }
      // While the store is open.
      for (const [, edit] of edits) {
        const { store, named } = await open();
        assert.deepEqual(named, []);
        edit();
        assert.deepEqual((await store.check()).damaged, [file]);
        assert.deepEqual((await store.check()).damaged, []);
        await store.close();
      }
      assert.deepEqual(await read(), whole);
    });

  it("detects every changed byte of the counter", async () => {
    const place = { directory, crypto, key: deriveKeys(crypto, testKey).count };
    const bytes = Uint8Array.from(readFileSync(path("vault.count")));
    assert.equal(typeof (await readCounter(place)), "number");
    for (let at = 0; at < bytes.length; at++) {
      writeFileSync(path("vault.count"), flip(at)(bytes));
      assert.equal(await readCounter(place), "damaged");
    }
  });

  it("refuses to open without both files, and names them", async () => {
    for (const name of VAULT_FILES) rmSync(path(name));
    await assert.rejects(
      open(),
      damaged(/vault is damaged: neither the file vault nor vault\.copy/),
    );
    take(base, "vault.copy");
    change("vault.copy", flip(100));
    await assert.rejects(open(), damaged(/key vault is damaged/));
  });

  it("distinguishes the vault of another store from a damaged one", async () => {
    const other = temporaryDirectory();
    await (await openAt(other, new Uint8Array(32).fill(9))).close();
    take(other, "vault");
    const { store, named } = await open();
    await store.close();
    assert.deepEqual(named, ["vault foreign"]);
    assert.deepEqual(await read(), whole);
    take(other, ...VAULT_FILES);
    await assert.rejects(open(), damaged(/key vault is damaged/));
    rmSync(other, { recursive: true });
  });

  it("refuses a vault older than the database, and repairs one older file next to a newer one", async () => {
    for (const name of VAULT_FILES) {
      take(older, name);
      assert.deepEqual(await read(), whole);
    }
    take(older, ...VAULT_FILES);
    await assert.rejects(open(), damaged(/key vault is older than the database/));
  });

  it("refuses to create a new store where only the vault exists", async () => {
    rmSync(path("db"), { recursive: true });
    await assert.rejects(open(), damaged(/database of the store is missing/));
  });

  describe("next to an older database", () => {
    it("reports it until the first commit, and deletes the sessions whose keys were destroyed", async () => {
      take(older, "db");
      const expected = ["text 2", "contact", undefined, true, ""];
      assert.deepEqual(await read(), expected);
      assert.deepEqual(await read(), expected);
      const { store } = await open();
      await store.commit([put(key("session", "alice"), "session 4")]);
      await store.close();
      assert.deepEqual(await read(), ["text 2", "contact", "session 4", false, ""]);
    });

    it("reports it for a database whose keys still exist", async () => {
      cpSync(older, directory, { recursive: true, force: true });
      const { store } = await open();
      assert.equal(store.rolledBack, false);
      await store.commit([put(key("session", "alice"), "session 3")]);
      await store.close();
      take(older, "db");
      assert.deepEqual(await read(), ["text 2", "contact", "session 2", true, ""]);
      // By the counter alone: without it nothing is known.
      rmSync(path("vault.count"));
      assert.deepEqual((await read())[3], false);
    });

    it("distinguishes it from the database of a killed process", async () => {
      const { store } = await open();
      await store.commit([put(key("session", "alice"), "session 4")]);
      const killed = temporaryDirectory();
      cpSync(directory, killed, { recursive: true });
      await store.close();
      rmSync(directory, { recursive: true });
      directory = killed;
      assert.deepEqual(await read(), ["text 2", "contact", "session 4", false, ""]);
      take(base, "db");
      assert.deepEqual((await read())[3], true);
    });

    it("refuses a database with other rows whose keys were destroyed", async () => {
      const { store } = await open();
      await store.commit([remove(key("message", "alice", 1))]);
      await store.shred();
      await store.close();
      assert.deepEqual(await read(), whole);
      take(base, "db");
      await assert.rejects(open(), damaged(/"message"\. Copy both from the same backup/));
    });
  });

  for (const [what, spoil] of [
    ["a shred", () => undefined],
    ["the repair of vault", () => change("vault", flip(100))],
  ] as const)
    it(`opens with every row wherever ${what} is interrupted`, async function () {
      this.timeout(60_000);
      let step = 1;
      for (; ; step++) {
        rmSync(directory, { recursive: true });
        cpSync(base, directory, { recursive: true });
        const store = await openAt(directory);
        await store.commit([put(key("session", "alice"), "session 4")]);
        await store.commit([remove(key("message", "alice", 3))]);
        await store.close();
        spoil();
        const came = await dyingAt(step, async () => {
          const dying = await openAt(directory);
          await dying.shred().finally(() => dying.close());
        });
        assert.deepEqual(await read(), ["text 2", "contact", "session 4", false, ""], `${step}`);
        if (!came) break;
      }
      assert.ok(step > 12, `${step} steps`);
    });

  describe("after an interrupted change", () => {
    let unshredded: string;
    before(async () => {
      unshredded = temporaryDirectory();
      cpSync(base, unshredded, { recursive: true });
      const store = await openAt(unshredded);
      await store.commit([put(key("session", "alice"), "session 4")]);
      await store.commit([remove(key("message", "alice", 1))]);
      await store.close();
    });
    after(() => rmSync(unshredded, { recursive: true }));

    it("opens with every row at each step, finishes the rotation, and leaves no key for old rows", async () => {
      const done = temporaryDirectory();
      cpSync(unshredded, done, { recursive: true });
      const store = await openAt(done);
      await store.shred();
      await store.close();
      const [old] = await vaultStates(unshredded);
      const [fresh] = await vaultStates(done);
      assert.ok(old && fresh);
      const next = new Map(
        fresh.keys.flatMap((made, group) =>
          Buffer.compare(made, old.keys[group] as Uint8Array) === 0 ? [] : [[group, made]],
        ),
      );
      assert.equal(next.size, 2);
      const states = { old, both: { ...old, next }, new: fresh };
      const { key: vaultKey } = vaultPlace(directory);
      const torn = (state: VaultState): Uint8Array => {
        const bytes = encodeVault(crypto, vaultKey, state);
        bytes.fill(0, 4_096);
        return bytes;
      };
      type Step = [from: "before" | "done", vault: Uint8Array, copy: Uint8Array];
      const bytes = (which: keyof typeof states): Uint8Array =>
        encodeVault(crypto, vaultKey, states[which]);
      const steps: Step[] = [
        ["before", torn(states.both), bytes("old")],
        ["before", bytes("both"), bytes("old")],
        ["before", bytes("both"), torn(states.both)],
        ["before", bytes("both"), bytes("both")],
        ["done", bytes("both"), bytes("both")],
        ["done", torn(states.new), bytes("both")],
        ["done", bytes("new"), bytes("both")],
        ["done", bytes("new"), torn(states.new)],
      ];
      for (const [index, [from, vault, copy]] of steps.entries()) {
        rmSync(directory, { recursive: true });
        cpSync(from === "before" ? unshredded : done, directory, { recursive: true });
        writeFileSync(path("vault"), vault);
        writeFileSync(path("vault.copy"), copy);
        const { store: survivor } = await open();
        assert.deepEqual((await survivor.check()).damaged, [], `step ${index}`);
        await survivor.shred();
        await survivor.close();
        assert.deepEqual(await read(), ["text 2", "contact", "session 4", false, ""], `${index}`);
        const [one, two] = await vaultStates(directory);
        assert.deepEqual(one, two);
        assert.equal(one?.next.size, 0);
        const opened = await everythingThatOpens([base, unshredded, done, directory], directory);
        for (const shredded of ["text 1", "session 3"])
          assert.ok(!opened.has(shredded), `step ${index}`);
        assert.ok(opened.has("session 4"));
      }
      rmSync(done, { recursive: true });
    });
  });
});
