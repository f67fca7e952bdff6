import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
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

  it("replaces the lock of a dead process and a file that is not a lock", async () => {
    for (const stale of [`${await deadPid()} \n`, "", "half", "0 \n", "99999999999 \n"]) {
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
    const text = readFileSync(file, "utf8");
    await lock.release();
    if (/^\d+ \n$/.test(text)) this.skip(); // The system does not tell when a process was started.
    writeFileSync(file, text.replace(/\d+\n$/, "1\n"));
    await (await acquireLock(directory)).release();
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
