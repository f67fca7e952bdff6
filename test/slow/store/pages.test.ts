import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import type { RowKey, StoreOp } from "../../../src/ports/index.ts";
import { openAt, temporaryDirectory } from "../../store/fixtures.ts";

/** More conversations than pages are remembered at one time. */
const MANY = 17_000;
const message = (i: number, at: number): RowKey => ({ table: "message", of: `of ${i}`, at });
const put = (key: RowKey): StoreOp => ({ kind: "put", key, value: new Uint8Array(10).fill(7) });

describe("very many pages of the store", () => {
  it("stay right beyond those that are remembered, for readers and for writers", async () => {
    const directory = temporaryDirectory();
    try {
      let store = await openAt(directory);
      const all = [...Array(MANY).keys()];
      await store.commit(all.map((i) => put(message(i, 0))));
      for (let i = 0; i < MANY; i++) assert.ok(await store.get(message(i, 0)));
      for (let i = 0; i < MANY; i += 500)
        await store.commit(all.slice(i, i + 500).map((one) => put(message(one, 1))));
      await store.commit([put(message(0, 2)), put(message(MANY - 1, 2))]);
      assert.equal((await store.list("message", "of 0")).length, 3);
      assert.deepEqual((await store.check()).damaged, []);
      await store.close();
      store = await openAt(directory);
      assert.equal((await store.all("message")).length, 2 * MANY + 2);
      await store.close();
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
