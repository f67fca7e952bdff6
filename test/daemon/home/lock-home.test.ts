import assert from "node:assert/strict";
import {
  closeSync,
  cpSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeCrypto } from "../../../src/crypto/index.ts";
import { openHome } from "../../../src/daemon/home/home.ts";
import { initHome } from "../../../src/daemon/home/init.ts";
import { lockHome } from "../../../src/daemon/home/lock-home.ts";
import { protectHome, repairHome } from "../../../src/daemon/home/maintenance.ts";
import { systemClock } from "../../../src/daemon/process/system-clock.ts";
import { keepInvisible } from "../../../src/daemon/settings/config.ts";
import { silent } from "../../../src/ports/index.ts";
import { unlockKeyring } from "../../../src/store/index.ts";
import { SCHEMA_VERSION } from "../../../src/store/layout/schema.ts";
import { dyingAt } from "../../store/dying.ts";
import { filesIn as filesOf, setVersion, temporaryDirectory } from "../../store/fixtures.ts";

const crypto = nodeCrypto();
const DRAFT = /^(.+)\.\d+\.new$/;
const HOME = ["db", "keyring", "store.key", "vault", "vault.copy", "vault.count"];

describe("taking the lock of a home in which a process died", () => {
  let home: string;
  let settings: string;
  let config: string;
  const path = (name: string): string => join(home, name);
  const draftsIn = (directory: string): string[] =>
    readdirSync(directory, { recursive: true })
      .map(String)
      .filter((name) => DRAFT.test(name));

  /** A home with an account and its settings, to be copied. */
  let base: string;
  before(async () => {
    base = temporaryDirectory();
    await initHome({ home: base, name: "Ada", noHistory: join(base, "config.json") });
  });
  after(() => rmSync(base, { recursive: true }));
  const copy = async (): Promise<void> => {
    cpSync(base, home, { recursive: true });
    renameSync(path("config.json"), config);
  };

  beforeEach(() => {
    home = temporaryDirectory();
    settings = mkdtempSync(join(tmpdir(), "sotto-settings-"));
    config = join(settings, "config.json");
  });
  afterEach(() => {
    for (const one of [home, settings]) rmSync(one, { recursive: true, force: true });
  });
  const init = (): Promise<unknown> => initHome({ home, name: "Ada", noHistory: config });
  const clear = (): void => {
    for (const one of [home, settings])
      for (const name of readdirSync(one)) rmSync(join(one, name), { recursive: true });
  };

  /** Opens the home as a new process does, with an account where there is none yet. */
  async function reopen(): Promise<void> {
    const lock = await lockHome({ home, config }, crypto);
    try {
      const { store } = await openHome(
        { directory: home, crypto, clock: systemClock, log: silent },
        {
          passphrase: async () => undefined,
          account: async () => ({ name: "Ada", protection: { kind: "key-file" } }),
        },
      );
      await store.close();
    } finally {
      await lock.release();
    }
  }

  /** The files with a plain key are the key file, and no other. */
  async function assertKeysKept(): Promise<void> {
    const storeKey = await unlockKeyring(home, undefined, crypto);
    const fileKey = readFileSync(path("store.key"));
    for (const file of readdirSync(home, { recursive: true, withFileTypes: true })) {
      if (!file.isFile()) continue;
      const bytes = readFileSync(join(file.parentPath, file.name));
      assert.ok(!bytes.includes(Buffer.from(storeKey)), file.name);
      assert.equal(bytes.includes(fileKey), file.name === "store.key", file.name);
    }
  }

  /**
   * Lets a process die at each step of a job, and expects nothing of it after the next opening.
   * @returns the files of which it left drafts.
   */
  async function dieAtEachStep(
    prepare: () => Promise<unknown>,
    job: () => Promise<unknown>,
  ): Promise<string[]> {
    const left = new Set<string>();
    for (let step = 1; ; step++) {
      clear();
      await prepare();
      const died = await dyingAt(step, job);
      for (const name of [...draftsIn(home), ...draftsIn(settings)])
        left.add(DRAFT.exec(name)?.[1] ?? "");
      await reopen();
      assert.deepEqual([...draftsIn(home), ...draftsIn(settings)], [], `step ${step}`);
      assert.deepEqual(readdirSync(home).toSorted(), HOME);
      await assertKeysKept();
      if (!died) return [...left].toSorted();
    }
  }

  it("leaves no draft of a new account's files", async function () {
    this.timeout(120_000);
    const left = await dieAtEachStep(async () => undefined, init);
    const home = ["keyring", "store.key", "vault", "vault.copy", "vault.count"];
    assert.deepEqual(left, ["config.json", ...home].toSorted());
  });

  it("leaves no draft of a change of protection", async function () {
    this.timeout(60_000);
    const left = await dieAtEachStep(copy, () =>
      protectHome({ home, current: undefined, next: { kind: "key-file" } }),
    );
    assert.deepEqual(left, ["keyring", "store.key.next"]);
  });

  it("leaves no draft of files that opening writes again", async function () {
    this.timeout(120_000);
    for (const file of ["vault", "vault.copy", "vault.count"])
      assert.deepEqual(
        await dieAtEachStep(async () => {
          await copy();
          rmSync(path(file));
        }, reopen),
        [file],
      );
  });

  it("leaves no draft of the settings", async () => {
    const left = await dieAtEachStep(copy, () => keepInvisible(config, true));
    assert.deepEqual(left, ["config.json"]);
  });

  it("leaves nothing of a repair that was not finished", async function () {
    this.timeout(120_000);
    let unfinished = 0;
    for (let step = 1; ; step++) {
      clear();
      await copy();
      rmSync(path("db/CURRENT"));
      const died = await dyingAt(step, () => repairHome({ home }));
      unfinished += Number(readdirSync(home).includes("repairing"));
      const lock = await lockHome({ home, config }, crypto);
      assert.ok(!readdirSync(home).includes("repairing"));
      await lock.release();
      if (!died) break;
    }
    assert.ok(unfinished > 10);
  });

  it("refuses a store of another version and leaves every file unchanged", async () => {
    await copy();
    await setVersion(home, SCHEMA_VERSION + 1);
    writeFileSync(path("store.key.next.7.new"), "a key");
    const before = filesOf(home);
    const refused = { code: "store-version" };
    await assert.rejects(reopen(), refused);
    await assert.rejects(repairHome({ home }), refused);
    const next = { kind: "key-file" } as const;
    await assert.rejects(protectHome({ home, current: undefined, next }), refused);
    assert.deepEqual(filesOf(home), before);
  });

  it("overwrites a draft before it removes it, and leaves files that are not its own", async () => {
    await copy();
    const mine = ["store.key.next.7.new", "vault.99999999.new", "keyring.1.new"];
    const others = ["notes.1.new", "store.key.new", "store.key.7.new.txt", "vault.7"];
    for (const name of [...mine, ...others]) writeFileSync(path(name), "a key or a note");
    const opened = mine.map((name) => openSync(path(name), "r"));
    await reopen();
    for (const file of opened) {
      const bytes = readFileSync(file);
      closeSync(file);
      assert.equal(bytes.length, "a key or a note".length);
      assert.notEqual(bytes.toString(), "a key or a note");
    }
    assert.deepEqual(readdirSync(home).toSorted(), [...HOME, ...others].toSorted());
    for (const name of others) assert.equal(readFileSync(path(name), "utf8"), "a key or a note");
  });

  it("removes nothing while another process holds the lock", async () => {
    await copy();
    const lock = await lockHome({ home }, crypto);
    writeFileSync(path("vault.7.new"), "a key");
    await assert.rejects(lockHome({ home }, crypto), { code: "node-already-running" });
    assert.equal(readFileSync(path("vault.7.new"), "utf8"), "a key");
    await lock.release();
  });
});
