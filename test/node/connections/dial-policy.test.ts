import assert from "node:assert/strict";
import { noise } from "@chainsafe/libp2p-noise";
import { identify } from "@libp2p/identify";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import { multiaddr } from "@multiformats/multiaddr";
import { createLibp2p } from "libp2p";
import { type HostId, limits } from "../../../src/base/index.ts";
import {
  filteredLookup,
  mayDial,
  mayDialBack,
  mayRemember,
  networkOf,
} from "../../../src/node/connections/dial-policy.ts";
import type { Host } from "../../../src/node/model/host.ts";
import { createLab, LOOPBACK, noSignal, until } from "../support.ts";

const at = (host: string, port = 4001) =>
  multiaddr(`/${host.includes(":") ? "ip6" : "ip4"}/${host}/tcp/${port}`);
const around = (advertised: string[], interfaces: string[], privateWan = false) => ({
  advertised: advertised.map((host) => at(host)),
  interfaces,
  privateWan,
});

const INSIDE = [
  "127.0.0.1",
  "::1",
  "::ffff:127.0.0.1",
  "0.0.0.0",
  "10.0.0.1",
  "::ffff:10.0.0.1",
  "172.16.0.1",
  "192.168.1.1",
  "100.64.0.1",
  "169.254.169.254",
  "fd00::1",
  "fe80::1",
];

describe("node: dial policy", () => {
  it("rejects private addresses if we are not in that network", () => {
    const remote = around(["8.8.8.8"], ["8.8.8.8", "127.0.0.1", "::1"]);
    for (const host of INSIDE) assert.equal(mayDial(at(host), remote), false, host);
    assert.equal(mayDial(at("203.0.113.9"), remote), true);
    assert.equal(mayDial(at("2001:4860::1"), remote), true);
  });

  it("allows addresses of our private network except at service ports", () => {
    const home = around(["192.168.1.2"], ["192.168.1.2", "127.0.0.1"]);
    assert.equal(mayDial(at("192.168.1.3"), home), true);
    assert.equal(mayDial(at("192.168.1.1", 80), home), false);
    const others = INSIDE.filter((host) => !host.startsWith("192.168."));
    for (const host of others) assert.equal(mayDial(at(host), home), false, host);
  });

  it("allows loopback if we advertise nothing else", () => {
    const here = around(["127.0.0.1"], ["192.168.1.2", "127.0.0.1"]);
    assert.equal(mayDial(at("127.0.0.1", 80), here), true);
    assert.equal(mayDial(at("169.254.169.254"), here), false);
  });

  it("rejects loopback if we advertise another address", () => {
    for (const advertised of [
      ["127.0.0.1", "8.8.8.8"],
      ["192.168.1.2", "127.0.0.1"],
    ]) {
      const both = around(advertised, ["192.168.1.2", "127.0.0.1"]);
      assert.equal(mayDial(at("127.0.0.1"), both), false, advertised.join(" "));
    }
  });

  it("allows every address in a mesh without internet access", () => {
    for (const host of INSIDE) assert.equal(mayDial(at(host), around([], [], true)), true, host);
  });

  it("dials back no port of a service, and no address of this machine", () => {
    const server = around(["8.8.8.8"], ["8.8.8.8", "2001:4860::1", "127.0.0.1", "::1"]);
    assert.equal(mayDialBack(at("203.0.113.9"), server), true);
    assert.equal(mayDialBack(at("203.0.113.9", limits.punchPortMin - 1), server), false);
    assert.equal(mayDialBack(at("203.0.113.9", limits.punchPortMin), server), true);
    for (const host of [...INSIDE, "8.8.8.8", "2001:4860::1"])
      assert.equal(mayDialBack(at(host), server), false, host);
    // A server behind a forwarder may advertise nothing but loopback.
    for (const host of INSIDE)
      assert.equal(mayDialBack(at(host), around(["127.0.0.1"], ["127.0.0.1"])), false, host);
  });

  it("dials back private addresses in a private mesh, but not this machine", () => {
    const meshed = around(["10.0.0.2"], ["10.0.0.2", "127.0.0.1"], true);
    assert.equal(mayDialBack(at("10.0.0.3"), meshed), true);
    assert.equal(mayDialBack(at("10.0.0.3", 80), meshed), false);
    for (const host of ["10.0.0.2", "::ffff:10.0.0.2", "127.0.0.1", "::ffff:127.0.0.1"])
      assert.equal(mayDialBack(at(host), meshed), false, host);
    // All nodes of a mesh on one machine.
    assert.equal(mayDialBack(at("127.0.0.1"), around(["127.0.0.1"], ["127.0.0.1"], true)), true);
  });

  it("does not store private addresses of peers connected from public addresses", () => {
    const home = around(["192.168.1.2"], ["192.168.1.2"]);
    const local = at("192.168.1.3");
    assert.equal(mayRemember(local, [], home), true);
    assert.equal(mayRemember(local, [at("8.8.8.8")], home), false);
    assert.equal(mayRemember(local, [at("8.8.8.8"), at("192.168.1.3")], home), true);
    assert.equal(mayRemember(at("203.0.113.9"), [at("8.8.8.8")], home), true);
  });

  it("recognises private networks by their address ranges", () => {
    for (const host of ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2001:db8::1", "127.0.0.1"])
      assert.equal(networkOf(at(host)), undefined, host);
    assert.equal(networkOf(at("::ffff:192.168.1.1")), networkOf(at("192.168.9.9")));
  });

  it("resolves names and judges the addresses found", async () => {
    const found = (allowed: boolean, all: boolean) =>
      new Promise<{ code?: string | undefined; first?: unknown }>((resolve) => {
        const look = filteredLookup(() => allowed);
        look("localhost", { all }, (error, address) =>
          resolve({
            code: (error as NodeJS.ErrnoException | null)?.code,
            first: Array.isArray(address) ? address[0]?.address : address,
          }),
        );
      });
    for (const all of [true, false]) {
      assert.equal((await found(false, all)).code, "EFOREIGN");
      const { code, first } = await found(true, all);
      assert.ok(code === undefined && (first === "127.0.0.1" || first === "::1"));
    }
  });

  describe("with real hosts", () => {
    const lab = createLab();
    afterEach(() => lab.clear());
    const NAMED = ["/ip4/169.254.169.254/tcp/80", "/ip4/0.0.0.0/tcp/22", "/ip4/203.0.113.9/tcp/9"];

    it("does not dial addresses of foreign private networks from a record", async () => {
      const node = await lab.node();
      const target = { host: "12D3KooWTest" as HostId, addresses: NAMED.slice(0, 2) };
      await assert.rejects(node.transport.dial(target, noSignal()), (error: Error) => {
        for (const address of target.addresses)
          assert.ok(error.message.includes(`${address}: in a private network`));
        return true;
      });
    });

    it("limits the work of a dial, whatever addresses a record names", async () => {
      const node = await lab.node({ tuning: { dial: 300 } });
      const [own = ""] = node.transport.addresses();
      const many = Array.from({ length: 3_000 }, (_, i) => `/ip4/127.0.0.1/tcp/${1 + (i % 50)}`);
      const odd = [own, "/", "//", "/ip4", "/ip4/1.2.3", `/p2p-circuit${own}`, `${own}${own}`];
      const target = { host: "12D3KooWTest" as HostId, addresses: [...odd, ...many] };
      const error = await node.transport.dial(target, noSignal()).then(
        () => assert.fail("the dial succeeded"),
        (reason: Error) => reason,
      );
      assert.ok(error.message.includes(`${own}: our own address`));
      assert.ok(error.message.includes("//: not an address we can use"));
      assert.ok(error.message.includes("too many addresses"));
    });

    it("does not store foreign private addresses that a peer advertises", async () => {
      const { host } = await lab.host({ privateWan: false, wanServer: false });
      const attacker = await createLibp2p({
        addresses: { listen: LOOPBACK, announce: NAMED },
        transports: [tcp()],
        connectionEncrypters: [noise()],
        streamMuxers: [yamux()],
        services: { identify: identify() },
      });
      lab.later(() => attacker.stop());
      await attacker.dial(host.getMultiaddrs());
      const kept = async () => {
        const peer = await host.peerStore.get(attacker.peerId).catch(() => undefined);
        return peer?.addresses.map(({ multiaddr: one }) => one.toString()) ?? [];
      };
      let addresses: string[] = [];
      const look = setInterval(() => void kept().then((now) => (addresses = now)), 20);
      lab.later(() => clearInterval(look));
      await until(() => addresses.length > 0);
      assert.deepEqual(
        addresses.filter((text) => NAMED.includes(text)),
        ["/ip4/203.0.113.9/tcp/9"],
      );
      assert.ok((host as Host).services.internals.mayDial(at("203.0.113.9")));
    });
  });
});
