import assert from "node:assert/strict";
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { acquireLock } from "../../src/store/index.ts";
import { noSmallDisk, SmallDisk } from "../chaos/disk.ts";
import { build, ended, type Program, type Ran } from "./built.ts";
import { runHere } from "./in-process.ts";

/** A key of this many bytes, and as many letters and signs of a network key with its line end. */
const SEED_BYTES = 32;
const NETWORK_KEY_BYTES = 73;
const PAGE_BYTES = 4096;
/** No machine has this address (RFC 5737), so a node that is to listen there ends. */
const NOWHERE = "/ip4/192.0.2.1/tcp/4001";

describe("a machine that lacks something", function () {
  this.timeout(120_000);
  let sotto: Program;
  before(() => {
    sotto = build();
  });
  after(() => sotto.clear());

  /** Runs a command line to its end; `sh` is a line of shell with the program as "$@". */
  const inShell = (sh: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ran> =>
    new Promise((resolve) => {
      const command = ["sh", "-c", sh, "sh", process.execPath, sotto.bin, ...args];
      execFile("/usr/bin/env", command, { env }, (error, out, err) =>
        resolve({ code: error === null ? 0 : Number(error.code), out, err }),
      );
    });

  describe("a full disk", () => {
    let disk: SmallDisk;
    before(async function () {
      if (noSmallDisk() !== undefined) this.skip();
      disk = await SmallDisk.make(sotto.home("disk"), "64k");
    });
    after(() => disk?.close());

    const run = (...args: string[]): Promise<Ran> => {
      const env = sotto.env(join(disk.path, "home"));
      return inShell(`${disk.through.join(" ")} "$@"`, args, env);
    };
    /** Leaves so many pages free. */
    const leave = (pages: number): void => {
      disk.fill();
      disk.run(`truncate --size=-${pages * PAGE_BYTES} "$0/filler"`);
    };
    const isSize = (file: string, bytes: number): void =>
      disk.run(`test "$(stat -c %s "$0/${file}")" -eq ${bytes}`);

    it("leaves no part of a bootstrap node's key, and names what could not be written", async () => {
      const seed = "home/bootstrap/bootstrap.key";
      // Without a page there is no lock, with one there is no key; two are enough.
      for (const [pages, code] of [
        [0, "disk-full"],
        [1, "file-write-failed"],
        [2, "listen-failed"],
      ] as const) {
        leave(pages);
        const ran = await run("bootstrap", "--listen", NOWHERE, "--json");
        assert.equal(JSON.parse(ran.err).error.code, code);
        if (code === "listen-failed") isSize(seed, SEED_BYTES);
        else disk.run('test -z "$(ls "$0/home/bootstrap")"');
        disk.free();
      }
    });

    it("leaves no part of a network key", async () => {
      const key = join(disk.path, "net.key");
      leave(0);
      const refused = await run("net", "key", "new", key);
      assert.match(refused.err, /net\.key cannot be written/);
      // Neither the file nor a draft of it.
      disk.run('test -z "$(ls "$0" | grep net)"');
      disk.free();
      assert.equal((await run("net", "key", "new", key)).code, 0);
      isSize("net.key", NETWORK_KEY_BYTES);
    });
  });

  describe("no home directory", () => {
    const uid = 54_321;
    before(function () {
      if (process.getuid?.() !== 0) this.skip();
      chmodSync(sotto.home("."), 0o711);
    });
    const run = (...args: string[]): Promise<Ran> => {
      const { HOME, SOTTO_HOME, ...env } = sotto.env("");
      return inShell(`exec setpriv --reuid ${uid} --clear-groups "$@"`, args, env);
    };

    it("runs what needs no home, and says which setting helps", async () => {
      assert.deepEqual(await run("--version").then(({ code, err }) => [code, err]), [0, ""]);
      const ran = await run("status");
      assert.equal(ran.code, 1);
      assert.match(ran.err, /^✗ This user has no home directory\. Set SOTTO_HOME .*\n→ /);
    });
  });

  describe("a /proc that hides the processes of other users", () => {
    const uid = 54_321;
    const hidden =
      "mount -t proc -o hidepid=2 proc /proc && " +
      `setpriv --reuid ${uid} --clear-groups "$@"; exit $?`;
    before(function () {
      try {
        const args = ["--mount", "--pid", "--fork", "sh", "-c", hidden, "sh", "true"];
        execFileSync("unshare", args, { stdio: "ignore" });
      } catch {
        this.skip();
      }
      chmodSync(sotto.home("."), 0o711);
    });

    /** Runs a command in a home whose lock names process 1, of root, and was written by `owner`. */
    const withLockOf = (owner: number): Promise<Ran> => {
      const home = sotto.home(`lock-of-${owner}`);
      mkdirSync(home, { mode: 0o700 });
      const lock = join(home, "node.lock");
      writeFileSync(lock, "");
      writeFileSync(lock, `1 - - ${statSync(lock).ino}\n`);
      chownSync(home, uid, uid);
      chownSync(lock, owner, owner);
      const within = `exec unshare --mount --pid --fork sh -c '${hidden}' "$0" "$@"`;
      return inShell(within, ["init", "--name", "ann", "--quiet"], sotto.env(home));
    };

    it("does not keep the lock of a node whose pid one of them has now", async () => {
      const ran = await withLockOf(uid);
      assert.deepEqual([ran.code, ran.err], [0, ""]);
    });

    it("keeps the lock of a node that one of them runs", async () => {
      const ran = await withLockOf(0);
      assert.deepEqual([ran.code, /process 1\b/.test(ran.err)], [7, true], ran.err);
    });
  });

  it("is told by `down` which process uses a home in which no node answers", async () => {
    const home = sotto.home("silent");
    mkdirSync(home, { mode: 0o700 });
    const lock = await acquireLock(home);
    const ran = await runHere(home, ["down"]);
    assert.equal(ran.code, 7);
    assert.match(ran.err, new RegExp(`process ${process.pid} uses this home`));
    await lock.release();
    assert.equal((await runHere(home, ["down"])).code, 3);
    // A process that has died uses nothing.
    const { pid } = spawnSync("true");
    const file = join(home, "node.lock");
    writeFileSync(file, "");
    writeFileSync(file, `${pid} - - ${statSync(file).ino}\n`);
    assert.equal((await runHere(home, ["down"])).code, 3);
  });

  it("stops a node whose home was deleted, and leaves the socket of its successor", async () => {
    const home = sotto.home("deleted");
    const node = await sotto.up(home, "--name", "ann");
    const closed = once(node, "close");
    rmSync(home, { recursive: true });
    const next = await sotto.up(home, "--name", "bob");
    const [code] = await closed;
    assert.equal(code, 1);
    const status = await runHere(home, ["status", "--json"]);
    assert.equal(JSON.parse(status.out).pid, next.pid);
    assert.equal(await ended(next, "SIGTERM"), 0);
  });

  it("stops a bootstrap node whose directory was deleted", async () => {
    const home = sotto.home("deleted-bootstrap");
    const node = await sotto.up(home, "bootstrap");
    let said = "";
    node.stderr?.on("data", (text) => {
      said += text;
    });
    const closed = once(node, "close");
    rmSync(home, { recursive: true });
    const [code] = await closed;
    assert.equal(code, 1);
    assert.equal(JSON.parse(said).error.code, "home-lost");
  });

  it("makes the socket again that was deleted alone", async () => {
    const home = sotto.home("socketless");
    const node = await sotto.up(home, "--name", "ann");
    rmSync(join(home, "sotto.sock"));
    while ((await runHere(home, ["status"])).code !== 0);
    assert.equal(await ended(node, "SIGTERM"), 0);
  });

  describe("a deleted current directory", () => {
    const run = (home: string, ...args: string[]): Promise<Ran> => {
      const gone = sotto.home("gone");
      mkdirSync(gone);
      return inShell(`cd '${gone}' && rmdir '${gone}' && exec "$@"`, args, sotto.env(home));
    };

    it("runs with absolute paths, and says that relative ones have no beginning", async () => {
      const home = sotto.home("absolute");
      const made = await run(home, "init", "--name", "ann", "--quiet");
      assert.deepEqual([made.code, made.err], [0, ""]);
      assert.equal((await run(home, "status")).code, 3);
      for (const ran of [
        await run("relative", "status"),
        await run(home, "net", "key", "new", "relative.key"),
      ]) {
        assert.equal(ran.code, 1);
        assert.doesNotMatch(ran.err, /bug|\n\s+at /);
        assert.match(ran.err, /^✗ .*\n→ /);
      }
    });
  });
});
