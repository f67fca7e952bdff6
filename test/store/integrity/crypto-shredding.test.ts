import assert from "node:assert/strict";
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { utf8 } from "../../../src/base/index.ts";
import type { RowKey, StoreOp, Table } from "../../../src/ports/index.ts";
import type { DiskStore } from "../../../src/store/index.ts";
import { everythingThatOpens, vaultStates } from "../encryption/attacker.ts";
import { openAt, temporaryDirectory } from "../fixtures.ts";

const key = (table: Table, of: string, at = 0): RowKey => ({ table, of, at });
const put = (at: RowKey, text: string, shreds?: true): StoreOp => ({
  kind: "put",
  key: at,
  value: utf8(text),
  ...(shreds && { shreds }),
});
const remove = (at: RowKey): StoreOp => ({ kind: "delete", key: at });

describe("crypto-shredding", () => {
  let directory: string;
  let copies: string[];
  let store: DiskStore;
  /** Commits, and keeps what the disk holds then. */
  const commit = async (...ops: StoreOp[]): Promise<void> => {
    await store.commit(ops);
    const copy = temporaryDirectory();
    cpSync(join(directory, "db"), join(copy, "db"), { recursive: true });
    copies.push(copy);
  };
  const opens = (): Promise<Set<string>> => everythingThatOpens(copies, directory);
  const reopen = async (): Promise<void> => {
    await store.close();
    store = await openAt(directory);
  };

  beforeEach(async () => {
    directory = temporaryDirectory();
    copies = [];
    store = await openAt(directory);
  });
  afterEach(async () => {
    await store.close();
    for (const one of [directory, ...copies]) rmSync(one, { recursive: true, force: true });
  });

  for (const table of ["message", "search"] as const)
    it(`leaves no key for deleted rows of "${table}" and for values that a put shreds`, async () => {
      await commit(...[1, 2, 3, 4].map((at) => put(key(table, "alice", at), `text ${at}`)));
      await commit(put(key(table, "alice", 3), "text 3, delivered"));
      await commit(remove(key(table, "alice", 1)), put(key(table, "alice", 2), "edited", true));
      for (const text of ["text 1", "text 2", "text 3"]) assert.ok((await opens()).has(text), text);
      await store.shred();
      await commit(put(key("meta", ""), "after"));
      const opened = await opens();
      // Rows that stay were encrypted again: in their old form they do not open either, in their new
      // form they do.
      for (const text of ["text 1", "text 2", "text 3", "text 4"])
        assert.equal(opened.has(text), text === "text 4", text);
      assert.ok(opened.has("edited") && opened.has("text 3, delivered") && opened.has("after"));
      await reopen();
      const rows = await store.list(table, "alice");
      assert.deepEqual(
        rows.map(({ at, value }) => `${at} ${Buffer.from(value)}`),
        ["2 edited", "3 text 3, delivered", "4 text 4"],
      );
    });

  it("leaves no key for earlier states of sessions and for deleted or shredded values of other rows", async () => {
    const tables = ["contact", "invite", "peer", "event", "search-mark"] as const;
    await commit(put(key("session", "alice"), "session 1"), put(key("session", "bob"), "bob 1"));
    await commit(put(key("session", "alice"), "session 2"), remove(key("session", "bob")));
    for (const table of tables)
      await commit(...["a", "b", "c"].map((of) => put(key(table, of), `${table} ${of}`)));
    for (const table of tables) {
      await commit(remove(key(table, "a")), put(key(table, "b"), `${table} B`, true));
      await commit(put(key(table, "c"), `${table} C`));
    }
    await store.shred();
    await commit(put(key("session", "alice"), "session 3"));
    await store.shred();
    await commit(put(key("meta", ""), "after"));
    const opened = await opens();
    for (const shredded of ["session 1", "session 2", "bob 1"])
      assert.ok(!opened.has(shredded), shredded);
    assert.ok(opened.has("session 3"));
    for (const table of tables) {
      for (const shredded of ["a", "b"])
        assert.ok(!opened.has(`${table} ${shredded}`), `${table} ${shredded}`);
      for (const kept of ["B", "C"]) assert.ok(opened.has(`${table} ${kept}`), `${table} ${kept}`);
    }
  });

  it("keeps what is due across a reopening and a crash", async () => {
    await commit(put(key("message", "alice", 1), "text 1"), put(key("session", "alice"), "old"));
    await commit(remove(key("message", "alice", 1)), put(key("session", "alice"), "new"));
    // The files as a kill leaves them.
    const killed = temporaryDirectory();
    cpSync(directory, killed, { recursive: true });
    const survivor = await openAt(killed);
    await survivor.shred();
    await survivor.close();
    const left = await everythingThatOpens([...copies, killed], killed);
    rmSync(killed, { recursive: true });
    assert.ok(!left.has("text 1") && !left.has("old") && left.has("new"));
    await reopen();
    await store.shred();
    await reopen();
    const opened = await everythingThatOpens([...copies], directory);
    assert.ok(!opened.has("text 1") && !opened.has("old"));
  });

  it("does nothing when no page is due, and leaves other pages unchanged", async () => {
    await commit(put(key("message", "alice", 1), "text"), put(key("contact", "alice"), "contact"));
    await commit(put(key("message", "alice", 1), "state"), put(key("contact", "alice"), "other"));
    const { generation } = (await vaultStates(directory))[0] ?? {};
    await store.shred();
    assert.equal(generation, 0);
    const [after] = await vaultStates(directory);
    assert.equal(after?.generation, 0);
    assert.ok((await opens()).has("text"));
  });

  it("shreds 140 pages, compacts them, and keeps their other rows", async function () {
    this.timeout(20_000);
    const places = Array.from({ length: 70 }, (_, i) => 256 * i);
    for (const of of ["alice", "bob"])
      await store.commit(
        places.flatMap((at) =>
          [0, 1].map((i) => put(key("message", of, at + i), `${of} ${at + i}`)),
        ),
      );
    await store.commit(places.map((at) => remove(key("message", "alice", at))));
    await store.commit(
      places.flatMap((at) => [0, 1].map((i) => remove(key("message", "bob", at + i)))),
    );
    await store.shred();
    assert.deepEqual((await store.check()).damaged, []);
    await reopen();
    assert.deepEqual(
      (await store.list("message", "alice")).map(({ at, value }) => [at, `${Buffer.from(value)}`]),
      places.map((at) => [at + 1, `alice ${at + 1}`]),
    );
    assert.deepEqual(await store.list("message", "bob"), []);
  });

  it("returns correct values to readers while keys are rotated", async function () {
    this.timeout(20_000);
    const count = 600;
    const all = [...Array(count).keys()];
    await store.commit(all.map((at) => put(key("message", "alice", at), `text ${at}`)));
    await store.commit([put(key("session", "alice"), "session")]);
    let busy = true;
    let checks = 0;
    const reading = (async () => {
      while (busy) {
        const [rows, one, session, check] = await Promise.all([
          store.list("message", "alice"),
          store.get(key("message", "alice", 599)),
          store.get(key("session", "alice")),
          store.check(),
        ]);
        assert.ok(rows.every(({ at, value }) => `${Buffer.from(value)}` === `text ${at}`));
        assert.equal(`${Buffer.from(one ?? [])}`, "text 599");
        assert.ok(session);
        assert.deepEqual(check.damaged, []);
        checks++;
      }
    })();
    for (let at = 0; at < 12; at++) {
      await Promise.all([
        store.commit([remove(key("message", "alice", at * 50))]),
        store.commit([put(key("session", "alice"), `session ${at}`)]),
        store.shred(),
        store.commit([put(key("message", "alice", at * 50 + 1), `text ${at * 50 + 1}`, true)]),
      ]);
    }
    busy = false;
    await reading;
    assert.ok(checks > 0);
    await reopen();
    assert.equal((await store.list("message", "alice")).length, count - 12);
  });
});
