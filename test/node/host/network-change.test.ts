import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer, connect as dialTcp, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { setTimeout } from "node:timers/promises";
import { multiaddr } from "@multiformats/multiaddr";
import { closeDeadConnections } from "../../../src/node/host/network-change.ts";
import { systemClock } from "../../../src/node/util/deadline.ts";
import { createLab, fullAddress, stranger, until } from "../support.ts";

describe("node: network change", () => {
  const lab = createLab();
  afterEach(() => lab.clear());

  /** A connection to a port that can fall silent without closing, like one to an old address. */
  async function line(port: number): Promise<{ readonly port: number; silence(): void }> {
    const sockets = new Set<Socket>();
    const server = createServer((inside) => {
      const outside = dialTcp(port, "127.0.0.1");
      inside.pipe(outside).pipe(inside);
      for (const socket of [inside, outside]) sockets.add(socket.on("error", () => undefined));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    lab.later(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return {
      port: (server.address() as AddressInfo).port,
      silence: () => {
        for (const socket of sockets) socket.unpipe().pause();
      },
    };
  }

  it("closes connections of a removed local address at once, and no others", async () => {
    const { host, localEndpoints: ends } = await lab.host({ listen: ["/ip4/0.0.0.0/tcp/0"] });
    const port = host
      .getMultiaddrs()[0]
      ?.toString()
      .match(/(?<=tcp\/)\d+/)?.[0];
    const [staying, going] = [await stranger(lab), await stranger(lab)];
    await staying.dial(multiaddr(`/ip4/127.0.0.1/tcp/${port}`));
    await going.dial(multiaddr(`/ip4/127.0.0.2/tcp/${port}`));
    await until(() => host.getConnections().length === 2);
    ends.abortElsewhere(new Set(["127.0.0.1"]));
    await until(() => host.getConnections().length === 1);
    assert.equal(host.getConnections(staying.peerId).length, 1);
  });

  it("aborts a dial that began while the machine had an address that was removed", async () => {
    const { host, localEndpoints: ends } = await lab.host();
    const silent = createServer().listen(0, "127.0.0.1");
    lab.later(() => silent.close());
    await once(silent, "listening");
    const { port } = silent.address() as AddressInfo;
    const accepted = once(silent, "connection");
    const dial = host.dial(multiaddr(`/ip4/127.0.0.1/tcp/${port}`));
    await accepted;
    const all = Object.values(networkInterfaces()).flatMap((some) => some ?? []);
    const own = all.map(({ address }) => address);
    ends.abortElsewhere(new Set([...own, "192.0.2.1"]));
    assert.equal(await Promise.race([dial, setTimeout(100, "dialing")]), "dialing");
    ends.abortElsewhere(new Set(own.slice(1)));
    await assert.rejects(dial, /local address was removed/);
  });

  it("closes connections without an answer, and no others", async () => {
    const [liveNode, deadNode] = [await lab.node(), await lab.node()];
    const host = await stranger(lab);
    const [address] =
      fullAddress(deadNode)
        .toString()
        .match(/(?<=tcp\/)\d+/) ?? [];
    const dying = await line(Number(address));
    const live = await host.dial(fullAddress(liveNode));
    const dead = await host.dial(
      multiaddr(`/ip4/127.0.0.1/tcp/${dying.port}/p2p/${deadNode.transport.host}`),
    );
    const patience = 1_000;
    await closeDeadConnections(host, systemClock, patience);
    assert.deepEqual([live.status, dead.status], ["open", "open"]);
    dying.silence();
    await closeDeadConnections(host, systemClock, patience);
    assert.deepEqual([live.status, dead.status], ["open", "aborted"]);
  });
});
