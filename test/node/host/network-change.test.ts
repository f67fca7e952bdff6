import assert from "node:assert/strict";
import { type AddressInfo, createServer, connect as dialTcp, type Socket } from "node:net";
import { multiaddr } from "@multiformats/multiaddr";
import { closeDeadConnections } from "../../../src/node/host/network-change.ts";
import { systemClock } from "../../../src/node/util/deadline.ts";
import { createLab, fullAddress, stranger, until } from "../support.ts";

describe("a machine that changes its network", () => {
  const lab = createLab();
  afterEach(() => lab.clear());

  /**
   * A line to a port that can fall silent without a word, as a line to an address of yesterday
   * does.
   */
  async function line(port: number): Promise<{ readonly port: number; silence(): void }> {
    const sockets = new Set<Socket>();
    const server = createServer((near) => {
      const far = dialTcp(port, "127.0.0.1");
      near.pipe(far).pipe(near);
      for (const socket of [near, far]) sockets.add(socket.on("error", () => undefined));
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

  it("cuts off what ended at an address that is gone at once, and nothing else", async () => {
    const { host, localEndpoints: ends } = await lab.host({ listen: ["/ip4/0.0.0.0/tcp/0"] });
    const port = host
      .getMultiaddrs()[0]
      ?.toString()
      .match(/(?<=tcp\/)\d+/)?.[0];
    const [staying, going] = [await stranger(lab), await stranger(lab)];
    await staying.dial(multiaddr(`/ip4/127.0.0.1/tcp/${port}`));
    await going.dial(multiaddr(`/ip4/127.0.0.2/tcp/${port}`));
    await until(() => host.getConnections().length === 2);
    ends.abortAt(new Set(["127.0.0.2"]));
    await until(() => host.getConnections().length === 1);
    assert.equal(host.getConnections(staying.peerId).length, 1);
  });

  it("cuts off the connections over which nothing answers, and no other", async () => {
    const [near, far] = [await lab.node(), await lab.node()];
    const host = await stranger(lab);
    const [place] =
      fullAddress(far)
        .toString()
        .match(/(?<=tcp\/)\d+/) ?? [];
    const dying = await line(Number(place));
    const live = await host.dial(fullAddress(near));
    const dead = await host.dial(
      multiaddr(`/ip4/127.0.0.1/tcp/${dying.port}/p2p/${far.transport.host}`),
    );
    const patience = 1_000;
    await closeDeadConnections(host, systemClock, patience);
    assert.deepEqual([live.status, dead.status], ["open", "open"]);
    dying.silence();
    await closeDeadConnections(host, systemClock, patience);
    assert.deepEqual([live.status, dead.status], ["open", "aborted"]);
  });
});
