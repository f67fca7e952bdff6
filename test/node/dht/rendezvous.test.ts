import assert from "node:assert/strict";
import { type Multiaddr, multiaddr } from "@multiformats/multiaddr";
import { equal, limits } from "../../../src/base/index.ts";
import { DhtRendezvous } from "../../../src/node/dht/rendezvous.ts";
import type { SottoNode } from "../../../src/node/index.ts";
import type { Host } from "../../../src/node/model/host.ts";
import { systemClock } from "../../../src/node/util/deadline.ts";
import { defaultRequestLimits } from "../../../src/node/util/rate-limit.ts";
import {
  AcceptAllValidator,
  createLab,
  findAll,
  findIn,
  keysOf,
  noSignal,
  recordOf,
  until,
  validator,
} from "../support.ts";

const MINUTE = 60_000;

/** The time limit of kad-dht's requests, which adapts to how long earlier ones took. */
interface Adaptive {
  readonly next: { push(milliseconds: number): void };
  getTimeoutSignal(): { readonly timeout: number; clear(): void };
}

describe("node: rendezvous", () => {
  const lab = createLab();
  afterEach(() => lab.clear());

  /** A bootstrap node, and nodes that know each other only through it. */
  async function mesh(count: number, options: { validator?: AcceptAllValidator } = {}) {
    const host = await lab.bootstrap();
    const nodes: SottoNode[] = [];
    for (let i = 0; i < count; i++)
      nodes.push(
        await lab.node({
          bootstrap: host.addresses(),
          // The first one validates nothing.
          ...(i === 0 && options.validator !== undefined ? { validator: options.validator } : {}),
        }),
      );
    await until(() => nodes.every((node) => node.status().lanDht >= count));
    return { host, nodes };
  }

  /** A client of the WAN DHT without peers in the LAN DHT. */
  async function client(server: readonly Multiaddr[]): Promise<DhtRendezvous> {
    const { host } = await lab.host({ wanServer: false });
    await host.dial([...server]);
    await until(() => host.services.wan.routingTable.size === 1);
    assert.equal(host.services.wan.getMode(), "client");
    const noLan = { routingTable: { size: 0 } };
    return new DhtRendezvous({
      host: { peerId: host.peerId, services: { ...host.services, lan: noLan } } as unknown as Host,
      validator: validator(),
      clock: systemClock,
      timeout: 5000,
    });
  }

  it("finds a record of another node on the LAN DHT, through a bootstrap node", async () => {
    const { nodes } = await mesh(3);
    const [alice, bob, carol] = nodes;
    assert.ok(alice && bob && carol);
    const record = recordOf(1);
    const takers = await alice.rendezvous.publish(keysOf(1).tag, record, noSignal());
    assert.equal(takers, 3);
    assert.deepEqual(await findAll(bob, keysOf(1).tag), [record]);
    assert.deepEqual(await findAll(carol, keysOf(2).tag), []);
  });

  it("finds a record of another client on the WAN DHT only", async () => {
    const server = await lab.bootstrap({ privateWan: true });
    const addresses = server.addresses().map((address) => multiaddr(address));
    const [alice, bob] = [await client(addresses), await client(addresses)];
    const record = recordOf(1);
    assert.equal(await alice.publish(keysOf(1).tag, record, noSignal()), 1);
    assert.deepEqual(await findIn(bob, keysOf(1).tag), [record]);
  });

  it("reports the requests that the user waits for, also when no peer is known", async () => {
    const { host } = await lab.host();
    let reported = 0;
    const rendezvous = new DhtRendezvous({
      host,
      validator: validator(),
      clock: systemClock,
      timeout: 5000,
      onUrgent: () => reported++,
    });
    const { tag } = keysOf(1);
    const look = async (urgent: boolean): Promise<void> => {
      for await (const _ of rendezvous.lookup(tag, noSignal(), "any", () => urgent)) assert.fail();
    };
    await look(false);
    assert.equal(reported, 0);
    await look(true);
    await rendezvous.publish(tag, recordOf(1), noSignal(), "any", () => true);
    assert.equal(reported, 2);
  });

  it("keeps private addresses out of the WAN DHT by default", async () => {
    const { nodes, host } = await mesh(1);
    assert.equal(nodes[0]?.status().wanDht, 0);
    assert.equal(host.status().wanDht, 0);
  });

  it("tags no peer for reconnection", async () => {
    const { host } = await lab.host();
    for (const { routingTable } of [host.services.lan, host.services.wan]) {
      const { closestPeerTagger } = routingTable as unknown as {
        readonly closestPeerTagger: { readonly newPeers: { readonly capacity: number } };
      };
      assert.equal(closestPeerTagger.newPeers.capacity, 0);
    }
  });

  it("waits no longer for a peer because others did not answer", async () => {
    const { host } = await lab.host();
    for (const dht of [host.services.lan, host.services.wan]) {
      const { timeout } = (dht as unknown as { readonly network: { readonly timeout: Adaptive } })
        .network;
      for (let failed = 0; failed < 20; failed++) {
        timeout.next.push(120_000);
        const signal = timeout.getTimeoutSignal();
        assert.ok(signal.timeout <= limits.dhtRequestTime);
        signal.clear();
      }
    }
    assert.ok(2 * limits.dhtRequestTime < limits.dhtTimeout, "a put has two rounds");
  });

  it("stores and finds nothing without peers", async () => {
    const alone = await lab.node();
    const record = recordOf(1);
    assert.equal(alone.rendezvous.peers(), 0);
    assert.equal(await alone.rendezvous.publish(keysOf(1).tag, record, noSignal()), 0);
    assert.deepEqual(await findAll(alone, keysOf(1).tag), []);
  });

  it("does not report its own stale copy as found", async () => {
    const { nodes, host } = await mesh(1);
    const [alice] = nodes;
    assert.ok(alice);
    await host.stop();
    await alice.rendezvous.publish(keysOf(1).tag, recordOf(1), noSignal());
    assert.deepEqual(await findAll(alice, keysOf(1).tag), []);
  });

  it("finds a record that another node stored here", async () => {
    const { nodes, host } = await mesh(2);
    const [alice, bob] = nodes;
    assert.ok(alice && bob);
    const record = recordOf(1);
    await alice.rendezvous.publish(keysOf(1).tag, record, noSignal());
    await alice.stop();
    await host.stop();
    assert.deepEqual(await findAll(bob, keysOf(1).tag), [record]);
  });

  it("stores no forged, stale, early, oversized or misplaced record", async () => {
    const { nodes } = await mesh(2, { validator: new AcceptAllValidator() });
    const [mallory, bob] = nodes;
    assert.ok(mallory && bob);
    const forged = recordOf(1);
    forged[100] = (forged[100] ?? 0) ^ 1;
    const bad = [
      forged,
      recordOf(1, Date.now() - limits.recordAge - MINUTE),
      recordOf(1, Date.now() + limits.recordAhead + MINUTE),
      new Uint8Array(limits.recordBytes + 1),
      recordOf(2),
    ];
    for (const record of bad)
      assert.equal(await mallory.rendezvous.publish(keysOf(1).tag, record, noSignal()), 0);
    const fine = recordOf(1);
    assert.equal(await mallory.rendezvous.publish(keysOf(1).tag, fine, noSignal()), 2);
    assert.deepEqual(await findAll(bob, keysOf(1).tag), [fine]);
  });

  it("rejects a forged record that a storing node returns", async () => {
    const host = await lab.bootstrap({ validator: new AcceptAllValidator() });
    const bootstrap = host.addresses();
    const mallory = await lab.node({ bootstrap, validator: new AcceptAllValidator() });
    await until(() => mallory.status().lanDht === 1);
    const forged = recordOf(1).fill(0, 500);
    assert.equal(await mallory.rendezvous.publish(keysOf(1).tag, forged, noSignal()), 1);
    await mallory.stop();
    const alice = await lab.node({ bootstrap });
    await until(() => alice.status().lanDht === 1);
    assert.deepEqual(await findAll(alice, keysOf(1).tag), []);
  });

  it("publishes no record that it would reject", async () => {
    const { nodes } = await mesh(1);
    const record = recordOf(1).fill(0, 500);
    assert.equal(await nodes[0]?.rendezvous.publish(keysOf(1).tag, record, noSignal()), 0);
  });

  it("does not roll back to an older valid record", async () => {
    const { nodes } = await mesh(2, { validator: new AcceptAllValidator() });
    const [mallory, alice] = nodes;
    assert.ok(alice && mallory);
    const [older, newer] = [recordOf(1, Date.now() - MINUTE), recordOf(1)];
    assert.equal(await alice.rendezvous.publish(keysOf(1).tag, newer, noSignal()), 2);
    assert.equal(await mallory.rendezvous.publish(keysOf(1).tag, older, noSignal()), 0);
    assert.ok((await findAll(mallory, keysOf(1).tag)).every((record) => equal(record, newer)));
  });

  it("validates Buffers from the network like plain bytes", async () => {
    const { nodes } = await mesh(1);
    const [alice] = nodes;
    assert.ok(alice);
    // About half of a dozen tags and signatures have the highest bit set.
    for (let name = 0; name < 12; name++) {
      const taken: number = await alice.rendezvous.publish(
        keysOf(name).tag,
        recordOf(name),
        noSignal(),
      );
      assert.equal(taken, 1);
    }
  });

  it("rejects further records of a peer that puts too many per minute", async () => {
    const requestLimits = { ...defaultRequestLimits, puts: 5 };
    // One window, however long the test takes.
    const now = systemClock.now();
    const clock = { ...systemClock, now: () => now };
    const { host } = await lab.host({ clock, requestLimits });
    const mallory = await client(host.getMultiaddrs());
    const taken: number[] = [];
    for (let name = 0; name < 8; name++)
      taken.push(await mallory.publish(keysOf(name).tag, recordOf(name, now), noSignal()));
    assert.deepEqual(taken, [1, 1, 1, 1, 1, 0, 0, 0]);
  });

  it("reports a burst of new peers once", async () => {
    const host = await lab.bootstrap();
    const node = await lab.node();
    let told = 0;
    node.rendezvous.onPeer(() => told++);
    for (const address of host.addresses()) node.addBootstrap(address);
    await until(() => told > 0);
    assert.equal(told, 1);
    assert.equal(node.rendezvous.peers(), 1);
  });

  it("ends a lookup and a publication when cancelled", async () => {
    const { nodes } = await mesh(1);
    const [node] = nodes;
    assert.ok(node);
    const signal = AbortSignal.abort();
    await assert.rejects(node.rendezvous.publish(keysOf(1).tag, recordOf(1), signal));
    await assert.rejects(async () => {
      for await (const _ of node.rendezvous.lookup(keysOf(1).tag, signal)) assert.fail();
    });
  });
});
