/** Real nodes on loopback, and helpers to connect them. */
import { setTimeout as sleep } from "node:timers/promises";
import { noise } from "@chainsafe/libp2p-noise";
import { generateKeyPair } from "@libp2p/crypto/keys";
import { identify } from "@libp2p/identify";
import type { ConnectionGater, Libp2p } from "@libp2p/interface";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import { type Multiaddr, multiaddr } from "@multiformats/multiaddr";
import { createLibp2p } from "libp2p";
import type { HostId } from "../../src/base/index.ts";
import { nodeCrypto as createCrypto } from "../../src/crypto/index.ts";
import { RecordValidator, rendezvousKeys, sealRecord } from "../../src/dht/index.ts";
import { applyPolyfill } from "../../src/node/create.ts";
import {
  type CreatedHost,
  createHost,
  type HostOptions,
  nodeConnectionLimits,
} from "../../src/node/host/libp2p-host.ts";
import {
  type BootstrapNode,
  createBootstrapNode,
  createNode,
  type NodeConfig,
  type SottoNode,
} from "../../src/node/index.ts";
import { defaultTuning } from "../../src/node/model/config.ts";
import { systemClock } from "../../src/node/util/deadline.ts";
import { type Channel, type Rendezvous, silent } from "../../src/ports/index.ts";

applyPolyfill();

const nodeCrypto = createCrypto();

export const LOOPBACK = ["/ip4/127.0.0.1/tcp/0"];

/** All nodes of a test share one address. */
const tuning = { inboundPerSecondPerIp: Number.POSITIVE_INFINITY };

export const validator = (): RecordValidator =>
  new RecordValidator(nodeCrypto.verify, () => Date.now());

/** A validator that accepts everything, as an attacker's would. */
export class AcceptAllValidator extends RecordValidator {
  constructor() {
    super(nodeCrypto.verify, () => Date.now());
  }

  override check(): { kind: "valid"; time: number } {
    return { kind: "valid", time: 0 };
  }
}

const common = (): Omit<NodeConfig, "bootstrap" | "mdns"> => ({
  listen: LOOPBACK,
  announce: [],
  privateWan: false,
  validator: validator(),
  log: silent,
});

export interface Lab {
  node(config?: Partial<NodeConfig>): Promise<SottoNode>;
  bootstrap(config?: Partial<Parameters<typeof createBootstrapNode>[0]>): Promise<BootstrapNode>;
  /**
   * A started libp2p host with a node's parts; by default a server of both DHTs that accepts every
   * address.
   */
  host(assembly?: Partial<HostOptions>): Promise<CreatedHost>;
  /** Registers a job to run at the end, before the nodes stop. */
  later(job: () => unknown): void;
  /** Runs the jobs and stops the nodes. */
  clear(): Promise<void>;
}

export function createLab(): Lab {
  const jobs: (() => unknown)[] = [];
  return {
    async node(config = {}) {
      const node = await createNode({
        ...common(),
        bootstrap: [],
        mdns: false,
        ...config,
        tuning: { ...tuning, ...config.tuning },
      });
      jobs.push(() => node.stop());
      return node;
    },
    async bootstrap(config = {}) {
      const host = await createBootstrapNode({
        ...common(),
        ...config,
        tuning: { ...tuning, ...config.tuning },
      });
      jobs.push(() => host.stop());
      return host;
    },
    async host(assembly = {}) {
      const assembled = await createHost({
        privateKey: await generateKeyPair("Ed25519"),
        listen: LOOPBACK,
        announce: [],
        privateWan: true,
        wanServer: true,
        connectionLimits: nodeConnectionLimits,
        validator: validator(),
        clock: systemClock,
        log: silent,
        tuning: { ...defaultTuning, ...tuning },
        ...assembly,
      });
      jobs.push(() => assembled.host.stop());
      await assembled.host.start();
      return assembled;
    },
    later: (job) => void jobs.push(job),
    async clear() {
      for (const job of jobs.splice(0).reverse()) await job();
    },
  };
}

/** Waits for a condition, until the test's timeout. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(10);
}

export const noSignal = (): AbortSignal => new AbortController().signal;

/** The next channel that is opened to a node. */
export function incoming(node: SottoNode): Promise<Channel> {
  return new Promise((resolve) => node.transport.onChannel(resolve));
}

/** Both ends of a channel from one node to another. */
export async function connect(from: SottoNode, to: SottoNode): Promise<[Channel, Channel]> {
  const taken = incoming(to);
  const target = { addresses: to.transport.addresses(), host: to.transport.host };
  const ours = await from.transport.dial(target, noSignal());
  // The other end exists once the protocol is negotiated, even before a frame.
  return [ours, await taken];
}

/** Receives until `count` frames have arrived or the channel has ended. */
export async function take(channel: Channel, count: number): Promise<Uint8Array[]> {
  const frames: Uint8Array[] = [];
  while (frames.length < count) {
    const more = await channel.receive();
    if (more.length === 0) break;
    frames.push(...more);
  }
  return frames;
}

/** The keys of a test pair. */
export const keysOf = (name: number) =>
  rendezvousKeys(nodeCrypto, new Uint8Array(32).fill(name), "a");

/** A record with this time. */
export function recordOf(name: number, time = Date.now()): Uint8Array {
  const body = { host: "12D3KooWTest" as HostId, addresses: ["/ip4/127.0.0.1/tcp/1"] };
  return sealRecord(nodeCrypto, keysOf(name), body, time);
}

/** All results of a lookup. */
export const findAll = (node: SottoNode, tag: Uint8Array): Promise<Uint8Array[]> =>
  findIn(node.rendezvous, tag);

export async function findIn(rendezvous: Rendezvous, tag: Uint8Array): Promise<Uint8Array[]> {
  const found: Uint8Array[] = [];
  for await (const record of rendezvous.lookup(tag, noSignal())) found.push(record);
  return found;
}

/** A stranger: a plain libp2p host that may send anything. */
export async function stranger(lab: Lab, gate: ConnectionGater = {}): Promise<Libp2p> {
  const host = await createLibp2p({
    addresses: { listen: LOOPBACK },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionGater: gate,
    services: { identify: identify() },
  });
  lab.later(() => host.stop());
  return host;
}

/** The address of a node with its PeerId. */
export function fullAddress(node: SottoNode): Multiaddr {
  const [address] = node.transport.addresses();
  return multiaddr(`${address}/p2p/${node.transport.host}`);
}
