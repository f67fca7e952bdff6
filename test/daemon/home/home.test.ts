import assert from "node:assert/strict";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeCrypto } from "../../../src/crypto/index.ts";
import { type Answers, openHome } from "../../../src/daemon/home/home.ts";
import { systemClock } from "../../../src/daemon/process/system-clock.ts";
import { decodeRow, drop, encodeRow, put, rowKey } from "../../../src/messenger/model/rows.ts";

describe("opening a home", () => {
  it("drops the sessions of an older database once, and queues messages again without an entry", async () => {
    const directory = mkdtempSync(join(tmpdir(), "sotto-home-"));
    const copy = mkdtempSync(join(tmpdir(), "sotto-home-"));
    const events: string[] = [];
    const answers: Answers = {
      passphrase: async () => undefined,
      account: async () => ({ name: "Ada", protection: { kind: "key-file" } }),
    };
    const log = (event: string) => void events.push(event);
    const parts = { directory, crypto: nodeCrypto(), clock: systemClock, log };
    try {
      const { store } = await openHome(parts, answers);
      const session = (ref: string, state: number) =>
        put(rowKey("session", ref), Uint8Array.of(state));
      const contact = (ref: string) =>
        put(rowKey("contact", ref), encodeRow({ ref, conversation: { ref } }));
      await store.commit(["a", "b"].flatMap((ref) => [contact(ref), session(ref, 1)]));
      const message = { direction: "out", state: "queued", id: "m", sequence: 7 };
      await store.commit([
        put(rowKey("message", "a", 1), encodeRow(message)),
        put(rowKey("outbox", "a", 1), encodeRow({ id: "m", sequence: 7 })),
      ]);
      await store.close();
      cpSync(join(directory, "db"), copy, { recursive: true });
      // What goes on there is lost with the copy that is put back.
      const { store: later } = await openHome(parts, answers);
      await later.commit([
        session("a", 2),
        put(rowKey("message", "a", 1), encodeRow({ ...message, state: "delivered" })),
        drop(rowKey("outbox", "a", 1)),
      ]);
      await later.shred();
      await later.close();
      rmSync(join(directory, "db"), { recursive: true });
      cpSync(copy, join(directory, "db"), { recursive: true });
      events.length = 0;

      const opened = await openHome(parts, answers);
      assert.equal(opened.fresh, false);
      assert.equal(opened.store.rolledBack, true);
      assert.ok(events.includes("store.rolled-back") && events.includes("store.sessions-dropped"));
      for (const ref of ["a", "b"])
        assert.equal(await opened.store.get(rowKey("session", ref)), undefined);
      assert.equal((await opened.store.all("contact")).length, 2);
      const queued = await opened.store.get(rowKey("outbox", "a", 1));
      assert.deepEqual(queued && decodeRow(queued), { id: "m", sequence: 7 });
      await opened.store.commit([session("a", 3)]);
      await opened.store.close();

      const again = await openHome(parts, answers);
      assert.equal(again.store.rolledBack, false);
      assert.deepEqual(await again.store.get(rowKey("session", "a")), Uint8Array.of(3));
      await again.store.close();
    } finally {
      for (const one of [directory, copy]) rmSync(one, { recursive: true });
    }
  });
});
