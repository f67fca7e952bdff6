import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readU32 } from "../../src/base/index.ts";
import type { Store } from "../../src/ports/index.ts";
import { openStore } from "../../src/store/index.ts";
import { crypto, editRows, openAt, type RawRows, temporaryDirectory, testKey } from "./place.ts";

const V1 = fileURLToPath(new URL("./fixtures/v1", import.meta.url));
const OPENER = fileURLToPath(new URL("./opener.ts", import.meta.url));
const text = (value: Uint8Array | undefined): string | undefined =>
  value && Buffer.from(value).toString();

/** Everything that the fixture says of itself. */
async function assertWhole(store: Store): Promise<void> {
  const texts = async (table: "message" | "outbox", of: string): Promise<unknown[]> =>
    (await store.list(table, of)).map(({ at, value }) => [at, text(value)]);
  const numbered = (of: string, from: number, to: number): [number, string][] =>
    Array.from({ length: to - from }, (_, i) => [from + i, `${of} ${from + i}`]);
  assert.deepEqual(await texts("message", "alice"), numbered("alice", 0, 300));
  assert.deepEqual(await texts("message", "bob"), [
    ...numbered("bob", 0, 5),
    [9, "\x09".repeat(2_000)],
  ]);
  assert.deepEqual(await texts("outbox", "bob"), numbered("outbox", 1, 5));
  for (let at = 0; at < 300; at++) {
    const place = await store.get({ table: "message-id", of: `alice/${at}`, at: 0 });
    assert.equal(place && readU32(place), at);
  }
  const one = async (table: "contact" | "session" | "identity" | "invite", of: string) =>
    text(await store.get({ table, of, at: 0 }));
  assert.equal(await one("contact", "alice"), "contact alice");
  assert.equal(await one("session", "alice"), "session alice");
  assert.equal(await one("session", "bob"), "session bob 4");
  assert.equal(await one("identity", ""), "identity");
  assert.equal(await one("invite", "i"), "invite");
}

describe("a store of version 1", () => {
  let directory: string;
  const at = (name: string): string => join(directory, name);
  const assertMigrated = async (): Promise<void> => {
    const store = await openAt(directory);
    await assertWhole(store);
    assert.equal(store.rolledBack, false);
    assert.deepEqual((await store.check()).damaged, []);
    await store.shred();
    await store.close();
    assert.deepEqual(readdirSync(directory).toSorted(), [
      "README.md",
      "db",
      "vault",
      "vault.copy",
      "vault.count",
    ]);
  };
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
    await assertMigrated();
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
    await assertMigrated();

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
    await assertMigrated();
    // The new one has taken it, the old one is still there.
    cut(() => cpSync(join(V1, "db"), at("db.old"), { recursive: true }));
    await assertMigrated();
    rmSync(done, { recursive: true });
  });

  it("survives a kill -9 at any moment of it", async function () {
    this.timeout(60_000);
    for (const delay of [0, 5, 12, 25]) {
      rmSync(directory, { recursive: true });
      mkdirSync(directory);
      cpSync(V1, directory, { recursive: true });
      const child = spawn(process.execPath, ["--import", "tsx", OPENER, directory], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      const closed = once(child, "close");
      await once(child.stdout, "data");
      setTimeout(() => child.kill("SIGKILL"), delay);
      await closed;
      assert.ok(existsSync(at("db")) || existsSync(at("db.new")));
      await assertMigrated();
    }
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
