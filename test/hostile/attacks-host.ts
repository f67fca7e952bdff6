/** What whole libp2p hosts may do that keep the rules of libp2p, but not its manners. */
import { setTimeout as sleep } from "node:timers/promises";
import { noise } from "@chainsafe/libp2p-noise";
import type { Connection } from "@libp2p/interface";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import { multiaddr } from "@multiformats/multiaddr";
import { createLibp2p, type Libp2p } from "libp2p";
import { concat } from "../../src/base/index.ts";
import type { Attack, Plan } from "./attack.ts";
import { dialFrom, insideService, varint } from "./raw.ts";

/** A host that dials only. */
export const plainHost = (): Promise<Libp2p> =>
  createLibp2p({
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionMonitor: { enabled: false },
    services: insideService,
  }) as unknown as Promise<Libp2p>;

const field = (number: number, bytes: Uint8Array): Uint8Array =>
  concat(Uint8Array.of((number << 3) | 2), varint(bytes.length), bytes);
const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** An answer to identify of about 8 KiB: thousands of addresses, then protocols with long names. */
function identity(round: number): Uint8Array {
  const addresses = Array.from({ length: 400 }, (_, i) =>
    field(2, multiaddr(`/ip4/127.${round + 3}.${i >> 8}.${i & 255}/tcp/1`).bytes),
  );
  const protocols = Array.from({ length: 10 }, (_, i) =>
    field(3, text(`/${"x".repeat(300)}/${round}/${i}`)),
  );
  const lan = field(3, text("/sotto/lan/kad/1.0.0"));
  const message = concat(...addresses, ...protocols, lan, field(6, text("agent".repeat(20))));
  return concat(varint(message.length), message);
}

/** Connects with as many PeerIds as it can; each says of itself what `say` gives. */
const crowd =
  (say: () => readonly Uint8Array[], stays: boolean): Attack =>
  async (plan) => {
    let [opened, dropped] = [0, 0];
    const hosts: Libp2p[] = [];
    const worker = async (first: number): Promise<void> => {
      for (let i = first; Date.now() < plan.until; i += 4) {
        const host = await plainHost();
        hosts.push(host);
        await host.handle("/ipfs/id/1.0.0", async (stream) => {
          for (const message of say()) stream.send(message);
          await stream.close().catch(() => undefined);
        });
        const connection = await dialFrom(host, plan.target, plan.from(i)).catch(() => undefined);
        opened++;
        if (connection === undefined) dropped++;
        else if (!stays) {
          await sleep(60);
          await connection.close().catch(() => undefined);
        }
      }
    };
    await Promise.all([0, 1, 2, 3].map(worker));
    await Promise.all(hosts.map((host) => host.stop()));
    return { opened, dropped };
  };

/** Takes every place of the node, and keeps each busy so that it does not look idle. */
async function allPlaces(plan: Plan) {
  const held: Connection[] = [];
  let opened = 0;
  const ask = (connection: Connection, round: number) =>
    connection
      .newStream(`/sotto/${round % 2 === 0 ? "link" : "signal"}/1`)
      .then((stream) => {
        // A first frame that never ends keeps a stream for as long as any.
        stream.send(new Uint8Array([0, 0, 1, 0]));
        return stream;
      })
      .catch(() => undefined);
  const keep = async (connection: Connection, begun: number): Promise<void> => {
    for (let round = begun; Date.now() < plan.until && connection.status === "open"; round++) {
      const stream = await ask(connection, round);
      while (stream?.status === "open" && Date.now() < plan.until) await sleep(50);
      if (stream === undefined) await sleep(50);
    }
  };
  const later = (ms: number) => sleep(Math.max(0, Math.min(ms, plan.until - Date.now())));
  const jobs: Promise<void>[] = [];
  const host = await plainHost();
  const come = async (): Promise<void> => {
    while (Date.now() < plan.until) {
      const index = opened++;
      const connection = await dialFrom(host, plan.target, plan.from(index)).catch(() => undefined);
      if (connection !== undefined) {
        held.push(connection);
        // Busy before the next one comes, and with streams that end at different times: it never
        // looks idle.
        await ask(connection, 0);
        jobs.push(
          later(3_000).then(() => keep(connection, 1)),
          later(7_000).then(() => keep(connection, 0)),
        );
      }
      await sleep(5);
    }
  };
  // Whoever is dropped is followed by the next one at once, so that no place is free for long.
  await Promise.all(Array.from({ length: 2 * plan.strength }, come));
  const live = held.filter(({ status }) => status === "open").length;
  await Promise.all(jobs);
  await host.stop();
  return { opened, dropped: opened - live, bytes: live };
}

export const hostAttacks: Readonly<Record<string, Attack>> = {
  "hosts with thousands of addresses and protocols": crowd(
    () => Array.from({ length: 10 }, (_, round) => identity(round)),
    false,
  ),
  "hosts that come and go": crowd(() => [], false),
  "hosts that take every place": allPlaces,
};
