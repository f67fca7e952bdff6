import assert from "node:assert/strict";
import { encode } from "dns-packet";
import { encodeAnswer, encodeQuery, readPacket } from "../../../src/node/lan/mdns-packets.ts";
import { multicastLinks } from "../../../src/node/lan/multicast-socket.ts";
import type { InterfaceAddress, InterfaceKind } from "../../../src/node/util/interfaces.ts";

const SERVICE = "_sotto._udp.local";
const PEER = "12D3KooWQ7XHkGVtB8FPdDHmp6yYSvcyzbQMQkzLMFUuSZLvUcQg";
const OTHER = "12D3KooWNvSZnPi3RrhrTwEY4LuuBeB6K6facKUCJcyWG1aoDd2p";

describe("node: mDNS packets", () => {
  const addresses = [`/ip4/10.0.0.1/tcp/4001/p2p/${PEER}`, `/ip6/fe80::1/tcp/4001/p2p/${PEER}`];

  it("reads the query and the answer of another node, and nothing of another service", () => {
    assert.deepEqual(readPacket(SERVICE, "us", encodeQuery(SERVICE)), { kind: "query" });
    const answer = encodeAnswer(SERVICE, "them", addresses);
    const heard = readPacket(SERVICE, "us", answer);
    assert.ok(heard?.kind === "answer");
    assert.equal(heard.peer, PEER);
    assert.deepEqual(heard.addresses.map(String), addresses);
    assert.equal(readPacket(SERVICE, "them", answer), undefined);
    assert.equal(readPacket("_other._udp.local", "us", answer), undefined);
    assert.equal(readPacket(SERVICE, "us", encodeQuery("_other._udp.local")), undefined);
  });

  it("keeps of an answer only addresses that can be dialed, of one node", () => {
    const mixed = [
      "/ip4/10.0.0.9/tcp/4001",
      "rubbish",
      ...addresses,
      `/ip4/10.0.0.2/tcp/1/p2p/${OTHER}`,
    ];
    const heard = readPacket(SERVICE, "us", encodeAnswer(SERVICE, "them", mixed));
    assert.ok(heard?.kind === "answer");
    assert.deepEqual(heard.addresses.map(String), addresses);
    const nameless = encodeAnswer(SERVICE, "them", ["/ip4/10.0.0.9/tcp/4001"]);
    assert.equal(readPacket(SERVICE, "us", nameless), undefined);
  });

  it("takes no other address from truncated and damaged answers", () => {
    const answer = encodeAnswer(SERVICE, "them", addresses);
    for (let length = 0; length < answer.length; length++) {
      const heard = readPacket(SERVICE, "us", answer.subarray(0, length));
      if (heard !== undefined) assert.deepEqual(heard, { ...heard, kind: "answer", peer: PEER });
      const found = heard?.kind === "answer" ? heard.addresses.map(String) : [];
      assert.ok(found.every((address) => addresses.includes(address)));
    }
    for (let seed = 0; seed < 500; seed++) {
      const bytes = Uint8Array.from(answer, (byte, at) => ((at * seed) % 7 === 3 ? seed : byte));
      readPacket(SERVICE, "us", bytes);
    }
    assert.equal(readPacket(SERVICE, "us", encode({ type: "response" })), undefined);
  });
});

describe("node: interfaces for mDNS", () => {
  const on = (name: string, kind: InterfaceKind, ip: string, prefix = 24): InterfaceAddress => ({
    name,
    kind,
    zone: name,
    ip,
    prefix,
  });
  const names = (...local: InterfaceAddress[]) => ({
    ipv4: multicastLinks(local, "IPv4").map(({ name }) => name),
    ipv6: multicastLinks(local, "IPv6").map(({ name }) => name),
  });
  const lo = on("lo", "loopback", "127.0.0.1", 8);
  const docker = [
    on("docker0", "virtual", "172.17.0.1", 16),
    on("docker0", "virtual", "fe80::d", 64),
  ];

  it("are those of the LAN, the one with the default route first, each once", () => {
    const wlan = [on("wlan0", "default", "192.168.1.5"), on("wlan0", "default", "192.168.2.5")];
    const eth = on("eth1", "lan", "10.0.0.5");
    const six = on("eth1", "lan", "fe80::5", 64);
    const tunnel = on("tun0", "lan", "100.64.0.5", 32);
    const global = on("eth2", "lan", "2001:db8::5", 64);
    assert.deepEqual(names(lo, ...docker, eth, six, tunnel, global, ...wlan), {
      ipv4: ["wlan0", "eth1"],
      ipv6: ["eth1"],
    });
  });

  it("are those of containers only without a LAN, and loopback only without these", () => {
    assert.deepEqual(names(lo, ...docker), { ipv4: ["docker0"], ipv6: ["docker0"] });
    assert.deepEqual(names(lo), { ipv4: ["lo"], ipv6: [] });
    const six = on("eth0", "lan", "fe80::5", 64);
    assert.deepEqual(names(lo, ...docker, six), { ipv4: [], ipv6: ["eth0"] });
  });
});
