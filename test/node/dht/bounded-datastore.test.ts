import assert from "node:assert/strict";
import { limits } from "../../../src/base/index.ts";
import { BoundedDatastore, requestSubnet } from "../../../src/node/dht/bounded-datastore.ts";
import type { Clock } from "../../../src/ports/index.ts";

describe("node: the bounded datastore", () => {
  type Key = Parameters<BoundedDatastore["put"]>[0];
  const key = (text: string): Key => ({ toString: () => text }) as Key;
  const names = (store: BoundedDatastore, prefix: string): string[] =>
    [...store.query({ prefix })].map(({ key: found }) => found.toString());

  let now = 0;
  const clock: Clock = { now: () => now, after: () => () => undefined };
  const datastore = (rows: number, recordsPerSubnet = 9, records = 9) =>
    new BoundedDatastore(clock, { rows, recordsPerSubnet, records });

  /** Puts records as if a request from a subnet had brought them. */
  const leave = (store: BoundedDatastore, subnet: string, ...keys: string[]): void =>
    requestSubnet.run(subnet, () => {
      for (const name of keys) store.put(key(name), new Uint8Array(1));
    });

  it("evicts a record of the same subnet when a subnet has too many", () => {
    const store = datastore(1, 2);
    leave(store, "a", "/dht-wan/record/1", "/dht-lan/record/2");
    leave(store, "b", "/dht-wan/record/3");
    leave(store, "a", "/dht-wan/record/4", "/dht-wan/record/1");
    assert.deepEqual(names(store, "/dht-"), [
      "/dht-wan/record/3",
      "/dht-wan/record/4",
      "/dht-wan/record/1",
    ]);
    assert.equal(store.records(), 3);
  });

  it("evicts a record of the subnet that has most when all records are too many", () => {
    const store = datastore(1, 9, 4);
    leave(store, "a", "/dht-wan/record/1");
    leave(store, "b", "/dht-wan/record/2", "/dht-wan/record/3");
    leave(store, "c", "/dht-wan/record/4", "/dht-wan/record/5", "/dht-wan/record/6");
    const left = names(store, "/dht-wan").map((name) => name.at(-1));
    assert.deepEqual(left, ["1", "3", "5", "6"]);
  });

  it("counts a record that another subnet puts again for the first one", () => {
    const store = datastore(1, 2);
    leave(store, "a", "/dht-wan/record/1");
    leave(store, "b", "/dht-wan/record/1", "/dht-wan/record/2", "/dht-wan/record/3");
    assert.equal(store.records(), 3);
  });

  it("drops a record once it is too old to be accepted", () => {
    const store = datastore(9);
    leave(store, "a", "/dht-wan/record/1", "/dht-lan/record/1");
    store.put(key("/peers/1"), new Uint8Array(1));
    now += limits.recordAge + limits.recordAhead;
    leave(store, "a", "/dht-wan/record/2");
    assert.equal(store.records(), 3);
    now++;
    assert.equal(store.records(), 1);
    assert.deepEqual(names(store, "/"), ["/dht-wan/record/2", "/peers/1"]);
    store.delete(key("/dht-wan/record/2"));
    assert.equal(store.records(), 0);
  });

  it("keeps the newest rows of each kind", () => {
    const store = datastore(2);
    for (const name of ["/a/1", "/a/2", "/b/1"]) store.put(key(name), new Uint8Array(1));
    store.put(key("/a/1"), Uint8Array.of(9));
    store.put(key("/a/3"), new Uint8Array(1));
    assert.deepEqual(names(store, "/a"), ["/a/1", "/a/3"]);
    assert.deepEqual(names(store, "/b/"), ["/b/1"]);
    assert.deepEqual(store.get(key("/a/1")), Uint8Array.of(9));
    assert.equal(store.has(key("/a/2")), false);
    assert.throws(() => store.get(key("/a/2")), { name: "NotFoundError" });
    store.delete(key("/a/1"));
    assert.deepEqual(names(store, "/"), ["/a/3", "/b/1"]);
  });

  it("rejects a peer row that is larger than the limit", () => {
    const store = datastore(9);
    store.put(key("/peers/1"), new Uint8Array(limits.peerRowBytes));
    assert.throws(() => store.put(key("/peers/1"), new Uint8Array(limits.peerRowBytes + 1)));
    assert.equal(store.get(key("/peers/1")).length, limits.peerRowBytes);
  });

  it("filters, orders and pages a query", async () => {
    const store = datastore(10);
    const batch = store.batch();
    for (const name of ["/a/3", "/a/1", "/a/2"]) batch.put(key(name), new Uint8Array(1));
    assert.deepEqual(names(store, "/a"), []);
    await batch.commit();
    const found = store.queryKeys({
      prefix: "/a/",
      filters: [(one) => one.toString() !== "/a/2"],
      orders: [(a, b) => (a.toString() < b.toString() ? -1 : 1)],
      offset: 1,
      limit: 1,
    });
    assert.deepEqual([...found].map(String), ["/a/3"]);
  });
});
