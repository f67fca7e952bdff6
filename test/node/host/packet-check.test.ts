import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer, connect as dialTcp, type Socket } from "node:net";
import { multiaddr } from "@multiformats/multiaddr";
import { checkPackets } from "../../../src/node/host/packet-check.ts";
import { systemClock } from "../../../src/node/util/deadline.ts";
import type { Clock } from "../../../src/ports/index.ts";
import { createLab, fullAddress, stranger } from "../support.ts";

/** A TCP segment on Ethernet. */
const SEGMENT = 1_400;

describe("node: packets of full size", () => {
  const lab = createLab();
  afterEach(() => lab.clear());

  /**
   * A path to a port that loses large packets of the dialer, and then everything, as TCP repeats
   * the lost one. `lost` resolves at the first of them.
   */
  async function blackHole(port: number): Promise<{ readonly port: number; lost: Promise<void> }> {
    const sockets: Socket[] = [];
    let lose = (): void => undefined;
    const lost = new Promise<void>((resolve) => {
      lose = resolve;
    });
    const server = createServer((inside) => {
      const outside = dialTcp(port, "127.0.0.1");
      sockets.push(inside, outside);
      for (const socket of [inside, outside]) socket.on("error", () => undefined);
      outside.pipe(inside);
      inside.on("data", (bytes: Uint8Array) => {
        if (bytes.length < SEGMENT) outside.write(bytes);
        else {
          inside.pause();
          lose();
        }
      });
    }).listen(0, "127.0.0.1");
    lab.later(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    await once(server, "listening");
    return { port: (server.address() as AddressInfo).port, lost };
  }

  it("are returned by a peer that we dialed, and not asked of one that dialed us", async () => {
    const [peer, dialer] = [await lab.node(), await stranger(lab)];
    const { host } = await lab.host();
    await host.dial(fullAddress(peer));
    await dialer.dial(host.getMultiaddrs());
    assert.deepEqual(await checkPackets(host, systemClock, () => false), { passed: 1, lost: 0 });
    assert.equal(host.getConnections().length, 2);
  });

  it("are lost where a path carries small ones only, and other connections stay", async () => {
    const peer = await lab.node();
    const { host } = await lab.host();
    const [port] = /(?<=tcp\/)\d+/.exec(`${fullAddress(peer)}`) ?? [];
    const path = await blackHole(Number(port));
    await host.dial(multiaddr(`/ip4/127.0.0.1/tcp/${path.port}/p2p/${peer.transport.host}`));
    const [first] = host.getConnections();
    let expire = (): void => undefined;
    const clock: Clock = {
      now: Date.now,
      after(_ms, job) {
        expire = job;
        return () => undefined;
      },
    };
    const check = checkPackets(host, clock, () => false);
    await path.lost;
    expire();
    assert.deepEqual(await check, { passed: 0, lost: 1 });
    assert.deepEqual([first?.status, host.getConnections().length], ["open", 1]);
  });

  it("say nothing where no peer answers small ones either", async () => {
    const peer = await lab.node();
    const { host } = await lab.host();
    await host.dial(fullAddress(peer));
    await peer.stop();
    assert.deepEqual(await checkPackets(host, systemClock, () => false), { passed: 0, lost: 0 });
  });
});
