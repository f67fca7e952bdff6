import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createServer } from "node:net";
import { promisify } from "node:util";
import { CID } from "multiformats/cid";
import { toHex } from "../../../src/base/index.ts";
import type { NodeConfig, SottoNode } from "../../../src/node/index.ts";
import { publicCid } from "../../../src/node/public-dht/public-dht.ts";
import { type Amino, startAmino } from "../../support/amino.ts";
import { createLab, LOOPBACK, noSignal, until } from "../support.ts";

const keyOf = (name: number): Uint8Array => new Uint8Array(32).fill(name);

async function find(node: SottoNode, key: Uint8Array): Promise<string[][]> {
  const found: string[][] = [];
  for await (const addresses of node.publicRendezvous.lookup(key, noSignal()))
    found.push([...addresses]);
  return found;
}

describe("node: the public DHT", function () {
  this.timeout(60_000);
  const lab = createLab();
  let amino: Amino;
  before(async () => {
    amino = await startAmino(12);
  });
  afterEach(() => lab.clear());
  after(() => amino.stop());

  const node = (config: Partial<NodeConfig> = {}): Promise<SottoNode> =>
    lab.node({ privateWan: true, publicDht: true, publicBootstrap: amino.addresses, ...config });

  /** Publishes a key and waits until every server that was sent it has stored it. */
  const publish = async (publisher: SottoNode, key: Uint8Array): Promise<number> => {
    const before = amino.stored.length;
    const sent = await publisher.publicRendezvous.publish(key, noSignal());
    await until(() => amino.stored.length === before + sent);
    return sent;
  };

  it("resolves a key to the addresses of its owner", async () => {
    const [alice, bob] = [await node(), await node()];
    const takers = await publish(alice, keyOf(1));
    assert.ok(takers >= 6, `${takers} took it`);
    assert.deepEqual(await find(bob, keyOf(1)), [[...alice.transport.addresses()]]);
    const [addresses = []] = await find(bob, keyOf(1));
    alice.transport.onChannel(() => undefined);
    const channel = await bob.transport.dial({ addresses }, noSignal());
    assert.equal(channel.remote, alice.transport.host);
    assert.deepEqual(await find(bob, keyOf(2)), []);
    assert.deepEqual(amino.refused, []);
  });

  it("shows strangers another PeerId than the node's, and none of Sotto's protocols", async () => {
    const alice = await node();
    const from = amino.seen.length;
    const told: string[] = [];
    for (const host of amino.hosts)
      host.addEventListener("peer:identify", ({ detail }) => {
        if (!amino.hosts.some(({ peerId }) => peerId.equals(detail.peerId)))
          told.push(JSON.stringify([detail.agentVersion, detail.protocols]));
      });
    await publish(alice, keyOf(3));
    const mine = amino.seen.slice(from).filter(({ type }) => type === "ADD_PROVIDER");
    assert.ok(mine.length > 0);
    for (const { from: peer, key, addresses } of mine) {
      assert.notEqual(peer, alice.transport.host);
      assert.equal(key, `1220${toHex(keyOf(3))}`);
      assert.deepEqual(addresses, alice.transport.addresses());
    }
    assert.ok(told.length > 0);
    for (const text of told) assert.doesNotMatch(text, /sotto/);
  });

  it("encodes a key like any block of the network", () => {
    const cid = CID.parse(publicCid(keyOf(7)).toString());
    assert.equal(cid.version, 1);
    assert.equal(cid.code, 0x55);
    assert.deepEqual([cid.multihash.code, cid.multihash.size], [0x12, 32]);
    assert.throws(() => publicCid(new Uint8Array(31)), RangeError);
  });

  it("publishes nothing without a public address", async () => {
    const alice = await node({ privateWan: false });
    const from = amino.seen.length;
    assert.equal(await alice.publicRendezvous.publish(keyOf(4), noSignal()), 0);
    assert.deepEqual(
      amino.seen.slice(from).filter(({ type }) => type === "ADD_PROVIDER"),
      [],
    );
  });

  it("finds no record two days after publication", async () => {
    const [alice, bob] = [await node(), await node()];
    await publish(alice, keyOf(6));
    amino.later(49 * 3_600_000);
    assert.deepEqual(await find(bob, keyOf(6)), []);
    await publish(alice, keyOf(6));
    assert.equal((await find(bob, keyOf(6))).length, 1);
  });

  it("reports why it cannot join, and joins later", async () => {
    const alice = await node({
      publicBootstrap: [
        "/ip4/127.0.0.1/tcp/9/p2p/12D3KooWKnDdG3iXw9eTFijk3EWSunZcFi54Zka4wmtqtt6rPxc8",
      ],
    });
    assert.equal(await alice.publicRendezvous.publish(keyOf(8), noSignal()), 0);
    const { state, error } = alice.status().publicDht;
    assert.deepEqual([state, error], ["lost", "refused"]);
  });

  it("loads its modules only when it is turned on", async () => {
    const script = "test/node/public-dht/loaded-modules.ts";
    const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", script]);
    const switched = "public-dht-switch.ts";
    assert.deepEqual(JSON.parse(stdout), {
      off: [switched],
      on: [switched, "public-dht.ts", "public-host.ts"],
    });
  });

  it("dials no host while it is off, and none after it is turned off", async () => {
    let calls = 0;
    const trap = createServer((socket) => {
      calls++;
      socket.destroy();
    });
    await new Promise<void>((resolve) => trap.listen(0, "127.0.0.1", resolve));
    lab.later(() => trap.close());
    const { port } = trap.address() as { port: number };
    const [own = ""] = LOOPBACK;
    const publicBootstrap = [
      `${own.replace(/0$/, String(port))}/p2p/12D3KooWKnDdG3iXw9eTFijk3EWSunZcFi54Zka4wmtqtt6rPxc8`,
    ];
    const alice = await node({ publicDht: false, publicBootstrap });
    assert.equal(await alice.publicRendezvous.publish(keyOf(9), noSignal()), 0);
    assert.deepEqual(await find(alice, keyOf(9)), []);
    assert.equal(calls, 0);
    assert.equal(alice.status().publicDht.state, "off");
    await alice.setPublicDht(true);
    assert.equal(await alice.publicRendezvous.publish(keyOf(9), noSignal()), 0);
    assert.ok(calls > 0);
    const before = calls;
    await alice.setPublicDht(false);
    assert.equal(await alice.publicRendezvous.publish(keyOf(9), noSignal()), 0);
    assert.equal(calls, before);
  });
});
