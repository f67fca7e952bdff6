/**
 * A first dial until an echo is back, each from a host that has just started: our transport beside
 * bare libp2p. On loopback.
 */
import { noise } from "@chainsafe/libp2p-noise";
import type { Libp2p } from "@libp2p/interface";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import { applyPolyfill } from "../../src/node/create.ts";
import { createNode, type SottoNode } from "../../src/node/index.ts";
import { silent } from "../../src/ports/index.ts";
import { LOOPBACK, validator } from "../../test/node/support.ts";
import { quantile } from "./measure.ts";
import type { Figure } from "./table.ts";

const ROUNDS = 30;
const PROTOCOL = "/bench/echo/1";
const WORD = Uint8Array.of(1, 2, 3);

async function bareHost(): Promise<Libp2p> {
  const { createLibp2p } = await import("libp2p");
  return createLibp2p({
    addresses: { listen: LOOPBACK },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    // It takes five of one address in a second.
    connectionManager: { inboundConnectionThreshold: Number.POSITIVE_INFINITY },
  });
}

function node(): Promise<SottoNode> {
  const common = { announce: [], bootstrap: [], mdns: false, privateWan: false, log: silent };
  const tuning = { inboundPerSecondPerIp: Number.POSITIVE_INFINITY };
  return createNode({ ...common, tuning, listen: LOOPBACK, validator: validator() });
}

async function bareDials(): Promise<number[]> {
  const server = await bareHost();
  await server.handle(PROTOCOL, (stream) => {
    stream.addEventListener("message", ({ data }) => stream.send(data));
  });
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const client = await bareHost();
    const started = performance.now();
    const stream = await client.dialProtocol(server.getMultiaddrs(), PROTOCOL);
    const back = new Promise((resolve) => stream.addEventListener("message", resolve));
    stream.send(WORD);
    await back;
    times.push(performance.now() - started);
    await client.stop();
  }
  await server.stop();
  return times;
}

async function ourDials(): Promise<number[]> {
  const server = await node();
  server.transport.onChannel(async (channel) => {
    await channel.send(await channel.receive()).catch(() => undefined);
  });
  const target = { host: server.transport.host, addresses: server.transport.addresses() };
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const client = await node();
    const started = performance.now();
    const channel = await client.transport.dial(target, new AbortController().signal);
    await channel.send([WORD]);
    await channel.receive();
    times.push(performance.now() - started);
    await client.stop();
  }
  await server.stop();
  return times;
}

export async function dialFigures(): Promise<Figure[]> {
  applyPolyfill();
  const [ours, bare] = [await ourDials(), await bareDials()];
  return [
    {
      name: "a first dial until an echo is back, median",
      value: quantile(ours, 0.5),
      unit: "ms",
      beside: { name: "bare libp2p", value: quantile(bare, 0.5) },
    },
  ];
}
