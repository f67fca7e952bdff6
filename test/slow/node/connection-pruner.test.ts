import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { limits } from "../../../src/base/index.ts";
import { nodeConnectionLimits } from "../../../src/node/host/libp2p-host.ts";
import { LINK_PROTOCOL } from "../../../src/node/util/protocols.ts";
import { createLab, fullAddress, incoming, stranger, until } from "../../node/support.ts";

describe("node: connection pruner on real connections", () => {
  const lab = createLab();
  afterEach(() => lab.clear());

  it("is made for a new peer at a node whose routing table fills all slots", async () => {
    const places = 4;
    const bounds = { ...nodeConnectionLimits, connections: places + 1, spare: 1, links: 0 };
    const { host } = await lab.host({ connectionLimits: bounds });
    for (let i = 0; i < places; i++) {
      const other = await lab.host();
      await host.dial(other.host.getMultiaddrs());
    }
    await sleep(limits.connectionGrace + 100);
    const knocking = await stranger(lab);
    const { remotePeer } = await knocking.dial(host.getMultiaddrs());
    await until(() => host.getConnections(knocking.peerId).length === 1);
    await until(() => host.getConnections().length === places);
    await sleep(500);
    assert.equal(knocking.getConnections(remotePeer).length, 1);
  });

  it("is there for more contacts than places", async () => {
    const node = await lab.node();
    const contacts = limits.connections + 10;
    for (let i = 0; i < contacts; i++) {
      const taken = incoming(node);
      const contact = await stranger(lab);
      const connection = await contact.dial(fullAddress(node));
      await connection.newStream(LINK_PROTOCOL);
      // Whoever hears something on a link has proven to be known.
      await (await taken).send([new Uint8Array(32)]);
    }
    await (await stranger(lab)).dial(fullAddress(node));
    await until(() => node.peers().length === contacts + 1);
  });
});
