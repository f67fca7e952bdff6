import assert from "node:assert/strict";
import { cpSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readU32 } from "../../src/base/index.ts";
import { openStore } from "../../src/store/index.ts";
import { crypto, editRows, openAt, type RawRows, temporaryDirectory, testKey } from "./place.ts";
import { assertMigrated, assertWhole, V1 } from "./v1.ts";

describe("a store of version 1", () => {
  let directory: string;
  const at = (name: string): string => join(directory, name);
  beforeEach(() => {
    directory = temporaryDirectory();
    cpSync(V1, directory, { recursive: true });
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it("opens with everything, says so once, and is of version 2 from then on", async () => {
    const events: string[] = [];
    const log = (event: string): void => void events.push(event);
    for (let time = 0; time < 2; time++) {
      const store = await openStore({ directory, key: testKey, crypto, log });
      await assertWhole(store);
      await store.close();
    }
    assert.deepEqual(
      events.filter((event) => event !== "store.opened"),
      ["store.migrated"],
    );
    const schema = (await editRows(directory)).get("00".repeat(25));
    assert.equal(schema && readU32(schema), 2);
    await assertMigrated(directory);
  });

  it("can be shredded like any other", async () => {
    const store = await openAt(directory);
    await store.commit([{ kind: "delete", key: { table: "message", of: "alice", at: 7 } }]);
    await store.shred();
    assert.equal((await store.list("message", "alice")).length, 299);
    assert.deepEqual((await store.check()).damaged, []);
    await store.close();
  });

  it("keeps its damage: what was lost or changed is missed as before, and no more than that", async () => {
    const firsts = (rows: RawRows): string[] =>
      [...rows.keys()].filter((name) => name.startsWith("06")).slice(0, 2);
    const edits: Parameters<typeof editRows>[1][] = [
      (rows) => firsts(rows).map((name) => [name, undefined]),
      (rows) =>
        firsts(rows).map((name) => [name, Uint8Array.from(rows.get(name) ?? []).fill(0, 30, 40)]),
      (rows) => {
        const [one = "", two = ""] = firsts(rows);
        return [
          [one, rows.get(two)],
          [two, rows.get(one)],
        ];
      },
    ];
    for (const edit of edits) {
      rmSync(directory, { recursive: true });
      cpSync(V1, directory, { recursive: true });
      await editRows(directory, edit);
      const store = await openAt(directory);
      assert.deepEqual((await store.check()).damaged, ["message"]);
      const reads = await Promise.allSettled(
        ["alice", "bob"].map((of) => store.list("message", of)),
      );
      assert.deepEqual(reads.map(({ status }) => status).toSorted(), ["fulfilled", "rejected"]);
      await store.close();
    }
    await editRows(directory, (rows) => [
      [[...rows.keys()].find((name) => name.startsWith("03")) ?? "", undefined],
    ]);
  });

  it("that opening would refuse is refused and left as it is", async () => {
    await editRows(directory, (rows) => [
      [[...rows.keys()].find((name) => name.startsWith("03")) ?? "", undefined],
    ]);
    await assert.rejects(openAt(directory), { code: "store-damaged", message: /were lost/ });
    await assert.rejects(openAt(directory, testKey.with(0, 1)), { code: "store-key-missing" });
    assert.deepEqual(readdirSync(directory).toSorted(), ["README.md", "db"]);
  });

  it("is migrated anew where a process died before, and finished where it died between the names", async () => {
    // A vault, and a part of a new database.
    const done = temporaryDirectory();
    cpSync(V1, done, { recursive: true });
    await (await openAt(done)).close();
    cpSync(join(done, "vault"), at("vault"));
    writeFileSync(at("vault.copy"), "half");
    cpSync(join(done, "db"), at("db.new"), { recursive: true });
    rmSync(join(at("db.new"), "CURRENT"));
    await assertMigrated(directory);

    const cut = (rename: () => void): void => {
      rmSync(directory, { recursive: true });
      cpSync(done, directory, { recursive: true });
      rmSync(at("vault.count"));
      rename();
    };
    // The old one has given up its name, the new one has not taken it.
    cut(() => {
      renameSync(at("db"), at("db.new"));
      cpSync(join(V1, "db"), at("db.old"), { recursive: true });
    });
    await assertMigrated(directory);
    // The new one has taken it, the old one is still there.
    cut(() => cpSync(join(V1, "db"), at("db.old"), { recursive: true }));
    await assertMigrated(directory);
    rmSync(done, { recursive: true });
  });

  it("beside the vault of a newer copy is known as a copy from before", async () => {
    const store = await openAt(directory);
    await store.commit([
      { kind: "put", key: { table: "meta", of: "", at: 0 }, value: new Uint8Array() },
    ]);
    await store.close();
    rmSync(at("db"), { recursive: true });
    cpSync(join(V1, "db"), at("db"), { recursive: true });
    const again = await openAt(directory);
    assert.equal(again.rolledBack, true);
    await assertWhole(again);
    await again.close();
  });
});
