import assert from "node:assert/strict";
import type { Connection } from "@libp2p/interface";
import { limits } from "../../../src/base/index.ts";
import { BootstrapList } from "../../../src/node/links/bootstrap-list.ts";
import { defaultTuning } from "../../../src/node/model/config.ts";
import type { Host } from "../../../src/node/model/host.ts";
import { SimTime } from "../../scenario/time.ts";

const PEER = "12D3KooWQ7XHkGVtB8FPdDHmp6yYSvcyzbQMQkzLMFUuSZLvUcQg";

describe("node: a bootstrap node that closes our connections", () => {
  /** A list whose host accepts every dial, and disconnects when the test says so. */
  function scene() {
    const time = new SimTime();
    const events = new EventTarget();
    let connections: Partial<Connection>[] = [];
    const remotePeer = { toString: () => PEER } as Connection["remotePeer"];
    const host = Object.assign(events, {
      getConnections: () => connections,
      peerStore: { merge: async () => undefined },
    }) as unknown as Host;
    const attempts: number[] = [];
    let dials = 0;
    const dial = async (): Promise<Connection> => {
      dials++;
      connections = [{ remotePeer }];
      return { remotePeer } as Connection;
    };
    const list = new BootstrapList(host, dial, time.clock(), defaultTuning, (event, fields) => {
      if (event === "bootstrap.searching") attempts.push(Number(fields?.attempt));
    });
    /** Disconnects, and waits until we have reconnected. */
    const drop = async (): Promise<void> => {
      const before = dials;
      connections = [];
      events.dispatchEvent(new CustomEvent("peer:disconnect", { detail: remotePeer }));
      assert.ok(await time.run(() => dials > before, 2 * limits.bootstrapRetry.max));
      await time.settle();
    };
    return { time, list, drop, attempts };
  }

  it("is dialed with growing delays while it closes soon, and without one after a stable connection", async () => {
    const { time, list, drop, attempts } = scene();
    list.add(`/ip4/127.0.0.1/tcp/1/p2p/${PEER}`);
    await time.settle();
    await drop();
    await time.pass(limits.bootstrapStable - 1);
    await drop();
    await drop();
    await time.pass(limits.bootstrapStable);
    await drop();
    list.stop();
    assert.deepEqual(attempts, [1, 2, 3, 1]);
    assert.equal(time.pending, 0);
  });
});

describe("node: a bootstrap node that does not answer", () => {
  /** A list whose dials fail, each when the test says so. */
  function scene() {
    const time = new SimTime();
    const host = Object.assign(new EventTarget(), { getConnections: () => [] });
    const failures: (() => void)[] = [];
    let dials = 0;
    const dial = (): Promise<Connection> => {
      dials++;
      return new Promise((_resolve, reject) => failures.push(() => reject(new Error("closed"))));
    };
    const list = new BootstrapList(
      host as unknown as Host,
      dial,
      time.clock(),
      defaultTuning,
      () => undefined,
    );
    list.add(`/ip4/127.0.0.1/tcp/1/p2p/${PEER}`);
    /** The dial that is under way fails. */
    const fail = async (): Promise<void> => {
      failures.pop()?.();
      await time.settle();
    };
    return { time, list, host, fail, dials: () => dials };
  }

  it("is dialed at once when the list is woken, but not twice in a row", async () => {
    const { time, list, fail, dials } = scene();
    for (let i = 1; i <= 8; i++) {
      await fail();
      assert.ok(await time.run(() => dials() > i, 2 * limits.bootstrapRetry.max));
    }
    await fail();
    const before = dials();
    list.wake();
    assert.equal(dials(), before + 1);
    await fail();
    list.wake();
    assert.equal(dials(), before + 1);
    await time.pass(limits.wakePause);
    list.wake();
    assert.equal(dials(), before + 2);
    await time.pass(limits.wakePause);
    // A dial is under way.
    list.wake();
    assert.equal(dials(), before + 2);
    list.stop();
    await fail();
    list.wake();
    assert.equal(dials(), before + 2);
    assert.equal(time.pending, 0);
  });

  it("has one delay, also when a connection ends while it is dialed", async () => {
    const { time, list, host, fail } = scene();
    host.dispatchEvent(new CustomEvent("peer:disconnect", { detail: { toString: () => PEER } }));
    await fail();
    assert.equal(time.pending, 1);
    list.stop();
    assert.equal(time.pending, 0);
  });
});
