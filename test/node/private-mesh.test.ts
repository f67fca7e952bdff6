import assert from "node:assert/strict";
import { multiaddr } from "@multiformats/multiaddr";
import { dialReasons, Unreachable } from "../../src/base/index.ts";
import type { PrivateNetwork, SottoNode } from "../../src/node/index.ts";
import {
  connect,
  createLab,
  findAll,
  fullAddress,
  keysOf,
  noSignal,
  recordOf,
  stranger,
  take,
  until,
} from "./support.ts";

const networkOf = (fill: number): PrivateNetwork => ({
  prologue: new Uint8Array(32).fill(fill),
  service: `_stest${fill}`,
});

describe("node: private mesh", () => {
  const lab = createLab();
  afterEach(() => lab.clear());

  const inside = { network: networkOf(1), privateWan: true };

  it("works like a public mesh for nodes with the key: bootstrap, dial-back, records, links, rotation", async () => {
    const host = await lab.bootstrap(inside);
    const config = { ...inside, bootstrap: host.addresses() };
    const alice = await lab.node(config);
    const bob = await lab.node(config);
    await until(() => alice.status().wanDht > 0 && bob.status().wanDht > 0);
    assert.equal(alice.status().privateNetwork, true);
    const { tag } = keysOf(1);
    await alice.rendezvous.publish(tag, recordOf(1), noSignal());
    assert.equal((await findAll(bob, tag)).length, 1);
    const [ours, theirs] = await connect(alice, bob);
    await ours.send([Uint8Array.of(7)]);
    assert.deepEqual(await take(theirs, 1), [Uint8Array.of(7)]);
    await until(() => alice.status().reach.verdict === "reachable");
    await until(() => alice.status().nat.kind !== "unknown");
    await alice.rotate();
    assert.equal(alice.status().bootstrap[0]?.state, "connected");
  });

  for (const [key, network] of [
    ["no key", undefined],
    ["another key", networkOf(2)],
  ] as const)
    it(`rejects a node with ${key}, and reports a node of another network`, async () => {
      const host = await lab.bootstrap(inside);
      const alice = await lab.node(inside);
      const outside = await lab.node({
        privateWan: true,
        bootstrap: host.addresses(),
        ...(network && { network }),
      });
      await until(() => outside.status().bootstrap[0]?.error !== undefined);
      assert.equal(outside.status().bootstrap[0]?.error, dialReasons.otherNetwork);
      const why = async (from: SottoNode, to: SottoNode) => {
        const target = { addresses: to.transport.addresses() };
        const error = await from.transport.dial(target, noSignal()).catch((thrown) => thrown);
        assert.ok(error instanceof Unreachable);
        return error.failures.map(({ reason }) => reason);
      };
      assert.deepEqual(await why(outside, alice), [dialReasons.otherNetwork]);
      assert.deepEqual(await why(alice, outside), [dialReasons.otherNetwork]);
      assert.deepEqual(
        [alice, outside].map((node) => node.peers().length),
        [0, 0],
      );
      assert.equal(host.metrics().hosts, 0);
      assert.equal(host.metrics().requests, 0);
    });

  it("reveals nothing to a stranger by identify", async () => {
    const alice = await lab.node(inside);
    const outsider = await stranger(lab);
    let identified = 0;
    outsider.addEventListener("peer:identify", () => identified++);
    await assert.rejects(outsider.dial(fullAddress(alice)));
    await assert.rejects(outsider.dial(multiaddr(alice.transport.addresses()[0])));
    assert.equal(identified, 0);
    assert.equal(outsider.getConnections().length, 0);
  });
});
