import assert from "node:assert/strict";
import type { StoreOp } from "../../src/ports/index.ts";
import { type MemoryStore, memoryStore } from "../../src/store/index.ts";
import { type StorePlace, storeSuite } from "../suites/store.ts";

const put = (at: number): StoreOp => ({
  kind: "put",
  key: { table: "message", of: "alice", at },
  value: Uint8Array.of(at),
});

function memoryPlace(): StorePlace {
  let store: MemoryStore | undefined;
  return {
    async open() {
      store = store ? store.reopen() : memoryStore();
      return store;
    },
    async remove() {
      await store?.close();
    },
  };
}

const places = async (store: MemoryStore): Promise<number[]> =>
  (await store.list("message", "alice")).map(({ at }) => at);

describe("the store in memory", () => {
  storeSuite(memoryPlace);

  it("writes nothing of a commit whose hook throws before it, and stops writing", async () => {
    let failing = false;
    const store = memoryStore({
      onCommit: (_, moment) => {
        if (failing && moment === "before") throw new Error("no disk");
      },
    });
    await store.commit([put(1)]);
    failing = true;
    await assert.rejects(store.commit([put(2), put(3)]), { code: "store-write-failed" });
    failing = false;
    await assert.rejects(store.commit([put(4)]), { code: "store-write-failed" });
    assert.deepEqual(await places(store), [1]);
    const again = store.reopen();
    await again.commit([put(5)]);
    assert.deepEqual(await places(again), [1, 5]);
  });

  it("keeps all of a commit whose hook throws after it, as a disk may", async () => {
    const store = memoryStore({
      onCommit: (_, moment) => {
        if (moment === "after") throw new Error("no answer of the disk");
      },
    });
    await assert.rejects(store.commit([put(1), put(2)]), { code: "store-write-failed" });
    assert.deepEqual(await places(store.fork()), [1, 2]);
  });

  it("forks an independent disk, also in the middle of a commit", async () => {
    const killed: MemoryStore[] = [];
    const store: MemoryStore = memoryStore({ onCommit: () => void killed.push(store.fork()) });
    await store.commit([put(1)]);
    const fork = store.fork();
    await fork.commit([put(2)]);
    assert.deepEqual(await places(store), [1]);
    assert.deepEqual(await places(fork), [1, 2]);
    assert.deepEqual(await Promise.all(killed.map(places)), [[], [1]]);
    assert.deepEqual(
      fork.snapshot().map(({ at }) => at),
      [1, 2],
    );
  });
});
