/** The store of version 1 that is kept in fixtures/v1, and what is in it. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readU32 } from "../../src/base/index.ts";
import type { Store } from "../../src/ports/index.ts";
import { openAt } from "./place.ts";

export const V1: string = fileURLToPath(new URL("./fixtures/v1", import.meta.url));
const text = (value: Uint8Array | undefined): string | undefined =>
  value && Buffer.from(value).toString();

/** Everything that the fixture says of itself. */
export async function assertWhole(store: Store): Promise<void> {
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

/** Opens it, if need be migrates it, and finds everything, and nothing else in its directory. */
export async function assertMigrated(directory: string): Promise<void> {
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
}
