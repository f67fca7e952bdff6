import assert from "node:assert/strict";
import type { MultiaddrConnection, PeerInfo } from "@libp2p/interface";
import { type Multiaddr, multiaddr } from "@multiformats/multiaddr";
import { limits } from "../../../src/base/index.ts";
import {
  createGater,
  isDirect,
  isUnlimitedRelay,
} from "../../../src/node/connections/connection-gater.ts";
import { BoundedDatastore, requestSubnet } from "../../../src/node/dht/bounded-datastore.ts";
import { addressMapper, keyOf, tagOf } from "../../../src/node/dht/kademlia.ts";
import {
  type AddressScope,
  advertised,
  parseAddress,
  scopeOf,
  subnetOf,
  withoutPeer,
} from "../../../src/node/util/address.ts";
import { newCounters } from "../../../src/node/util/counters.ts";
import { createRequestLimit } from "../../../src/node/util/rate-limit.ts";
import type { Clock } from "../../../src/ports/index.ts";

const PEER = "12D3KooWQ7XHkGVtB8FPdDHmp6yYSvcyzbQMQkzLMFUuSZLvUcQg";

describe("node: addresses", () => {
  it("takes a host and a TCP port, with or without a PeerId, and nothing else", () => {
    const good = [
      "/ip4/1.2.3.4/tcp/5",
      "/ip6/::1/tcp/5",
      "/dns4/example.org/tcp/5",
      `/ip4/1.2.3.4/tcp/5/p2p/${PEER}`,
    ];
    for (const text of good) assert.equal(parseAddress(text)?.toString(), text);
    const bad = [
      "",
      "1.2.3.4:5",
      "/ip4/1.2.3.4",
      "/ip4/1.2.3.400/tcp/5",
      "/ip4/1.2.3.4/udp/5",
      "/ip4/1.2.3.4/tcp/5/ws",
      "/unix/tmp%2fx",
      `/p2p/${PEER}`,
      `/ip4/1.2.3.4/tcp/5/p2p/${PEER}/p2p-circuit`,
    ];
    for (const text of bad) assert.equal(parseAddress(text), undefined, text);
  });

  it("knows how far an address reaches", () => {
    const cases: Record<AddressScope, string[]> = {
      public: ["/ip4/8.8.8.8", "/ip4/172.32.0.1", "/ip6/2001:db8::1", "/dns4/example.org"],
      private: [
        "/ip4/10.0.0.1",
        "/ip4/172.16.0.1",
        "/ip4/172.31.255.255",
        "/ip4/192.168.1.1",
        "/ip4/169.254.1.1",
        "/ip4/100.64.0.1",
        "/ip6/fd00::1",
        "/ip6/fe80::1",
        "/ip6/::ffff:10.0.0.1",
      ],
      loopback: ["/ip4/127.0.0.1", "/ip4/127.9.9.9", "/ip6/::1", "/dns4/localhost"],
    };
    for (const [reach, hosts] of Object.entries(cases))
      for (const host of hosts) assert.equal(scopeOf(multiaddr(`${host}/tcp/1`)), reach, host);
  });

  it("tells public addresses first, those of the link and loopback only where there is nothing else", () => {
    const of = (...hosts: string[]): Multiaddr[] =>
      hosts.map((host) => multiaddr(`${host}/tcp/1/p2p/${PEER}`));
    assert.deepEqual(
      advertised(of("/ip4/127.0.0.1", "/ip4/10.0.0.1", "/ip4/8.8.8.8", "/ip6/fe80::1")),
      ["/ip4/8.8.8.8/tcp/1", "/ip4/10.0.0.1/tcp/1"],
    );
    assert.deepEqual(advertised(of("/ip6/::1", "/ip6/fe80::1", "/ip4/169.254.1.1")), [
      "/ip6/fe80::1/tcp/1",
      "/ip4/169.254.1.1/tcp/1",
    ]);
    assert.deepEqual(advertised(of("/ip4/127.0.0.1", "/ip6/::1")), [
      "/ip4/127.0.0.1/tcp/1",
      "/ip6/::1/tcp/1",
    ]);
    assert.equal(withoutPeer(multiaddr(`/ip4/8.8.8.8/tcp/1/p2p/${PEER}`)), "/ip4/8.8.8.8/tcp/1");
  });

  it("counts an IPv4 address, and the /64 of an IPv6 address, as one neighbour", () => {
    const at = (host: string): string => subnetOf(multiaddr(`${host}/tcp/1`));
    assert.notEqual(at("/ip4/127.0.0.1"), at("/ip4/127.0.0.2"));
    assert.equal(at("/ip6/2001:db8:1:2::1"), at("/ip6/2001:db8:1:2:ffff::9"));
    assert.notEqual(at("/ip6/2001:db8:1:2::1"), at("/ip6/2001:db8:1:3::1"));
    // All of a link share the first half of these.
    assert.notEqual(at("/ip6/fe80::1"), at("/ip6/fe80::2"));
  });
});

describe("node: the gate", () => {
  it("lets links run on direct connections alone", () => {
    const limited = { direct: false, limits: { bytes: 1n } };
    assert.equal(isDirect({ direct: true }), true);
    assert.equal(isDirect(limited), false);
    assert.equal(isDirect({ direct: false }), false);
    assert.equal(isDirect({ direct: true, limits: { bytes: 1n } }), false);
    assert.equal(isUnlimitedRelay({ direct: false }), true);
    assert.equal(isUnlimitedRelay(limited), false);
    assert.equal(isUnlimitedRelay({ direct: true }), false);
  });

  const connection = (host: string): MultiaddrConnection =>
    Object.assign(new EventTarget(), {
      remoteAddr: multiaddr(`${host}/tcp/1`),
      status: "open",
    }) as unknown as MultiaddrConnection;

  const counts = newCounters();
  let now = 0;
  const gate = (pending: number, proven: number, perSecond = 99) =>
    createGater({
      pending,
      authenticated: proven,
      perSecond,
      clock: { now: () => now, after: () => () => undefined },
      counts,
      onConnection: () => undefined,
    });

  it("bounds the connections that one neighbour opens in a second, whatever addresses it has", () => {
    const gater = gate(99, 99, 2);
    const refused = (host: string) => gater.denyInboundConnection?.(connection(host));
    const house = ["1", "2", "3"].map((end) => refused(`/ip6/2001:db8:1:2::${end}`));
    assert.deepEqual(house, [false, false, true]);
    assert.equal(refused("/ip6/2001:db8:1:3::1"), false);
    now += 1_000;
    assert.equal(refused("/ip6/2001:db8:1:2::4"), false);
  });

  it("bounds proven connections of one neighbour, and frees their places", () => {
    const gater = gate(9, 1);
    const refused = (one: MultiaddrConnection) => [
      gater.denyInboundConnection?.(one),
      gater.denyInboundUpgradedConnection?.({} as never, one),
    ];
    const before = counts.connectionsRefused;
    const first = connection("/ip6/2001:db8:1:2::1");
    assert.deepEqual(refused(first), [false, false]);
    assert.deepEqual(refused(connection("/ip6/2001:db8:1:2::9")), [false, true]);
    assert.deepEqual(refused(connection("/ip6/2001:db8:1:3::1")), [false, false]);
    first.dispatchEvent(new Event("close"));
    assert.deepEqual(refused(connection("/ip6/2001:db8:1:2::9")), [false, false]);
    assert.equal(counts.connectionsRefused - before, 1);
  });

  it("bounds pending connections of one neighbour, and frees their places", async () => {
    const gater = gate(2, 9);
    const asked = (one: MultiaddrConnection) => gater.denyInboundConnection?.(one);
    const [a, b, c] = ["/ip4/1.1.1.1", "/ip4/1.1.1.1", "/ip4/1.1.1.1"].map(connection);
    assert.ok(a && b && c);
    assert.deepEqual([asked(a), asked(b), asked(c)], [false, false, true]);
    assert.equal(asked(connection("/ip4/2.2.2.2")), false);
    a.dispatchEvent(new Event("close"));
    assert.equal(asked(connection("/ip4/1.1.1.1")), false);
    assert.equal(asked(connection("/ip4/1.1.1.1")), true);
    gater.denyInboundUpgradedConnection?.({} as never, b);
    assert.equal(asked(connection("/ip4/1.1.1.1")), false);
  });
});

describe("node: the DHTs", () => {
  const info = (...hosts: string[]): PeerInfo => ({
    id: {} as never,
    multiaddrs: hosts.map((host) => multiaddr(`${host}/tcp/1`)),
  });
  const kept = (mapper: (peer: PeerInfo) => PeerInfo): string[] =>
    mapper(info("/ip4/8.8.8.8", "/ip4/10.0.0.1", "/ip4/127.0.0.1")).multiaddrs.map(String);
  const from = (host: string) => () => [{ remoteAddr: multiaddr(`${host}/tcp/9`) }];
  const nobody = () => [];

  it("keep apart what is near and what is far", () => {
    const near = ["/ip4/10.0.0.1/tcp/1", "/ip4/127.0.0.1/tcp/1"];
    assert.deepEqual(kept(addressMapper("lan", false, nobody)), near);
    assert.deepEqual(kept(addressMapper("wan", false, nobody)), ["/ip4/8.8.8.8/tcp/1"]);
    assert.equal(kept(addressMapper("wan", true, nobody)).length, 3);
  });

  it("take nobody for a neighbour who is connected from far away", () => {
    assert.deepEqual(kept(addressMapper("lan", false, from("/ip4/8.8.8.8"))), []);
    assert.equal(kept(addressMapper("lan", false, from("/ip4/10.0.0.7"))).length, 2);
  });

  it("know the tag in a key, and no other keys", () => {
    const tag = new Uint8Array(32).fill(5);
    assert.deepEqual(tagOf(keyOf(tag)), tag);
    assert.equal(tagOf(keyOf(tag).subarray(1)), undefined);
    assert.equal(tagOf(keyOf(tag).fill(0x78, 1, 6)), undefined);
    assert.throws(() => keyOf(tag.subarray(1)), RangeError);
  });

  it("bound the records that one peer puts in a minute, and serve no provider records", () => {
    let now = 0;
    const clock: Clock = { now: () => now, after: () => () => undefined };
    const guard = createRequestLimit(clock, { puts: 2, putsPerSubnet: 3, perSubnet: 12 });
    const puts = (peer: string): boolean[] =>
      [1, 2, 3].map(() => guard(peer, `home of ${peer}`, "PUT_VALUE"));
    assert.deepEqual(puts("a"), [true, true, false]);
    assert.deepEqual(puts("b"), [true, true, false]);
    assert.equal(guard("a", "home of a", "GET_VALUE"), true);
    now += 60_000;
    assert.deepEqual(puts("a"), [true, true, false]);
    now -= 3_600_000;
    assert.deepEqual(puts("a"), [true, true, false], "a clock that fell back starts a minute anew");
    now += 7_200_000;
    const ofHouse = ["c", "d", "e", "f"].map((peer) => guard(peer, "house", "PUT_VALUE"));
    assert.deepEqual(ofHouse, [true, true, true, false], "a new PeerId buys a neighbour no more");
    assert.equal(guard("g", "elsewhere", "PUT_VALUE"), true);
    assert.equal(guard("a", "home of a", "ADD_PROVIDER"), false);
    assert.equal(guard("a", "home of a", "GET_PROVIDERS"), false);
  });

  it("bound what one neighbour asks in a minute, of whatever kind", () => {
    const clock: Clock = { now: () => 0, after: () => () => undefined };
    const guard = createRequestLimit(clock, { puts: 9, putsPerSubnet: 9, perSubnet: 3 });
    const asked = (peer: string, place: string) => guard(peer, place, "FIND_NODE");
    assert.deepEqual(
      [1, 2, 3, 4].map((i) => asked(`${i}`, "house")),
      [true, true, true, false],
    );
    assert.equal(guard("5", "house", "PUT_VALUE"), false);
    assert.equal(asked("6", "elsewhere"), true);
  });
});

describe("node: the datastore", () => {
  type Key = Parameters<BoundedDatastore["put"]>[0];
  const key = (text: string): Key => ({ toString: () => text }) as Key;
  const names = (store: BoundedDatastore, prefix: string): string[] =>
    [...store.query({ prefix })].map(({ key: found }) => found.toString());

  let now = 0;
  const clock: Clock = { now: () => now, after: () => () => undefined };
  const datastore = (rows: number, recordsPerNeighbour = 9, records = 9) =>
    new BoundedDatastore(clock, { rows, recordsPerSubnet: recordsPerNeighbour, records });

  /** Leaves records with a store that come from a neighbour's request. */
  const leave = (store: BoundedDatastore, place: string, ...keys: string[]): void =>
    requestSubnet.run(place, () => {
      for (const name of keys) store.put(key(name), new Uint8Array(1));
    });

  it("lets a neighbour push out its own records alone", () => {
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

  it("makes room, where all are too many, with a record of the neighbour who has most", () => {
    const store = datastore(1, 9, 4);
    leave(store, "a", "/dht-wan/record/1");
    leave(store, "b", "/dht-wan/record/2", "/dht-wan/record/3");
    leave(store, "c", "/dht-wan/record/4", "/dht-wan/record/5", "/dht-wan/record/6");
    const left = names(store, "/dht-wan").map((name) => name.at(-1));
    assert.deepEqual(left, ["1", "3", "5", "6"]);
  });

  it("counts a record that others put again as its first owner's", () => {
    const store = datastore(1, 2);
    leave(store, "a", "/dht-wan/record/1");
    leave(store, "b", "/dht-wan/record/1", "/dht-wan/record/2", "/dht-wan/record/3");
    assert.equal(store.records(), 3);
  });

  it("keeps no record longer than anybody believes it", () => {
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

  it("keeps the newest rows of each kind, and forgets the oldest", () => {
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

  it("keeps no row of a host that says more of itself than an honest one", () => {
    const store = datastore(9);
    store.put(key("/peers/1"), new Uint8Array(limits.peerRowBytes));
    assert.throws(() => store.put(key("/peers/1"), new Uint8Array(limits.peerRowBytes + 1)));
    assert.equal(store.get(key("/peers/1")).length, limits.peerRowBytes);
  });

  it("filters, orders and cuts what is asked for", async () => {
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
