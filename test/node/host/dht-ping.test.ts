import assert from "node:assert/strict";
import { limits } from "../../../src/base/index.ts";
import type { Host } from "../../../src/node/model/host.ts";
import { createLab, until } from "../support.ts";

describe("node: shared ping", () => {
  const lab = createLab();
  afterEach(() => lab.clear());

  const server = async (): Promise<Host> => (await lab.host()).host;

  it("shares one ping among concurrent callers, and sends another for later ones", async () => {
    const [one, two] = [await server(), await server()];
    await one.dial(two.getMultiaddrs());
    const { ping } = one.services;
    const both = await Promise.all([ping.ping(two.peerId), ping.ping(two.peerId)]);
    assert.equal(both.length, 2);
    await two.stop();
    await assert.rejects(Promise.all([ping.ping(two.peerId), ping.ping(two.peerId)]));
    await assert.rejects(ping.ping(two.peerId));
  });

  it("leaves streams for a heartbeat and for another check", async () => {
    const [one, two] = [await server(), await server()];
    const connection = await one.dial(two.getMultiaddrs());
    const open = () => connection.newStream("/ipfs/ping/1.0.0");
    for (let i = 0; i < limits.pingStreams - 1; i++) await open();
    assert.ok((await one.services.ping.ping(two.peerId)) >= 0);
    assert.equal(connection.status, "open");
  });

  it("keeps a peer of both DHTs in both routing tables, on both sides", async () => {
    const hosts = [await server(), await server(), await server()];
    for (const [i, host] of hosts.entries())
      for (const other of hosts.slice(i + 1)) await host.dial(other.getMultiaddrs());
    await until(() =>
      hosts.every(({ services: { lan, wan } }) =>
        [lan, wan].every(({ routingTable }) => routingTable.size === hosts.length - 1),
      ),
    );
  });
});
