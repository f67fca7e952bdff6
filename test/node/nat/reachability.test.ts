import assert from "node:assert/strict";
import { type AddressInfo, createServer } from "node:net";
import { multiaddr } from "@multiformats/multiaddr";
import type { Libp2p } from "libp2p";
import { limits, utf8 } from "../../../src/base/index.ts";
import type { SottoNode } from "../../../src/node/index.ts";
import type { Host } from "../../../src/node/model/host.ts";
import { freePort } from "../../../src/node/nat/nat-detection.ts";
import { Reachability, reachabilityUnknown } from "../../../src/node/nat/reachability.ts";
import { systemClock } from "../../../src/node/util/deadline.ts";
import { DIALBACK_PROTOCOL } from "../../../src/node/util/protocols.ts";
import { type Clock, silent } from "../../../src/ports/index.ts";
import { encodeFrame, FrameDecoder } from "../../../src/wire/index.ts";
import { createLab, stranger, until } from "../support.ts";

const settled = (node: SottoNode): Promise<void> =>
  until(() => node.status().reach.verdict !== "unknown");

describe("node: reachability", () => {
  const lab = createLab();
  afterEach(() => lab.clear());

  it("is proven by a single bootstrap node and switches the WAN DHT from client to server", async () => {
    const bootstrap = await lab.bootstrap({ privateWan: true });
    const node = await lab.node({ privateWan: true, bootstrap: bootstrap.addresses() });
    assert.equal(node.status().wanMode, "client");
    assert.equal(node.status().reach.verdict, "unknown");
    await settled(node);
    const { reach, wanMode } = node.status();
    assert.equal(reach.verdict, "reachable");
    assert.equal(reach.asked, 1);
    assert.deepEqual(
      reach.addresses.map(({ reached, failed }) => [reached, failed]),
      [[1, 0]],
    );
    assert.equal(wanMode, "server");
  });

  it("skips dial-back for private addresses and stays a DHT client", async () => {
    const bootstrap = await lab.bootstrap();
    const node = await lab.node({ bootstrap: bootstrap.addresses() });
    await settled(node);
    assert.equal(node.status().reach.verdict, "unreachable");
    assert.deepEqual(node.status().reach.addresses, []);
    assert.equal(node.status().wanMode, "client");
  });

  /** A node that answers every dial-back request with this. @returns its address. */
  async function answering(bytes: Uint8Array): Promise<string> {
    const attacker = await stranger(lab);
    await attacker.handle(DIALBACK_PROTOCOL, (stream) => {
      stream.addEventListener("message", () => {
        stream.send(bytes);
        void stream.close();
      });
    });
    return `${attacker.getMultiaddrs()[0]?.toString()}`;
  }
  const saying = (result: string) => answering(encodeFrame(utf8(result)));

  it("ignores a lying peer that others contradict", async () => {
    const hosts = [await saying("timed out"), await saying("reached"), await saying("timed out")];
    const node = await lab.node({ privateWan: true, bootstrap: hosts });
    await until(() => node.status().reach.asked === 3);
    assert.equal(node.status().reach.verdict, "unreachable");
    assert.deepEqual(node.status().reach.addresses[0]?.failures, ["timed out"]);
    assert.equal(node.status().wanMode, "client");
  });

  /** A node that knows no peer, and what asks for it whether it can be reached. */
  async function asker(
    isBootstrap: (peer: string) => boolean = () => false,
    clock: Clock = systemClock,
  ) {
    const { host } = await lab.host({ wanServer: false });
    const mappedAddress = (): undefined => undefined;
    const parts = { host, clock, log: silent, privateWan: true, mappedAddress };
    const reach = new Reachability({ ...parts, isBootstrap });
    lab.later(() => reach.stop());
    return { host, reach };
  }

  /** A peer that gives this answer to each request. @returns it, and how often it was asked. */
  async function counting(text: string) {
    const peer = await stranger(lab);
    let asked = 0;
    await peer.handle(DIALBACK_PROTOCOL, (stream) => {
      stream.addEventListener("message", () => {
        asked++;
        stream.send(encodeFrame(utf8(text)));
        void stream.close();
      });
    });
    return { peer, address: multiaddr(`${peer.getMultiaddrs()[0]}`), asked: () => asked };
  }

  const identified = (host: Host, peer: Libp2p): Promise<void> =>
    new Promise((resolve) => {
      host.addEventListener("peer:identify", ({ detail }) => {
        if (detail.peerId.equals(peer.peerId)) resolve();
      });
    });

  it("asks no peer that dialed it, and believes none", async () => {
    const { host, reach } = await asker();
    const liar = await counting("reached");
    const known = identified(host, liar.peer);
    await liar.peer.dial(host.getMultiaddrs());
    await known;
    assert.deepEqual(await reach.check(), reachabilityUnknown);
    assert.equal(liar.asked(), 0);
    assert.equal(host.services.wan.getMode(), "client");

    const honest = await counting("timed out");
    const dialed = identified(host, honest.peer);
    await host.dial(honest.address);
    await dialed;
    assert.equal((await reach.check()).verdict, "unreachable");
    assert.deepEqual([liar.asked(), honest.asked()], [0, 1]);
  });

  it("concludes nothing from a busy peer, and asks it again after a minute", async () => {
    const delays: number[] = [];
    const clock: Clock = {
      now: () => Date.now(),
      after: (ms, job) => {
        delays.push(ms);
        return systemClock.after(ms, job);
      },
    };
    const { host, reach } = await asker(() => false, clock);
    const helper = await counting("busy");
    const known = identified(host, helper.peer);
    await host.dial(helper.address);
    await known;
    assert.equal((await reach.check()).verdict, "unknown");
    assert.equal(helper.asked(), 1);
    assert.equal(delays.at(-1), limits.reachabilityBusy);
  });

  it("asks bootstrap nodes before other nodes that it dialed", async () => {
    const bootstraps = new Set<string>();
    const { host, reach } = await asker((peer) => bootstraps.has(peer));
    const peers = [];
    for (let i = 0; i <= limits.dialbackHelpers; i++) {
      const one = await counting(i < limits.dialbackHelpers ? "reached" : "timed out");
      const known = identified(host, one.peer);
      await host.dial(one.address);
      await known;
      peers.push(one);
    }
    const last = peers.at(-1);
    bootstraps.add(`${last?.peer.peerId}`);
    await reach.check();
    assert.equal(last?.asked(), 1);
    assert.equal(reach.state().asked, limits.dialbackHelpers);
  });

  it("forgets the address that a peer reported once that peer is disconnected", async () => {
    const { host, reach } = await asker();
    const { peer, address } = await counting("timed out");
    const known = identified(host, peer);
    await host.dial(address);
    await known;
    assert.deepEqual(reach.state().seenAs, ["127.0.0.1"]);
    await peer.stop();
    await until(() => reach.state().seenAs.length === 0);
  });

  it("ignores a response that is malformed or names a result of its own", async () => {
    const node = await lab.node({
      privateWan: true,
      bootstrap: [
        await answering(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff)),
        await saying("\u001b]0;owned\u0007 refused"),
        await saying("constructor"),
      ],
    });
    await until(() => node.peers().length === 3);
    await new Promise((resolve) => setTimeout(resolve, 2 * limits.reachabilityDelay));
    assert.equal(node.status().reach.verdict, "unknown");
    assert.equal(node.status().wanMode, "client");
  });

  /** The response of a bootstrap node to a stranger that requests to dial these. */
  async function answerTo(addresses: readonly string[], privateWan = true): Promise<string> {
    const bootstrap = await lab.bootstrap({ privateWan });
    const asker = await stranger(lab);
    const stream = await asker.dialProtocol(multiaddr(bootstrap.addresses()[0]), DIALBACK_PROTOCOL);
    const decoder = new FrameDecoder();
    return new Promise((resolve) => {
      stream.addEventListener("message", ({ data }) => {
        const frames = decoder.push(data.subarray());
        if (frames.kind === "frames" && frames.frames[0] !== undefined)
          resolve(Buffer.from(frames.frames[0]).toString());
      });
      stream.addEventListener("close", () => resolve("closed"));
      stream.send(encodeFrame(utf8(addresses.join("\n"))));
    });
  }

  it("dials only the requester", async () => {
    assert.equal(await answerTo(["/ip4/127.0.0.2/tcp/80"]), "foreign");
    assert.equal(await answerTo(["/dns4/localhost/tcp/80", "nonsense"]), "foreign\nforeign");
  });

  it("dials no port of a service, and its own machine only in a mesh on that machine", async () => {
    let dials = 0;
    const service = createServer((socket) => {
      dials++;
      socket.destroy();
    });
    await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
    lab.later(() => service.close());
    const { port } = service.address() as AddressInfo;
    assert.equal(await answerTo([`/ip4/127.0.0.1/tcp/${port}`], false), "foreign");
    assert.equal(dials, 0);
    assert.notEqual(await answerTo([`/ip4/127.0.0.1/tcp/${port}`]), "foreign");
    assert.equal(dials, 1);
    assert.equal(await answerTo([`/ip4/127.0.0.1/tcp/${limits.punchPortMin - 1}`]), "foreign");
  });

  it("reports why an address was not reached, and that another host answered there", async () => {
    const other = await lab.node();
    const [address] = other.transport.addresses();
    assert.equal(
      await answerTo([`/ip4/127.0.0.1/tcp/${await freePort()}`, `${address}`]),
      "refused\nanother node answers there",
    );
  });

  it("rejects a request with too many addresses", async () => {
    const many = Array.from(
      { length: limits.dialbackAddresses + 1 },
      (_, i) => `/ip4/127.0.0.1/tcp/${i + 1}`,
    );
    assert.equal(await answerTo(many), "closed");
  });
});
