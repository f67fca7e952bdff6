import assert from "node:assert/strict";
import { limits } from "../../../src/base/index.ts";
import { watchReturn } from "../../../src/node/host/network-return.ts";
import type { Host } from "../../../src/node/model/host.ts";
import { systemClock } from "../../../src/node/util/deadline.ts";
import { SimTime } from "../../scenario/time.ts";
import { createLab, until } from "../support.ts";

describe("node: return to the network", () => {
  const lab = createLab();
  afterEach(() => lab.clear());

  /** A host with two DHTs, whose peers connect and disconnect as the test says. */
  function scene() {
    const time = new SimTime();
    const peers = new Set<string>();
    const events = Object.assign(new EventTarget(), {
      getPeers: () => [...peers].map((peer) => ({ toString: () => peer })),
    });
    const tables = [new Set(["a", "b"]), new Set(["c"])];
    let returns = 0;
    const stop = watchReturn(events as unknown as Host, time.clock(), tables, () => returns++);
    const emit = (type: string, peer: string): void => {
      events.dispatchEvent(new CustomEvent(type, { detail: { toString: () => peer } }));
    };
    return {
      time,
      stop,
      returns: () => returns,
      connect(peer: string) {
        peers.add(peer);
        emit("peer:connect", peer);
      },
      disconnect(peer: string) {
        peers.delete(peer);
        emit("peer:disconnect", peer);
      },
    };
  }

  it("is noticed once a DHT has a peer again after a while without any", async () => {
    const { time, returns, connect, disconnect, stop } = scene();
    for (const peer of ["a", "b", "c"]) connect(peer);
    for (const peer of ["a", "b"]) disconnect(peer);
    await time.pass(limits.peersAway);
    connect("stranger");
    assert.equal(returns(), 0);
    connect("b");
    assert.equal(returns(), 1);
    connect("a");
    assert.equal(returns(), 1);
    disconnect("c");
    await time.pass(limits.peersAway);
    stop();
    connect("c");
    assert.equal(returns(), 1);
  });

  it("is none after a short time, and none while another peer stayed", async () => {
    const { time, returns, connect, disconnect } = scene();
    for (const peer of ["a", "b"]) connect(peer);
    for (const peer of ["a", "b"]) disconnect(peer);
    await time.pass(limits.peersAway - 1);
    connect("a");
    assert.equal(returns(), 0);
    connect("b");
    disconnect("a");
    await time.pass(limits.peersAway);
    connect("a");
    assert.equal(returns(), 0);
  });

  it("is reported like a change of our addresses, so that the node publishes and searches", async () => {
    let skew = 0;
    const clock = { ...systemClock, now: () => Date.now() + skew };
    const privateKey = new Uint8Array(32).fill(4);
    const before = await lab.bootstrap({ privateKey });
    const [address = ""] = before.addresses();
    const node = await lab.node({
      clock,
      bootstrap: [address],
      tuning: { bootstrapRetry: { min: 20, max: 60 } },
    });
    let changes = 0;
    node.transport.onAddresses(() => changes++);
    await until(() => node.rendezvous.peers() === 1);
    await before.stop();
    await until(() => node.status().peers === 0);
    skew = limits.peersAway;
    assert.equal(changes, 0);
    await lab.bootstrap({ privateKey, listen: [address.split("/p2p/")[0] ?? ""] });
    await until(() => changes === 1);
  });
});
