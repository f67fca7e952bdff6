import assert from "node:assert/strict";
import { multiaddr } from "@multiformats/multiaddr";
import {
  type AddressScope,
  isInNetwork,
  parseAddress,
  scopeOf,
  subnetOf,
} from "../../../src/node/util/address.ts";

const PEER = "12D3KooWQ7XHkGVtB8FPdDHmp6yYSvcyzbQMQkzLMFUuSZLvUcQg";

describe("node: addresses", () => {
  it("parses a host with a TCP port and an optional PeerId, and rejects everything else", () => {
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

  it("classifies addresses as public, private or loopback", () => {
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
    for (const [scope, hosts] of Object.entries(cases))
      for (const host of hosts) assert.equal(scopeOf(multiaddr(`${host}/tcp/1`)), scope, host);
  });

  it("compares an address with a network of its own family", () => {
    const lan = { ip: "192.168.1.130", prefix: 25 };
    assert.deepEqual(
      ["192.168.1.129", "192.168.1.5", "::c0a8:182", "name"].map((ip) => isInNetwork(lan, ip)),
      [true, false, false, false],
    );
    const site = { ip: "2001:db8::1", prefix: 64 };
    assert.ok(isInNetwork(site, "2001:db8:0:0:ffff::"));
    assert.ok(!isInNetwork(site, "2001:db8:0:1::1"));
  });

  it("treats an IPv4 address and an IPv6 /64 as one subnet", () => {
    const at = (host: string): string => subnetOf(multiaddr(`${host}/tcp/1`));
    assert.notEqual(at("/ip4/127.0.0.1"), at("/ip4/127.0.0.2"));
    assert.equal(at("/ip6/2001:db8:1:2::1"), at("/ip6/2001:db8:1:2:ffff::9"));
    assert.notEqual(at("/ip6/2001:db8:1:2::1"), at("/ip6/2001:db8:1:3::1"));
    // All link-local addresses share their /64.
    assert.notEqual(at("/ip6/fe80::1"), at("/ip6/fe80::2"));
  });
});
