import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import type { PositionRange } from "../../../src/base/index.ts";
import type { DiskStore, MemoryStore } from "../../../src/store/index.ts";
import { type SimNode, World } from "../../scenario/world.ts";
import { editRows, openAt, type RawRows, temporaryDirectory } from "../../store/fixtures.ts";

/** The name on the disk of the message at a position. */
function messageAt(rows: RawRows, at: number): string {
  const position = at.toString(16).padStart(16, "0");
  const found = [...rows.keys()].find((key) => key.startsWith("06") && key.endsWith(position));
  assert.ok(found);
  return found;
}

describe("a conversation on a damaged disk", () => {
  let directory: string;
  let store: DiskStore;
  let world: World;
  let alice: SimNode;

  /** Moves alice's rows to a real store, damages it there, and starts her on it. */
  async function damage(change: Parameters<typeof editRows>[1]): Promise<void> {
    const filled = await openAt(directory);
    await filled.commit(
      alice.store.snapshot().map(({ value, ...key }) => ({ kind: "put", key, value })),
    );
    await filled.close();
    await editRows(directory, change);
    store = await openAt(directory);
    alice.store = store as DiskStore & MemoryStore;
    await alice.start();
  }

  async function read() {
    const damaged: PositionRange[] = [];
    const onDamage = (range: PositionRange) => damaged.push(range);
    const page = await alice.messenger.history("bob", { limit: 100, onDamage });
    return { texts: page.map(({ text }) => text), damaged };
  }

  beforeEach(async () => {
    directory = temporaryDirectory();
    world = new World(1);
    alice = await world.node("alice");
    const bob = await world.node("bob");
    await world.pair(alice, bob);
    for (let n = 1; n <= 5; n++) {
      const sent = await bob.messenger.send("alice", `message ${n}`);
      await world.reaches(bob, sent, "delivered");
    }
    await bob.stop();
    await alice.stop();
  });
  afterEach(async () => {
    await alice.stop();
    await store.close();
    rmSync(directory, { recursive: true });
  });

  /** Changes a byte of the row at position 3 that the checksum of its page does not cover. */
  const corrupt = (rows: RawRows) => {
    const key = messageAt(rows, 3);
    const value = Uint8Array.from(rows.get(key) as Uint8Array);
    value[40] = (value[40] as number) ^ 1;
    return [[key, value]] as const;
  };

  it("shows the other messages of a page, and tells which one cannot be read", async () => {
    await damage(corrupt);
    assert.deepEqual(await read(), {
      texts: ["message 1", "message 2", "message 4", "message 5"],
      damaged: [{ from: 3, to: 3 }],
    });
    const older = await alice.messenger.history("bob", { limit: 2, before: 5 });
    assert.deepEqual(
      older.map(({ at }) => at),
      [2, 4],
    );
    assert.equal(await alice.messenger.count("bob"), 4);
    assert.equal(store.damage?.code, "store-damaged");
  });

  it("tells that messages may be missing where a row is lost", async () => {
    await damage((rows) => [[messageAt(rows, 3), undefined]]);
    const { texts, damaged } = await read();
    assert.deepEqual(texts, ["message 1", "message 2", "message 4", "message 5"]);
    assert.equal(damaged.length, 1);
    assert.ok(damaged.every(({ from, to }) => from <= 3 && to >= 5));
  });

  it("is marked as read, searched and removed all the same", async () => {
    await damage(corrupt);
    await alice.messenger.markRead("bob");
    assert.equal(alice.messenger.unread("bob"), 0);
    const { hits } = await alice.messenger.search("message", { limit: 10 });
    const messages = hits.map(({ message }) => message);
    assert.equal(messages.length, 4);
    assert.equal((await alice.messenger.find("bob/last")).text, "message 5");
    await alice.messenger.remove("bob");
    assert.deepEqual(await store.all("message"), []);
  });
});
