import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readU32, SottoError, u32 } from "../../src/base/index.ts";
import type { StoreOp } from "../../src/ports/index.ts";
import { openAt, temporaryDirectory } from "./fixtures.ts";

const WRITER = fileURLToPath(new URL("./writer.ts", import.meta.url));

/**
 * Runs the writer until it has acknowledged a number of commits, kills it, and says what it
 * acknowledged.
 */
async function writeAndKill(directory: string, commits: number): Promise<Map<string, number>> {
  const child = spawn(process.execPath, ["--import", "tsx", WRITER, directory], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const closed = once(child, "close");
  let text = "";
  let lines = 0;
  child.stdout.setEncoding("utf8");
  child.stdout.on("data", (part: string) => {
    text += part;
    lines += part.split("\n").length - 1;
    if (lines >= commits) child.kill("SIGKILL");
  });
  const [, signal] = await closed;
  assert.equal(signal, "SIGKILL");
  const acknowledged = new Map<string, number>();
  for (const line of text.split("\n").slice(0, -1)) {
    const [of = "", at = ""] = line.split(" ");
    acknowledged.set(of, Number(at));
  }
  return acknowledged;
}

/** Where the machine lets us make a small disk: Linux, as root. */
function mountSmallDisk(directory: string, size: string): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", directory], {
      stdio: "ignore",
    });
    return true;
  } catch {
    return false;
  }
}

describe("store crashes", () => {
  let directory: string;
  beforeEach(() => {
    directory = temporaryDirectory();
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it("keeps every acknowledged commit complete after kill -9", async function () {
    this.timeout(60_000);
    for (let round = 0; round < 5; round++) {
      const acknowledged = await writeAndKill(directory, 1 + round * 60);
      assert.ok(acknowledged.size > 0);
      const store = await openAt(directory);
      for (const [of, last] of acknowledged) {
        const rows = await store.list("message", of);
        assert.ok(rows.length > last, `${of}: ${last} was acknowledged, ${rows.length} are there`);
        assert.ok(rows.every(({ at, value }, i) => at === i && readU32(value) === i));
        const session = await store.get({ table: "session", of, at: 0 });
        assert.equal(session && readU32(session), rows.length - 1);
        const outbox = await store.list("outbox", of);
        assert.deepEqual(
          outbox.map(({ at }) => at),
          [rows.length - 1],
        );
        const search = await store.list("search", of);
        const kept = rows.slice(-5).map(({ at }) => at);
        assert.deepEqual(
          search.map(({ at, value }) => [at, readU32(value)]),
          (rows.length > 5 ? kept : kept.slice(Number(rows.length > 1))).map((at) => [at, at]),
        );
      }
      assert.equal(store.rolledBack, false);
      assert.deepEqual((await store.check()).damaged, []);
      await store.close();
    }
  });

  it("stops writing on a full disk, continues reading, and reopens with what was committed", async function () {
    if (!mountSmallDisk(directory, "2m")) {
      console.log("      skipped: this machine does not let us mount a small disk");
      this.skip();
    }
    try {
      const put = (at: number): StoreOp => ({
        kind: "put",
        key: { table: "message", of: "alice", at },
        value: new Uint8Array(20_000).fill(at),
      });
      const store = await openAt(directory);
      let written = 0;
      let fault: unknown;
      while (fault === undefined && written < 200)
        await store.commit([put(written)]).then(
          () => written++,
          (error: unknown) => {
            fault = error;
          },
        );
      assert.ok(fault instanceof SottoError && fault.code === "disk-full");
      assert.equal(await store.failed, fault);
      execFileSync("mount", ["-o", "remount,size=16m", directory]);
      // There is space again, and yet it is refused because what is on the disk is no longer known.
      const small: StoreOp = { ...put(0), key: { table: "meta", of: "", at: 0 } };
      await assert.rejects(store.commit([small]), { code: "disk-full" });
      await assert.rejects(store.commit([small]), { code: "disk-full" });
      assert.equal((await store.list("message", "alice")).length, written);
      await store.close();

      const again = await openAt(directory);
      const rows = await again.list("message", "alice");
      // The batch that failed may be there or not (LevelDB wrote some of it), but never a part of
      // it.
      assert.ok(rows.length === written || rows.length === written + 1);
      assert.ok(rows.every(({ at, value }) => value.every((byte) => byte === at % 256)));
      assert.equal(await again.get(small.key), undefined);
      await again.commit([small]);
      await again.close();
    } finally {
      // Lazily: a test that failed may have left the store open.
      execFileSync("umount", ["-l", directory]);
    }
  });

  it("stops writing when the disk fills during a key rotation, and loses nothing", async function () {
    if (!mountSmallDisk(directory, "2m")) {
      console.log("      skipped: this machine does not let us mount a small disk");
      this.skip();
    }
    try {
      const filler = join(directory, "filler");
      const put = (at: number): StoreOp => ({
        kind: "put",
        key: { table: "message", of: "alice", at },
        value: new Uint8Array(20_000).fill(at),
      });
      // First for the rows, then for a missing file of the vault.
      for (const round of [0, 1]) {
        const store = await openAt(directory);
        await store.commit([1, 2, 3].map(put));
        await store.commit([{ kind: "delete", key: put(1).key }]);
        if (round === 1) rmSync(join(directory, "vault"));
        assert.throws(() => writeFileSync(filler, new Uint8Array(4 << 20)), { code: "ENOSPC" });
        await assert.rejects(store.shred(), { code: "disk-full" });
        rmSync(filler);
        await assert.rejects(store.shred(), { code: "disk-full" });
        await assert.rejects(store.commit([put(4)]), { code: "disk-full" });
        assert.equal((await store.list("message", "alice")).length, 2);
        await store.close();
        const again = await openAt(directory);
        assert.equal(again.rolledBack, false);
        assert.deepEqual((await again.check()).damaged, []);
        assert.equal((await again.list("message", "alice")).length, 2);
        await again.shred();
        assert.equal((await again.list("message", "alice")).length, 2);
        await again.close();
      }
    } finally {
      execFileSync("umount", ["-l", directory]);
    }
  });

  it("stops writing when the vault cannot be written, and continues reading", async () => {
    const store = await openAt(directory);
    const session: StoreOp = {
      kind: "put",
      key: { table: "session", of: "alice", at: 0 },
      value: u32(1),
    };
    await store.commit([session]);
    await store.commit([session]);
    rmSync(join(directory, "vault"));
    mkdirSync(join(directory, "vault"));
    await assert.rejects(store.shred(), { code: "store-write-failed" });
    await assert.rejects(store.commit([session]), { code: "store-write-failed" });
    assert.deepEqual(await store.get(session.key), u32(1));
    await store.close();
    rmSync(join(directory, "vault"), { recursive: true });
    const again = await openAt(directory);
    await again.shred();
    assert.deepEqual(await again.get(session.key), u32(1));
    await again.close();
  });
});
