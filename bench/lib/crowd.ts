/**
 * A process of the bench `host`: many light clients of one bootstrap host, each at a loopback
 * address of its own.
 */
import { noise } from "@chainsafe/libp2p-noise";
import { identify } from "@libp2p/identify";
import type { Libp2p } from "@libp2p/interface";
import { type TCPSocketOptions, tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import { multiaddr } from "@multiformats/multiaddr";
import { type HostId, limits } from "../../src/base/index.ts";
import { nodeCrypto } from "../../src/crypto/index.ts";
import { RecordValidator, rendezvousKeys, sealRecord } from "../../src/dht/index.ts";
import { applyPolyfill } from "../../src/node/create.ts";
import { dhtService, keyOf } from "../../src/node/dht/kademlia.ts";
import { sharedPing } from "../../src/node/host/dht-ping.ts";
import type { Dht } from "../../src/node/model/host.ts";
import { newCounters } from "../../src/node/util/counters.ts";

export type Order =
  | {
      readonly kind: "connect";
      readonly address: string;
      readonly first: number;
      readonly count: number;
    }
  /** Every client puts and gets at this rate, together, for so many ms. */
  | { readonly kind: "live"; readonly perMinute: number; readonly span: number }
  /** So many clients put new valid records without a pause. */
  | { readonly kind: "flood"; readonly clients: number; readonly span: number };

/** ms of each; how many failed. */
export interface Done {
  readonly connects: readonly number[];
  readonly puts: readonly number[];
  readonly gets: readonly number[];
  readonly failed: number;
}

type Client = Libp2p<{ wan: Dht }>;

const crypto = nodeCrypto();
const validator = new RecordValidator(crypto.verify, () => Date.now());
const clients: Client[] = [];
let secrets = 0;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function makeClient(index: number): Promise<Client> {
  const { createLibp2p } = await import("libp2p");
  // Bounds for a neighbour hold as they would for people in different places.
  const localAddress = `127.1.${Math.floor(index / 250)}.${1 + (index % 250)}`;
  return createLibp2p<{ wan: Dht }>({
    addresses: { listen: [] },
    transports: [tcp({ dialOpts: { localAddress } as TCPSocketOptions })],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionMonitor: { pingInterval: limits.connectionPing },
    services: {
      identify: identify(),
      ping: sharedPing(),
      wan: dhtService({
        scope: "wan",
        server: false,
        privateWan: true,
        validator,
        connectionsTo: () => [],
        proxied: false,
        requestLimit: () => true,
        counts: newCounters(),
      }),
    } as never,
  });
}

/** A fresh record, and the key that it lies under. */
function fresh(): { key: Uint8Array; record: Uint8Array } {
  const secret = crypto.sha256(new TextEncoder().encode(`${process.pid} ${secrets++}`));
  const keys = rendezvousKeys(crypto, secret, "a");
  const body = { host: "12D3KooWBench" as HostId, addresses: ["/ip4/127.0.0.1/tcp/1"] };
  return { key: keyOf(keys.tag), record: sealRecord(crypto, keys, body, Date.now()) };
}

async function drain(
  events: AsyncIterable<{ readonly name: string }>,
  wanted: string,
): Promise<boolean> {
  let seen = false;
  for await (const { name } of events) if (name === wanted) seen = true;
  return seen;
}

async function work(order: Order): Promise<Done> {
  const done = { connects: [] as number[], puts: [] as number[], gets: [] as number[], failed: 0 };
  const timed = async (into: number[], job: () => Promise<boolean>): Promise<void> => {
    const started = performance.now();
    const fine = await job().catch(() => false);
    if (fine) into.push(performance.now() - started);
    else done.failed++;
  };
  /** Keys under which something lies. */
  const keys: Uint8Array[] = [];
  const put = async (client: Client): Promise<void> => {
    const { key, record } = fresh();
    const signal = AbortSignal.timeout(20_000);
    const before = done.puts.length;
    await timed(done.puts, () =>
      drain(client.services.wan.put(key, record, { signal }), "PEER_RESPONSE"),
    );
    if (done.puts.length > before) keys.push(key);
  };
  if (order.kind === "connect") {
    for (let i = 0; i < order.count; i++) {
      const client = await makeClient(order.first + i);
      await timed(done.connects, async () => {
        await client.dial(multiaddr(order.address));
        while (client.services.wan.routingTable.size === 0) await pause(5);
        return true;
      });
      clients.push(client);
    }
    return done;
  }
  const end = Date.now() + order.span;
  if (order.kind === "flood") {
    await Promise.all(
      clients.slice(0, order.clients).map(async (client) => {
        while (Date.now() < end) await put(client);
      }),
    );
    return done;
  }
  const one = async (client: Client): Promise<void> => {
    // 0.7 puts and 1.7 gets a minute, of a user with fifty contacts.
    if (Math.random() < 0.3 || keys.length === 0) {
      await put(client);
      return;
    }
    const key = keys[Math.floor(Math.random() * keys.length)] as Uint8Array;
    const signal = AbortSignal.timeout(20_000);
    await timed(done.gets, () => drain(client.services.wan.get(key, { signal }), "VALUE"));
  };
  const running: Promise<void>[] = [];
  const gap = 60_000 / (order.perMinute * clients.length);
  for (let due = Date.now(); due < end; due += gap) {
    await pause(Math.max(0, due - Date.now()));
    running.push(one(clients[Math.floor(Math.random() * clients.length)] as Client));
  }
  await Promise.all(running);
  return done;
}

applyPolyfill();
process.on("disconnect", () => process.exit());
process.on("unhandledRejection", () => undefined);
process.on("message", (order: Order) => {
  void work(order).then((done) => process.send?.(done));
});
