import assert from "node:assert/strict";
import type { NetworkInterfaceInfo } from "node:os";
import { multiaddr } from "@multiformats/multiaddr";
import { limits } from "../../../src/base/index.ts";
import { dialbackCandidates } from "../../../src/node/nat/reachability.ts";
import { withoutPeer } from "../../../src/node/util/address.ts";
import { advertised, rankOwn, rankTheirs } from "../../../src/node/util/address-rank.ts";
import {
  addressesOf,
  defaultInterfaces,
  isVirtualName,
} from "../../../src/node/util/interfaces.ts";

const PEER = "12D3KooWQ7XHkGVtB8FPdDHmp6yYSvcyzbQMQkzLMFUuSZLvUcQg";

const entry = (cidr: string): NetworkInterfaceInfo => {
  const [address = ""] = cidr.split("/");
  const isIpv6 = address.includes(":");
  const rest = { address, cidr, netmask: "", mac: "", internal: /^(?:127|::1)/.test(address) };
  return isIpv6 ? { ...rest, family: "IPv6", scopeid: 0 } : { ...rest, family: "IPv4" };
};

const BRIDGES = ["docker0", "br-0123456789ab", "virbr0", "lxdbr0", "vboxnet0"];

/** A machine whose five bridges came up before its LAN card, which has privacy addresses. */
const local = addressesOf(
  {
    lo: [entry("127.0.0.1/8"), entry("::1/128")],
    ...Object.fromEntries(
      BRIDGES.map((name, number) => [name, [entry(`172.${17 + number}.0.1/16`)]]),
    ),
    wg0: [entry("10.9.0.2/24")],
    eth0: [
      entry("192.168.1.5/24"),
      ...[1, 2, 3, 4, 5].map((number) => entry(`2001:db8:1:2::${number}/64`)),
      entry("fe80::5/64"),
    ],
  },
  new Set(["eth0"]),
);

const at = (ip: string) => multiaddr(`/${ip.includes(":") ? "ip6" : "ip4"}/${ip}/tcp/4001`);
const own = local.map(({ ip }) => at(ip));
const ips = (all: readonly { toString(): string }[]): string[] =>
  all.map((one) => `${one}`.split("/")[2] ?? "");

describe("node: ranking of addresses", () => {
  it("lists one address of each network before further ones, and bridges last", () => {
    assert.deepEqual(ips(advertised(own, local)), [
      "2001:db8:1:2::1",
      "192.168.1.5",
      "10.9.0.2",
      ...[2, 3, 4, 5].map((number) => `2001:db8:1:2::${number}`),
      ...[17, 18, 19, 20, 21].map((number) => `172.${number}.0.1`),
    ]);
  });

  it("lists mapped and announced addresses before private ones", () => {
    const mapped = at("8.8.8.8");
    const some = [...own.filter((one) => !`${one}`.startsWith("/ip6")), mapped];
    assert.deepEqual(ips(advertised(some, local)).slice(0, 3), [
      "8.8.8.8",
      "192.168.1.5",
      "10.9.0.2",
    ]);
  });

  it("lists the address on the network of the peer first, even that of a bridge", () => {
    assert.equal(ips(rankOwn(own, local, "10.9.0.77"))[0], "10.9.0.2");
    assert.equal(ips(rankOwn(own, local, "172.19.0.2"))[0], "172.19.0.1");
    assert.equal(ips(rankOwn(own, local, "9.9.9.9"))[0], "2001:db8:1:2::1");
  });

  it("lists link-local addresses only without others, and loopback only without these", () => {
    const of = (...hosts: string[]) =>
      advertised(
        hosts.map((ip) => multiaddr(`${at(ip)}/p2p/${PEER}`)),
        [],
      );
    assert.deepEqual(ips(of("127.0.0.1", "10.0.0.1", "8.8.8.8", "fe80::1")), [
      "8.8.8.8",
      "10.0.0.1",
    ]);
    assert.deepEqual(ips(of("::1", "fe80::1", "169.254.1.1")), ["fe80::1", "169.254.1.1"]);
    assert.deepEqual(of("127.0.0.1", "::1"), ["/ip4/127.0.0.1/tcp/4001", "/ip6/::1/tcp/4001"]);
    assert.deepEqual(ips(of("10.0.0.1", "10.0.0.1")), ["10.0.0.1"]);
  });

  it("dials the address that another machine was heard from before those of its bridges", () => {
    const theirs = [...BRIDGES.map((_, number) => `172.${17 + number}.0.1`), "192.168.1.9"].map(at);
    const first = ips(rankTheirs([at("192.168.1.8"), ...theirs], local, "192.168.1.9"));
    assert.deepEqual(first.slice(0, 2), ["192.168.1.9", "192.168.1.8"]);
    assert.equal(ips(rankTheirs(theirs, local))[0], "192.168.1.9");
    // A container of this machine.
    assert.equal(ips(rankTheirs(theirs, local, "172.19.0.2"))[0], "172.19.0.1");
  });

  it("keeps an IPv4 address of another machine with many IPv6 privacy addresses", () => {
    const theirs = [1, 2, 3, 4, 5].map((number) => at(`2001:db8:9:9::${number}`));
    const kept = rankTheirs([...theirs, at("8.8.4.4")], local).slice(0, limits.recordAddresses);
    assert.ok(ips(kept).includes("8.8.4.4"));
  });

  it("has the port that a router forwards tested next to many IPv6 privacy addresses", () => {
    const known = { listening: own, mapped: undefined, privateWan: false, local };
    const candidates = dialbackCandidates({ ...known, seenAs: ["8.8.8.8"] });
    assert.equal(candidates.length, limits.dialbackAddresses);
    assert.deepEqual(ips(candidates).slice(0, 2), ["2001:db8:1:2::1", "8.8.8.8"]);
    const mapped = withoutPeer(at("9.9.9.9"));
    assert.ok(dialbackCandidates({ ...known, seenAs: [], mapped }).includes(mapped));
  });

  it("has the address of the LAN tested in a private mesh next to five bridges", () => {
    const known = { listening: own, mapped: undefined, privateWan: true, local, seenAs: [] };
    assert.ok(ips(dialbackCandidates(known)).includes("192.168.1.5"));
  });

  it("knows the networks of container software by name, and no card or tunnel", () => {
    for (const name of [...BRIDGES, "veth1a2b3c", "podman1", "vEthernet (WSL)", "bridge100"])
      assert.ok(isVirtualName(name), name);
    for (const name of ["eth0", "enp3s0", "wlan0", "br0", "br-lan", "bridge0", "wg0", "en0"])
      assert.ok(!isVirtualName(name), name);
    const [bridge] = addressesOf({ virbr0: [entry("10.0.0.2/24")] }, new Set(["virbr0"]));
    assert.equal(bridge?.kind, "default");
  });

  it("reads the interfaces of default routes, and not those of other routes", () => {
    const route = (name: string, destination: string, flags: string, mask: string) =>
      `${name}\t${destination}\t0101A8C0\t${flags}\t0\t0\t100\t${mask}\t0\t0\t0`;
    const ipv4 = [
      "Iface\tDestination\tGateway",
      route("tun0", "00000000", "0003", "00000080"),
      route("eth0", "00000000", "0003", "00000000"),
      route("eth1", "00000000", "0002", "00000000"),
      route("docker0", "000011AC", "0001", "0000FFFF"),
    ].join("\n");
    const zero = "0".repeat(32);
    const ipv6 = [
      `fe800000000000000000000000000000 40 ${zero} 00 ${zero} 00000100 1 0 00000001 eth2`,
      `${zero} 00 ${zero} 00 fe80${"0".repeat(28)} 00000400 1 0 00450003     wlan0`,
      `${zero} 00 ${zero} 00 ${zero} ffffffff 1 0 00200200       lo`,
    ].join("\n");
    assert.deepEqual([...defaultInterfaces(ipv4, ipv6)], ["eth0", "wlan0"]);
    assert.deepEqual([...defaultInterfaces("", "")], []);
  });
});
