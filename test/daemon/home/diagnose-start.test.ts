import assert from "node:assert/strict";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Paths } from "../../../src/api/index.ts";
import { SottoError } from "../../../src/base/index.ts";
import { nodeCrypto } from "../../../src/crypto/index.ts";
import { startDaemon } from "../../../src/daemon/daemon.ts";
import { diagnoseStart } from "../../../src/daemon/home/diagnose-start.ts";
import { openHome } from "../../../src/daemon/home/home.ts";
import { initHome } from "../../../src/daemon/home/init.ts";
import { reserveExitReason } from "../../../src/daemon/process/exit-reason.ts";
import { systemClock } from "../../../src/daemon/process/system-clock.ts";
import { put, rowKey } from "../../../src/messenger/model/rows.ts";
import { silent } from "../../../src/ports/index.ts";
import { acquireLock, changeProtection, createKeyring } from "../../../src/store/index.ts";

const cost = { memoryKiB: 8, passes: 1, lanes: 1 };
const LOOPBACK = "/ip4/127.0.0.1/tcp/0";

describe("daemon/home: a start that is tried without a node", () => {
  let root: string;
  let paths: Paths;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "sotto-start-"));
    const home = join(root, "home");
    paths = {
      home,
      config: join(root, "config.json"),
      socket: join(home, "sotto.sock"),
      socketDirectory: home,
    };
    set({});
  });
  afterEach(() => {
    chmodSync(root, 0o700);
    rmSync(root, { recursive: true });
  });

  function set(settings: object): void {
    const quiet = { listen: [LOOPBACK], mdns: false, portMapping: false };
    writeFileSync(paths.config, JSON.stringify({ ...quiet, ...settings }));
  }
  const init = () => initHome({ home: paths.home, name: "ann" });
  const diagnose = (passphrase?: string) => diagnoseStart({ paths, env: {}, passphrase });
  /** The code of the error with which a real start ends, or `undefined`. */
  async function start(passphrase?: string): Promise<string | undefined> {
    try {
      const daemon = await startDaemon({
        paths,
        env: {},
        overrides: {},
        answers: { passphrase: async () => passphrase, account: async () => undefined },
        writeLog: () => undefined,
        onDamage: () => undefined,
      });
      await daemon.stop();
      return undefined;
    } catch (error) {
      assert.ok(error instanceof SottoError);
      return error.code;
    }
  }
  /** Expects one error, with a remedy, and that a real start fails with the same one. */
  async function fails(topic: string, code: string, passphrase?: string): Promise<void> {
    const errors = (await diagnose(passphrase)).filter(({ state }) => state === "error");
    assert.deepEqual(
      errors.map((each) => [each.topic, each.code, (each.remedy ?? "") !== ""]),
      [[topic, code, true]],
    );
    assert.equal(await start(passphrase), code);
  }

  it("finds nothing wrong with a home that can be started, and changes nothing in it", async () => {
    await init();
    const findings = await diagnose();
    assert.deepEqual(
      findings.map(({ topic, state }) => [topic, state]),
      ["settings", "store", "socket", "listening"].map((topic) => [topic, "ok"]),
    );
    assert.equal(await start(), undefined);
  });

  it("says that there is no account yet, and creates no home", async () => {
    const [, store] = await diagnose();
    assert.deepEqual([store?.topic, store?.state], ["store", "note"]);
    assert.match(store?.remedy ?? "", /--name/);
    assert.throws(() => readFileSync(paths.home), { code: "ENOENT" });
  });

  it("says the same of a home whose creation was interrupted", async () => {
    mkdirSync(paths.home);
    await createKeyring(paths.home, { kind: "key-file" }, nodeCrypto());
    const store = (await diagnose()).find(({ topic }) => topic === "store");
    assert.deepEqual([store?.state, store?.code], ["note", undefined]);
    assert.match(store?.text ?? "", /^There is no account /);
  });

  it("fails where the home cannot be created", async () => {
    writeFileSync(join(root, "file"), "");
    paths = { ...paths, home: join(root, "file", "home") };
    const store = (await diagnose()).find(({ topic }) => topic === "store");
    assert.deepEqual([store?.state, store?.code], ["error", "system-refused"]);
  });

  it("says that the database is an older copy, which a start can open", async () => {
    await init();
    const db = join(paths.home, "db");
    const copy = join(root, "copy");
    cpSync(db, copy, { recursive: true });
    const { store: later } = await openHome(
      { directory: paths.home, crypto: nodeCrypto(), clock: systemClock, log: silent },
      { passphrase: async () => undefined, account: async () => undefined },
    );
    await later.commit([put(rowKey("session", "a"), Uint8Array.of(1))]);
    await later.shred();
    await later.close();
    rmSync(db, { recursive: true });
    cpSync(copy, db, { recursive: true });
    const store = (await diagnose()).find(({ topic }) => topic === "store");
    assert.equal(store?.state, "note");
    assert.match(store?.text ?? "", /older copy$/);
  });

  it("names the error with which a start fails", async () => {
    await init();
    set({ nothing: 1 });
    await fails("settings", "config-invalid");
    set({ networkKey: "missing.key" });
    await fails("settings", "file-unreadable");
    const taken = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => taken.once("listening", resolve));
    const address = taken.address();
    assert.ok(typeof address === "object" && address !== null);
    set({ listen: [`/ip4/127.0.0.1/tcp/${address.port}`] });
    await fails("listening", "port-in-use");
    taken.close();
    set({ listen: ["/ip4/192.0.2.1/tcp/4001"] });
    await fails("listening", "listen-failed");
    set({});
    mkdirSync(paths.socket);
    await fails("socket", "listen-failed");
    rmSync(paths.socket, { recursive: true });
    const socketDirectory = join(root, "open");
    mkdirSync(socketDirectory);
    chmodSync(socketDirectory, 0o777);
    paths = { ...paths, socketDirectory, socket: join(socketDirectory, "s.sock") };
    await fails("socket", "socket-unsafe");
  });

  it("names what is wrong with the store or its key", async () => {
    await init();
    const crypto = nodeCrypto();
    const passphrase = "a long passphrase";
    await changeProtection(paths.home, crypto, undefined, { kind: "passphrase", passphrase, cost });
    await fails("store", "passphrase-wrong", "another passphrase");
    const unopened = (await diagnose()).find(({ topic }) => topic === "store");
    assert.deepEqual([unopened?.state, unopened?.code], ["note", undefined]);
    writeFileSync(join(paths.home, "db/CURRENT"), "nothing");
    await fails("store", "store-damaged", passphrase);
    rmSync(join(paths.home, "keyring"));
    await fails("store", "store-key-missing");
    rmSync(paths.home, { recursive: true });
    writeFileSync(paths.home, "a file");
    await fails("store", "system-refused");
  });

  it("names the process that uses the home, and the error that ended the last node", async () => {
    await init();
    const reason = await reserveExitReason(paths.home);
    await reason.write(new SottoError("disk-full", "The disk is full."));
    await reason.close();
    const [, last] = await diagnose();
    assert.deepEqual([last?.state, last?.code], ["note", "disk-full"]);
    const lock = await acquireLock(paths.home);
    const store = (await diagnose()).find(({ topic }) => topic === "store");
    assert.deepEqual([store?.state, store?.code], ["error", "store-in-use"]);
    assert.match(store?.text ?? "", new RegExp(`Process ${process.pid} `));
    await lock.release();
  });
});
