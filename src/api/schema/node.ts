/** Schemas of a node, its account, its network and its store. */
import { dialbackFailures, type HoleFailure, type RouterKind } from "../../base/index.ts";
import {
  allOf,
  flag,
  type Infer,
  list,
  maybe,
  ms,
  number,
  object,
  oneOf,
  only,
  text,
  whole,
} from "./fields.ts";

export const account = object({
  account: text("The account id: base32 of its public key."),
  device: text("The device id."),
  name: text("What this account calls itself."),
});
export type Account = Infer<typeof account>;

export const peer = object({
  host: text("Its libp2p PeerId."),
  address: text("A multiaddr."),
  direction: oneOf(["in", "out"]),
  protocols: list(text(), "Protocols of its open streams."),
  bootstrap: flag("One of our bootstrap nodes."),
  lanDht: flag("In the routing table of the local DHT."),
  wanDht: flag("In the routing table of the global DHT."),
  rttMs: maybe(number("Round trip of the last ping, ms.")),
});
/** A connected libp2p peer. */
export type Peer = Infer<typeof peer>;

const error = maybe(text("Why the last attempt failed."));

export const bootstrap = object({
  address: text("A multiaddr."),
  state: oneOf(["connected", "searching"]),
  error,
});
export type Bootstrap = Infer<typeof bootstrap>;

export const knownBootstrap = object({
  address: text("A multiaddr."),
  state: oneOf(["connected", "searching", "spare"], "spare: a reserve that is not used now."),
  error,
  origin: oneOf(
    ["own", "invite", "contact"],
    "Its source. Those from contacts are only used if no other one answers.",
  ),
  contact: maybe(text("The name of the contact that it came from.")),
});
/** A bootstrap node and its source. Those from contacts are only used if no other one answers. */
export type KnownBootstrap = Infer<typeof knownBootstrap>;

export const keyProtection = oneOf(
  ["key-file", "passphrase", "keychain"],
  "What protects the database key.",
);
export type KeyProtection = Infer<typeof keyProtection>;

export const storeDamage = object(
  { message: text(), remedy: text("What to do.") },
  "Damage of the store, found while the node runs.",
);
export type StoreDamage = Infer<typeof storeDamage>;

export const storeReport = object({
  rows: whole("Rows that were read."),
  damaged: list(text(), "Tables with rows that are missing, changed or out of date."),
  why: maybe(text("Why the store could not be opened.")),
});
/** The result of a complete check of the store. */
export type StoreReport = Infer<typeof storeReport>;

const stateFields = {
  version: text("The version of Sotto."),
  apiVersion: text("The version of the API, MAJOR.MINOR: see Versions."),
  pid: whole("The process id of the node."),
  startedAt: ms("ms since 1970."),
  protection: keyProtection,
  home: text("The home directory, which contains the store."),
};

export const nodeState = object({
  ...stateFields,
  state: oneOf(
    ["open", "locked"],
    "locked: the store and the network are closed until `node.unlock`.",
  ),
});
/** The state of a node, open or locked. */
export type NodeState = Infer<typeof nodeState>;

export const routerKind = oneOf(
  allOf<RouterKind>({
    unknown: true,
    none: true,
    preserving: true,
    independent: true,
    symmetric: true,
  }),
  "What a router does to ports. none: no NAT. preserving, independent: hole punching works. " +
    "symmetric: another port for each connection.",
);
export const holeFailure = oneOf(
  allOf<HoleFailure>({ symmetric: true, "no-signal": true, refused: true, "timed out": true }),
  "Why hole punching failed.",
);

const verdict = oneOf(
  ["unknown", "reachable", "unreachable"],
  "Whether others can reach this node, as they report; unknown until a peer tested it.",
);

export const reach = object({
  verdict,
  addresses: list(
    object({
      address: text("A multiaddr."),
      reached: whole("Peers that reached it."),
      failed: whole("Peers that did not."),
      failures: list(oneOf(dialbackFailures)),
    }),
  ),
  asked: whole("Peers that answered."),
  checkedAt: maybe(ms("ms since 1970.")),
  seenAs: list(text(), "IP addresses of this node as peers see them."),
});

const portMapState = oneOf(
  ["off", "none", "mapped", "silent", "refused"],
  "none: no router is known, or no mapping is needed. silent: the router answers neither " +
    "NAT-PMP nor UPnP. refused: it answers and opened no port.",
);
export const portMap = object({
  state: portMapState,
  by: maybe(oneOf(["nat-pmp", "upnp"], "The protocol that made the mapping.")),
  address: maybe(text("The external address, as the router reports it.")),
});
/** A port mapping on the router. */
export type PortMapFacts = Infer<typeof portMap>;

const nat = object({
  kind: routerKind,
  mapped: maybe(text("Our address for hole punching as others see it.")),
  portMap,
  punches: object({
    made: whole("Hole punches that succeeded."),
    failed: whole(),
    lastFailure: maybe(object({ reason: holeFailure, at: ms("ms since 1970.") })),
  }),
});

const publicDhtState = oneOf(
  ["off", "resting", "joining", "connected", "lost"],
  "resting: nothing to do, and no connection. lost: none of its bootstrap nodes answers.",
);
const proxyState = oneOf(
  ["untried", "working", "down", "refused"],
  "down: it does not answer. refused: it rejects this node.",
);

export const netState = object(
  {
    addresses: list(text(), "Addresses at which others may reach this node, in no order."),
    connected: flag("A peer is connected."),
    lanDht: flag("The local DHT has peers."),
    wanDht: flag("The global DHT has peers: without any, nothing can be looked up there."),
    reach: verdict,
    router: routerKind,
    portMap: portMapState,
    bootstrap: list(bootstrap),
    mdns: flag("Contacts are found on the local network."),
    publicDht: publicDhtState,
    proxy: maybe(proxyState),
  },
  "What `node.status` shows of the network, without counts and times.",
);
/** What a client shows of the network. */
export type NetState = Infer<typeof netState>;

const net = object({
  peers: whole("Connected peers."),
  lanDht: whole("Peers in the routing table of the local DHT."),
  wanDht: whole("Peers in that of the global DHT: without any, nothing can be looked up there."),
  wanMode: oneOf(["client", "server"]),
  reach,
  nat,
  hostKey: object(
    { age: number("ms."), moving: flag("Connections still move from the previous one.") },
    "The libp2p host key, which rotates about once a day.",
  ),
  privateNetwork: flag("The node has a network key."),
  listening: list(text()),
  protocols: list(text()),
  bootstrap: list(bootstrap),
  mdns: flag(),
  mdnsRefused: list(
    text(),
    "Names of the interfaces on which mDNS does not run because of a limit of the system.",
  ),
  publicDht: object(
    {
      state: publicDhtState,
      peers: whole("Connected peers of that network."),
      error: maybe(text()),
    },
    "The public IPFS DHT.",
  ),
  proxy: maybe(
    object(
      {
        address: text("Without user and password."),
        state: proxyState,
        error: maybe(text()),
      },
      "The proxy for all connections.",
    ),
  ),
});

export const nodeStatus = object({
  ...stateFields,
  state: only("open"),
  account,
  host: text("The PeerId of this node: new at each start."),
  addresses: list(text(), "Addresses at which others may reach this node."),
  net,
  contacts: object({ total: whole(), online: whole(), requests: whole() }),
  waiting: whole("Our messages that are not delivered yet."),
  keptBack: object(
    { lan: whole(), proxy: whole(), "no-proxy": whole() },
    "How many of these wait because of a policy, by what they wait for.",
  ),
  unread: whole(),
  rolledBack: maybe(
    only(true, "At this start the store was an older copy: later changes are missing."),
  ),
  invisible: flag("Nothing is published, no dialer is answered, links are only opened to send."),
  decoys: whole("The number of published tags is a multiple of this; 0: no cover records."),
  history: flag("Messages are kept after they are delivered or read."),
  retention: maybe(ms("How long messages are kept at most, ms.")),
  disk: object({
    low: flag("No messages are accepted from contacts until there is more; they wait there."),
    free: maybe(number("Free space, bytes.")),
  }),
  damage: maybe(storeDamage),
  http: maybe(
    object(
      {
        url: maybe(text("Where programs reach it; absent where it is not open.")),
        error: maybe(text("The code of the error with which it did not open.")),
      },
      "The HTTP endpoint, where it is switched on.",
    ),
  ),
  engine: text("The cryptographic libraries in use, with their versions."),
});
export type NodeStatus = Infer<typeof nodeStatus>;
