/**
 * A private network of real nodes that speak the public IPFS DHT's protocol, with the rules of its
 * servers (go-libp2p-kad-dht) that kad-dht leaves out: no values but public keys and IPNS, keys of
 * 1 to 80 bytes, entries forgotten after 48 h and their addresses after 24 h. That only a provider
 * itself may add its entry, and not without an address, kad-dht enforces.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { noise } from "@chainsafe/libp2p-noise";
import { type Identify, identify } from "@libp2p/identify";
import type { Libp2p, PeerId } from "@libp2p/interface";
import { kadDHT, passthroughMapper } from "@libp2p/kad-dht";
import { type Ping, ping } from "@libp2p/ping";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import { multiaddr } from "@multiformats/multiaddr";
import { createLibp2p } from "libp2p";
import { toHex } from "../../src/base/index.ts";
import { applyPolyfill } from "../../src/node/create.ts";
import type { Dht } from "../../src/node/model/host.ts";

applyPolyfill();

const HOUR = 3_600_000;

/** What one server of the network saw, as its operator would. */
export interface Sighting {
  /** The server. */
  readonly at: string;
  readonly from: string;
  readonly type: string;
  /** Hex. */
  readonly key: string;
  /** Addresses in an ADD_PROVIDER, as multiaddr texts. */
  readonly addresses: readonly string[];
}

interface Message {
  readonly type: string;
  readonly key?: Uint8Array;
  readonly providers?: readonly { readonly multiaddrs: readonly Uint8Array[] }[];
}

interface Answer {
  providers?: { id: Uint8Array; multiaddrs: Uint8Array[] }[];
}

interface Rpc {
  handleMessage(peer: PeerId, message: Message): Promise<Answer | undefined>;
}

type Server = Libp2p<{ identify: Identify; ping: Ping; dht: Dht }>;

export interface Amino {
  /** Multiaddr texts with /p2p of a few servers, for newcomers. */
  readonly addresses: readonly string[];
  readonly seen: Sighting[];
  /** The ADD_PROVIDER requests that a server has stored. They are not answered. */
  readonly stored: Sighting[];
  /** Moves the servers' clock. */
  later(ms: number): void;
  /** Requests that broke a rule. */
  readonly refused: string[];
  /** Servers. */
  readonly hosts: readonly Libp2p[];
  stop(): Promise<void>;
}

const VALUES = ["/pk/", "/ipns/"].map((text) => toHex(new TextEncoder().encode(text)));

export async function startAmino(count: number): Promise<Amino> {
  const seen: Sighting[] = [];
  const stored: Sighting[] = [];
  const refused: string[] = [];
  let ahead = 0;
  const now = (): number => Date.now() + ahead;
  const servers: Server[] = [];

  const rule = (server: Server): void => {
    /** When each provider added itself under each key. */
    const added = new Map<string, number>();
    const { rpc } = server.services.dht as unknown as { readonly rpc: Rpc };
    const handle = rpc.handleMessage.bind(rpc);
    rpc.handleMessage = async (peer, message) => {
      const key = toHex(message.key ?? new Uint8Array(0));
      const texts = (message.providers ?? []).flatMap(({ multiaddrs }) =>
        multiaddrs.map((bytes) => multiaddr(bytes).toString()),
      );
      const from = peer.toString();
      const at = server.peerId.toString();
      const sighting = { at, from, type: message.type, key, addresses: texts };
      seen.push(sighting);
      const refuse = (why: string): never => {
        refused.push(why);
        throw new Error(why);
      };
      if (message.type === "PUT_VALUE" && !VALUES.some((prefix) => key.startsWith(prefix)))
        refuse("a value of no known kind");
      if (message.type.endsWith("PROVIDER") || message.type.endsWith("PROVIDERS"))
        if (key.length === 0 || key.length > 160) refuse("a key of a wrong length");
      if (message.type === "ADD_PROVIDER")
        added.set(`${key} ${toHex(peer.toMultihash().bytes)}`, now());
      const answer = await handle(peer, message);
      if (message.type === "ADD_PROVIDER") stored.push(sighting);
      if (message.type !== "GET_PROVIDERS" || answer?.providers === undefined) return answer;
      const providers = answer.providers.flatMap(({ id, multiaddrs }) => {
        const age = now() - (added.get(`${key} ${toHex(id)}`) ?? 0);
        if (age > 48 * HOUR) return [];
        return [{ id, multiaddrs: age > 24 * HOUR ? [] : multiaddrs }];
      });
      return { ...answer, providers };
    };
  };

  for (let i = 0; i < count; i++) {
    const create = kadDHT({
      protocol: "/ipfs/kad/1.0.0",
      clientMode: false,
      peerInfoMapper: passthroughMapper,
      initialQuerySelfInterval: 100,
      disjointPaths: 3,
      alpha: 3,
    });
    const server: Server = await createLibp2p({
      addresses: { listen: ["/ip4/127.0.0.1/tcp/0"] },
      transports: [tcp()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      connectionManager: {
        inboundConnectionThreshold: Number.POSITIVE_INFINITY,
        maxIncomingPendingConnections: 1000,
      },
      connectionMonitor: { enabled: false },
      services: {
        identify: identify(),
        ping: ping(),
        dht: (components: Parameters<typeof create>[0]) => create(components) as Dht,
      },
    });
    rule(server);
    servers.push(server);
    // Each is told of two who are there already; the rest they find by themselves.
    for (const other of servers.slice(0, -1).slice(-2))
      await server.dial(other.getMultiaddrs()).catch(() => undefined);
  }
  // Kademlia works once each node knows most of the others.
  const known = (server: Server): number => server.services.dht.routingTable.size;
  while (servers.some((server) => known(server) < count / 2)) await sleep(50);
  return {
    addresses: servers
      .slice(0, 4)
      .flatMap((server) => server.getMultiaddrs().map((address) => address.toString())),
    seen,
    stored,
    refused,
    later: (ms) => {
      ahead += ms;
    },
    hosts: servers,
    async stop() {
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
}
