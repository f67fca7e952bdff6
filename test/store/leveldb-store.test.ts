import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { utf8 } from "../../src/base/index.ts";
import { acquireLock } from "../../src/store/index.ts";
import { storeSuite } from "../suites/store.ts";
import { levelPlace, openAt, temporaryDirectory, testKey } from "./fixtures.ts";

describe("the store on the disk", () => {
  storeSuite(levelPlace);

  describe("its files", () => {
    let directory: string;
    beforeEach(() => {
      directory = temporaryDirectory();
    });
    afterEach(() => rmSync(directory, { recursive: true, force: true }));

    it("contain no value, no id and no name of a table", async () => {
      const marker = "marker-of-a-secret-text";
      const owner = "marker-owner";
      const store = await openAt(directory);
      for (let at = 0; at < 20; at++)
        await store.commit([
          { kind: "put", key: { table: "message", of: owner, at }, value: utf8(marker.repeat(9)) },
          { kind: "put", key: { table: "outbox", of: owner, at }, value: utf8(marker) },
        ]);
      await store.close();
      // Opening again turns the log into tables: both kinds of file are searched.
      for (const round of ["log", "tables"]) {
        const files = readdirSync(join(directory, "db")).map((name) =>
          readFileSync(join(directory, "db", name)),
        );
        assert.ok(files.reduce((sum, { length }) => sum + length, 0) > 20 * 300, round);
        for (const needle of [marker, owner, "message", "outbox", Buffer.from(testKey)])
          assert.ok(!files.some((file) => file.includes(needle)), `${round}: ${needle}`);
        await (await openAt(directory)).close();
      }
    });

    it("are in a directory that only the owner can read", async () => {
      await (await openAt(directory)).close();
      assert.equal(statSync(join(directory, "db")).mode & 0o777, 0o700);
    });

    it("are refused to a second opening, which names the node that holds the lock", async () => {
      const store = await openAt(directory);
      await assert.rejects(openAt(directory), {
        code: "store-in-use",
        message: /^Another process/,
      });
      const lock = await acquireLock(directory);
      await assert.rejects(openAt(directory), {
        code: "store-in-use",
        message: new RegExp(`^Process ${process.pid} `),
      });
      await lock.release();
      await store.close();
      await (await openAt(directory)).close();
    });

    it("are refused to another store's key, which is not damage, and stay unchanged", async () => {
      const store = await openAt(directory);
      const row = { table: "meta", of: "", at: 0 } as const;
      await store.commit([{ kind: "put", key: row, value: utf8("kept") }]);
      await store.close();
      await assert.rejects(openAt(directory, new Uint8Array(32).fill(8)), {
        code: "store-key-missing",
      });
      const again = await openAt(directory);
      assert.deepEqual(await again.get(row), utf8("kept"));
      await again.close();
    });

    it("open after a kill at any point of their creation", async () => {
      // What LevelDB leaves before it names its first manifest, and an empty directory.
      await (await openAt(directory)).close();
      for (const name of readdirSync(join(directory, "db")))
        if (/^CURRENT$|\.(ldb|log)$/.test(name)) rmSync(join(directory, "db", name));
      await (await openAt(directory)).close();
    });
  });
});
