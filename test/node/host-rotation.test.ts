import assert from "node:assert/strict";
import { createServer } from "node:net";
import { multiaddr } from "@multiformats/multiaddr";
import type { NodeConfig, SottoNode } from "../../src/node/index.ts";
import type { Channel } from "../../src/ports/index.ts";
import {
  connect,
  createLab,
  findAll,
  incoming,
  keysOf,
  noSignal,
  recordOf,
  stranger,
  take,
  until,
} from "./support.ts";

const DAY = 86_400_000;

/** The usual lifetime of a key, and a short one of the previous host. */
const rotation = {
  every: { min: DAY, max: DAY },
  poll: DAY,
  retry: DAY,
  settle: 3_000,
  drainMin: 100,
  drainMax: 2_000,
  drainPoll: 50,
};
const quick = { rotation };

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  assert.ok(typeof address === "object" && address !== null);
  return address.port;
}

describe("node: host rotation", () => {
  const lab = createLab();
  afterEach(() => lab.clear());

  const node = (config: Partial<NodeConfig> = {}): Promise<SottoNode> =>
    lab.node({ ...config, tuning: { ...quick, ...config.tuning } });

  it("continues under another PeerId, and the previous one becomes unreachable", async () => {
    const alice = await node();
    const { host } = alice.transport;
    const addresses = [...alice.transport.addresses()];
    let told = 0;
    alice.transport.onAddresses(() => told++);
    await alice.rotate();
    assert.notEqual(alice.transport.host, host);
    assert.equal(alice.status().host, alice.transport.host);
    assert.ok(told > 0);
    await until(() => !alice.status().hostKey.moving);
    const bob = await node();
    await assert.rejects(bob.transport.dial({ addresses }, noSignal()), {
      code: "peer-unreachable",
    });
    const now = { addresses: alice.transport.addresses(), host: alice.transport.host };
    const taken = incoming(alice);
    await bob.transport.dial(now, noSignal());
    assert.equal((await taken).local, alice.transport.host);
  });

  it("keeps a link on the previous host until it has moved, and marks it as draining", async () => {
    const alice = await node();
    const bob = await node();
    const [ours, theirs] = await connect(alice, bob);
    const before = alice.transport.host;
    assert.equal(ours.local, before);
    assert.equal(ours.draining, false);
    await alice.rotate();
    assert.equal(ours.draining, true);
    await ours.send([Uint8Array.of(1)]);
    assert.deepEqual(await take(theirs, 1), [Uint8Array.of(1)]);
    const [moved, other] = await connect(alice, bob);
    assert.equal(moved.local, alice.transport.host);
    assert.equal(other.remote, alice.transport.host);
    assert.equal(moved.draining, false);
    assert.equal(alice.status().hostKey.moving, true);
    await ours.close();
    await until(() => !alice.status().hostKey.moving);
    await moved.send([Uint8Array.of(2)]);
    assert.deepEqual(await take(other, 1), [Uint8Array.of(2)]);
  });

  it("stops the previous host after a time, whatever links it carries", async () => {
    const alice = await node({ tuning: { rotation: { ...rotation, drainMax: 300 } } });
    const bob = await node();
    const [ours, theirs] = await connect(alice, bob);
    const previous = alice.transport.host;
    await alice.rotate();
    await until(() => !alice.status().hostKey.moving);
    assert.deepEqual(await ours.receive(), []);
    assert.deepEqual(await theirs.receive(), []);
    // The next host may have connected to Bob: it takes over the peers of the routing tables.
    await until(() => bob.peers().every(({ host }) => host !== previous));
  });

  it("hands over a configured port and keeps its inbound connections", async () => {
    const port = await freePort();
    const listen = [`/ip4/127.0.0.1/tcp/${port}`];
    const alice = await node({ listen });
    const bob = await node();
    const [theirs, ours] = await connect(bob, alice);
    const before = alice.transport.host;
    const taken: Channel[] = [];
    alice.transport.onChannel((channel) => taken.push(channel));
    await alice.rotate();
    assert.deepEqual(alice.transport.addresses(), listen);
    // Connections accepted on the port before stay open.
    await theirs.send([Uint8Array.of(1)]);
    assert.deepEqual(await take(ours, 1), [Uint8Array.of(1)]);
    const carol = await node();
    const again = await carol.transport.dial({ addresses: listen }, noSignal());
    assert.equal(again.remote, alice.transport.host);
    assert.notEqual(again.remote, before);
    await until(() => taken.length === 1);
  });

  it("keeps its host and listeners if the next host cannot listen", async () => {
    const listen = [`/ip4/127.0.0.1/tcp/${await freePort()}`];
    const alice = await node({ listen });
    const { host } = alice.transport;
    const other = await lab.bootstrap();
    // This one is in use.
    const [taken = ""] = other.addresses();
    listen.push(taken.replace(/\/p2p\/.*/, ""));
    await assert.rejects(alice.rotate(), { code: "port-in-use" });
    assert.equal(alice.transport.host, host);
    assert.equal(alice.status().hostKey.moving, false);
    const bob = await node();
    await connect(bob, alice);
    // Later it can listen.
    listen.pop();
    await alice.rotate();
    assert.notEqual(alice.transport.host, host);
  });

  it("reconnects to bootstrap nodes and finds records there", async () => {
    const bootstrap = await lab.bootstrap({ privateWan: true });
    const config = { privateWan: true, bootstrap: bootstrap.addresses() };
    const alice = await node(config);
    const bob = await node(config);
    await until(() => alice.status().wanDht > 0 && bob.status().wanDht > 0);
    const tag = keysOf(1).tag;
    await bob.rendezvous.publish(tag, recordOf(1), noSignal());
    await alice.rotate();
    assert.equal(alice.status().bootstrap[0]?.state, "connected");
    assert.equal((await findAll(alice, tag)).length, 1);
    // Once reached under the new key, it is a server again.
    await until(() => alice.status().wanMode === "server");
  });

  it("reconnects to known peers without a bootstrap node", async () => {
    const alice = await node();
    const bob = await node();
    await connect(alice, bob);
    await until(() => alice.status().lanDht > 0);
    await alice.rotate();
    assert.ok(alice.rendezvous.peers() > 0);
  });

  it("never connects its two hosts to each other", async () => {
    const alice = await node();
    const addresses = [...alice.transport.addresses()];
    const channel = incoming(alice);
    const bob = await node();
    await bob.transport.dial({ addresses }, noSignal());
    await channel;
    await alice.rotate();
    assert.equal(alice.status().hostKey.moving, true);
    await assert.rejects(alice.transport.dial({ addresses }, noSignal()), /our own address/);
  });

  it("rotates by itself at a random time", async () => {
    const every = { min: 200, max: 400 };
    const tuning = { rotation: { ...rotation, every, poll: 20 } };
    const alice = await lab.node({ tuning });
    const seen = new Set([alice.transport.host]);
    await until(() => seen.add(alice.transport.host).size > 2);
  });

  it("reveals only the current host to a stranger", async () => {
    const alice = await node();
    const before = alice.transport.host;
    await alice.rotate();
    await until(() => !alice.status().hostKey.moving);
    const outsider = await stranger(lab);
    const [address] = alice.transport.addresses();
    const connection = await outsider.dial(multiaddr(address));
    assert.equal(connection.remotePeer.toString(), alice.transport.host);
    assert.notEqual(connection.remotePeer.toString(), before);
  });
});
