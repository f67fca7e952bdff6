import assert from "node:assert/strict";
import type { PeerInfo } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import { addressMapper, keyOf, tagOf } from "../../../src/node/dht/kademlia.ts";

describe("node: Kademlia", () => {
  const info = (...hosts: string[]): PeerInfo => ({
    id: {} as never,
    multiaddrs: hosts.map((host) => multiaddr(`${host}/tcp/1`)),
  });
  const kept = (mapper: (peer: PeerInfo) => PeerInfo): string[] =>
    mapper(info("/ip4/8.8.8.8", "/ip4/10.0.0.1", "/ip4/127.0.0.1")).multiaddrs.map(String);
  const from = (host: string) => () => [{ remoteAddr: multiaddr(`${host}/tcp/9`) }];
  const notConnected = () => [];

  it("keeps private addresses in the LAN table and public ones in the WAN table", () => {
    const local = ["/ip4/10.0.0.1/tcp/1", "/ip4/127.0.0.1/tcp/1"];
    assert.deepEqual(kept(addressMapper("lan", false, notConnected)), local);
    assert.deepEqual(kept(addressMapper("wan", false, notConnected)), ["/ip4/8.8.8.8/tcp/1"]);
    assert.equal(kept(addressMapper("wan", true, notConnected)).length, 3);
  });

  it("stores no private address of a peer that is connected from a public one", () => {
    assert.deepEqual(kept(addressMapper("lan", false, from("/ip4/8.8.8.8"))), []);
    assert.equal(kept(addressMapper("lan", false, from("/ip4/10.0.0.7"))).length, 2);
  });

  it("reads the tag out of a record key and rejects other keys", () => {
    const tag = new Uint8Array(32).fill(5);
    assert.deepEqual(tagOf(keyOf(tag)), tag);
    assert.equal(tagOf(keyOf(tag).subarray(1)), undefined);
    assert.equal(tagOf(keyOf(tag).fill(0x78, 1, 6)), undefined);
    assert.throws(() => keyOf(tag.subarray(1)), RangeError);
  });
});
