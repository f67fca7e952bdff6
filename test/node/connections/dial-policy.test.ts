import assert from "node:assert/strict";
import { noise } from "@chainsafe/libp2p-noise";
import { identify } from "@libp2p/identify";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import { multiaddr } from "@multiformats/multiaddr";
import { createLibp2p } from "libp2p";
import type { HostId } from "../../../src/base/index.ts";
import {
  filteredLookup,
  mayDial,
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

describe("node: addresses that others name", () => {
  it("are not dialled where they are private and we are in no such network", () => {
    const far = around(["8.8.8.8"], ["8.8.8.8", "127.0.0.1", "::1"]);
    for (const host of INSIDE) assert.equal(mayDial(at(host), far), false, host);
    assert.equal(mayDial(at("203.0.113.9"), far), true);
    assert.equal(mayDial(at("2001:4860::1"), far), true);
  });

  it("are dialled in a private network that is ours, but not at the ports of services", () => {
    const home = around(["192.168.1.2"], ["192.168.1.2", "127.0.0.1"]);
    assert.equal(mayDial(at("192.168.1.3"), home), true);
    assert.equal(mayDial(at("192.168.1.1", 80), home), false);
    const others = INSIDE.filter((host) => !host.startsWith("192.168."));
    for (const host of others) assert.equal(mayDial(at(host), home), false, host);
  });

  it("are dialled on this machine where nothing of us is elsewhere", () => {
    const here = around(["127.0.0.1"], ["192.168.1.2", "127.0.0.1"]);
    assert.equal(mayDial(at("127.0.0.1", 80), here), true);
    assert.equal(mayDial(at("169.254.169.254"), here), false);
  });

  it("are not dialled on this machine when one of our own addresses is elsewhere", () => {
    for (const told of [
      ["127.0.0.1", "8.8.8.8"],
      ["192.168.1.2", "127.0.0.1"],
    ]) {
      const both = around(told, ["192.168.1.2", "127.0.0.1"]);
      assert.equal(mayDial(at("127.0.0.1"), both), false, told.join(" "));
    }
  });

  it("are all dialled in a mesh without the internet", () => {
    for (const host of INSIDE) assert.equal(mayDial(at(host), around([], [], true)), true, host);
  });

  it("are kept of nobody who is connected from the internet, where they are private", () => {
    const home = around(["192.168.1.2"], ["192.168.1.2"]);
    const near = at("192.168.1.3");
    assert.equal(mayRemember(near, [], home), true);
    assert.equal(mayRemember(near, [at("8.8.8.8")], home), false);
    assert.equal(mayRemember(near, [at("8.8.8.8"), at("192.168.1.3")], home), true);
    assert.equal(mayRemember(at("203.0.113.9"), [at("8.8.8.8")], home), true);
  });

  it("are known by their networks", () => {
    for (const host of ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2001:db8::1", "127.0.0.1"])
      assert.equal(networkOf(at(host)), undefined, host);
    assert.equal(networkOf(at("::ffff:192.168.1.1")), networkOf(at("192.168.9.9")));
  });

  it("are looked up, where they are names, and judged by what is found", async () => {
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

  describe("by real hosts", () => {
    const lab = createLab();
    afterEach(() => lab.clear());
    const NAMED = ["/ip4/169.254.169.254/tcp/80", "/ip4/0.0.0.0/tcp/22", "/ip4/203.0.113.9/tcp/9"];

    it("are not dialled for a record that points at what is not ours", async () => {
      const node = await lab.node();
      const target = { host: "12D3KooWTest" as HostId, addresses: NAMED.slice(0, 2) };
      await assert.rejects(node.transport.dial(target, noSignal()), (error: Error) => {
        for (const address of target.addresses)
          assert.ok(error.message.includes(`${address}: in a network that is not ours`));
        return true;
      });
    });

    it("bound the work of a dial, however many a record would name and whatever they are", async () => {
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

    it("are not remembered of a host that tells them of itself", async () => {
      const { host } = await lab.host({ privateWan: false, wanServer: false });
      const liar = await createLibp2p({
        addresses: { listen: LOOPBACK, announce: NAMED },
        transports: [tcp()],
        connectionEncrypters: [noise()],
        streamMuxers: [yamux()],
        services: { identify: identify() },
      });
      lab.later(() => liar.stop());
      await liar.dial(host.getMultiaddrs());
      const kept = async () => {
        const peer = await host.peerStore.get(liar.peerId).catch(() => undefined);
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
