import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { acquireLock, lockHolder } from "../../src/store/index.ts";
import { temporaryDirectory } from "./fixtures.ts";

/** The pid of a process that has ended. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ["-e", ""]);
  await once(child, "exit");
  return child.pid as number;
}

describe("the lock of a home", () => {
  let directory: string;
  let file: string;
  beforeEach(() => {
    directory = temporaryDirectory();
    file = join(directory, "node.lock");
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it("refuses a second node and names the first, until it is released", async () => {
    const lock = await acquireLock(directory);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.equal(await lockHolder(directory), process.pid);
    await assert.rejects(acquireLock(directory), {
      code: "node-already-running",
      message: new RegExp(`process ${process.pid}\\.`),
    });
    await lock.release();
    await lock.release();
    assert.equal(await lockHolder(directory), undefined);
    await (await acquireLock(directory)).release();
    assert.deepEqual(readdirSync(directory), []);
  });

  /** Writes a lock as a process would have. */
  function plant(pid: number, boot: string, start: string): void {
    writeFileSync(file, "");
    writeFileSync(file, `${pid} ${boot} ${start} ${statSync(file).ino}\n`);
  }

  it("replaces the lock of a dead process and a file that is not a lock", async () => {
    for (const stale of [`${await deadPid()} - - 1\n`, "", "half", "0 - - 1\n", "99999999999 \n"]) {
      writeFileSync(file, stale);
      assert.equal(await lockHolder(directory), undefined);
      const lock = await acquireLock(directory);
      assert.equal(await lockHolder(directory), process.pid);
      await lock.release();
      assert.deepEqual(readdirSync(directory), []);
    }
  });

  it("replaces a lock whose pid belongs to another process now", async function () {
    const lock = await acquireLock(directory);
    const [pid, boot = "", start] = readFileSync(file, "utf8").split(" ");
    await lock.release();
    plant(Number(pid), boot, `${start}`);
    await assert.rejects(acquireLock(directory), { code: "node-already-running" });
    if (start === "-") this.skip(); // The system does not tell when a process was started.
    plant(Number(pid), boot, "1");
    await (await acquireLock(directory)).release();
    plant(Number(pid), "of-another-boot", `${start}`);
    await (await acquireLock(directory)).release();
  });

  it("replaces the lock of a process that is defunct", async function () {
    if (process.platform !== "linux") this.skip();
    // The child of `sleep` ends, and `sleep` never asks how.
    const parent = spawn("sh", ["-c", "sh -c 'echo $$' & exec sleep 600"]);
    try {
      const [text] = await once(parent.stdout, "data");
      const pid = Number(text);
      while (!/\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8")))
        await new Promise(setImmediate);
      plant(pid, "-", "-");
      assert.equal(await lockHolder(directory), undefined);
      await (await acquireLock(directory)).release();
    } finally {
      parent.kill("SIGKILL");
    }
  });

  it("does not count in a copy of a home", async () => {
    const lock = await acquireLock(directory);
    const copy = temporaryDirectory();
    copyFileSync(file, join(copy, "node.lock"));
    assert.equal(await lockHolder(copy), undefined);
    await (await acquireLock(copy)).release();
    assert.equal(await lockHolder(directory), process.pid);
    await lock.release();
    rmSync(copy, { recursive: true });
  });

  it("reports the write error if the lock cannot be written", async () => {
    writeFileSync(file, "");
    await assert.rejects(acquireLock(file), { code: "store-write-failed" });
  });

  it("leaves the lock of another process when it is released", async () => {
    const lock = await acquireLock(directory);
    writeFileSync(file, "4242 other\n");
    await lock.release();
    assert.equal(readFileSync(file, "utf8"), "4242 other\n");
  });

  it("admits one of many processes that replace a stale lock", async () => {
    for (let round = 0; round < 8; round++) {
      writeFileSync(file, `${2 ** 22 + 1} \n`);
      const children = await Promise.allSettled(
        Array.from({ length: 4 }, () => acquireLock(directory)),
      );
      const winners = children.filter(({ status }) => status === "fulfilled");
      assert.equal(winners.length, 1);
      rmSync(file);
    }
  });
});
