/**
 * The two Kademlia DHTs: which nodes take part, which records are accepted, and the limits on
 * requests.
 */

import type { Connection, PeerId, PeerInfo } from "@libp2p/interface";
import { kadDHT } from "@libp2p/kad-dht";
import { concat, equal, limits, utf8 } from "../../base/index.ts";
import { newest, type RecordValidator } from "../../dht/index.ts";
import type { Dht, DhtScope } from "../model/host.ts";
import { parseAddress, scopeOf, subnetOf } from "../util/address.ts";
import type { Counters } from "../util/counters.ts";
import { plain } from "../util/plain-bytes.ts";
import { DHT_PROTOCOLS } from "../util/protocols.ts";
import type { RequestLimit } from "../util/rate-limit.ts";
import { requestSubnet } from "./bounded-datastore.ts";

const NAMESPACE = "sotto";
const PREFIX = utf8(`/${NAMESPACE}/`);
const TAG_BYTES = 32;

/** The DHT key of a tag: "/sotto/" ‖ tag. @param tag 32 bytes. */
export function keyOf(tag: Uint8Array): Uint8Array {
  if (tag.length !== TAG_BYTES) throw new RangeError("a tag has 32 bytes");
  return concat(PREFIX, tag);
}

/** The tag of a DHT key, or `undefined` for any other key. */
export function tagOf(key: Uint8Array): Uint8Array | undefined {
  const fits =
    key.length === PREFIX.length + TAG_BYTES && equal(key.subarray(0, PREFIX.length), PREFIX);
  return fits ? key.subarray(PREFIX.length) : undefined;
}

/** Thrown in kad-dht's callbacks, which can refuse only by an exception. */
class Rejection extends Error {
  override readonly name = "Rejection";
}

/**
 * Adapts our validator to kad-dht. It also learns every newest record, so that no peer can roll us
 * back (js-libp2p #3377).
 */
function validate(validator: RecordValidator): (key: Uint8Array, value: Uint8Array) => void {
  return (key, value) => {
    const tag = tagOf(plain(key));
    if (tag === undefined) throw new Rejection("not a key of ours");
    const verdict = validator.check(tag, plain(value));
    if (verdict.kind === "refused") throw new Rejection(verdict.why);
  };
}

const refuseAll = (): never => {
  throw new Rejection("not a namespace of ours");
};

/**
 * Creates kad-dht's address filter for one scope. A peer that is connected over a public address is
 * not on our network, whatever private addresses it advertises: so the LAN table of a bootstrap
 * node in a data centre does not fill with everyone's 192.168.….
 */
export function addressMapper(
  scope: DhtScope,
  privateWan: boolean,
  connectionsTo: (peer: PeerId) => readonly Pick<Connection, "remoteAddr">[],
): (peer: PeerInfo) => PeerInfo {
  if (scope === "wan" && privateWan) return (peer) => peer;
  const wanted = (text: string): boolean => {
    const address = parseAddress(text);
    return address !== undefined && (scopeOf(address) === "public") === (scope === "wan");
  };
  return (peer) => {
    const connections = connectionsTo(peer.id);
    const local =
      scope === "wan" ||
      connections.length === 0 ||
      connections.some(({ remoteAddr }) => scopeOf(remoteAddr) !== "public");
    const multiaddrs = local ? peer.multiaddrs.filter((address) => wanted(address.toString())) : [];
    return { ...peer, multiaddrs };
  };
}

/** What a DHT is created with. */
export interface DhtOptions {
  readonly scope: DhtScope;
  readonly server: boolean;
  readonly privateWan: boolean;
  readonly validator: RecordValidator;
  readonly connectionsTo: (peer: PeerId) => readonly Connection[];
  readonly requestLimit: RequestLimit;
  readonly counts: Counters;
  /** Behind a proxy no peer counts as being on our network. */
  readonly proxied: boolean;
}

/** Creates one DHT as a libp2p service. */
export function dhtService(options: DhtOptions) {
  const { scope } = options;
  const create = kadDHT({
    protocol: DHT_PROTOCOLS[scope],
    clientMode: !options.server,
    peerInfoMapper:
      options.proxied && scope === "lan"
        ? (peer) => ({ ...peer, multiaddrs: [] })
        : addressMapper(scope, options.privateWan, options.connectionsTo),
    validators: { [NAMESPACE]: validate(options.validator), pk: refuseAll },
    selectors: { [NAMESPACE]: (_key, records) => newest(records.map(plain)) },
    datastorePrefix: `/dht-${scope}`,
    logPrefix: `libp2p:dht-${scope}`,
    metricsPrefix: `libp2p_dht_${scope}`,
    initialQuerySelfInterval: 100,
    // kad-dht doubles its time limit with each request that gets no answer, up to a minute: a few
    // silent peers would use up the time of a whole put.
    networkDialTimeout: { maxTimeout: limits.dhtRequestTime },
    disjointPaths: 3,
    alpha: 3,
    maxInboundStreams: limits.streamsPerConnection,
    maxOutboundStreams: limits.streamsPerConnection,
  });
  return (components: Parameters<typeof create>[0]): Dht => {
    const dht = create(components) as Dht;
    limitRequests(dht, options);
    disableReconnects(dht);
    admitConnectedPeers(dht, options);
    return dht;
  };
}

interface Rpc {
  handleMessage(peer: PeerId, message: { readonly type: string }): Promise<unknown>;
}

/**
 * Applies the rate limits to DHT requests. kad-dht has no hook between a request and its handler,
 * and does not tell its validators who asks. So the one method that every inbound request passes is
 * wrapped; a test fails if a new version moves it.
 */
function limitRequests(dht: Dht, { requestLimit, counts, connectionsTo }: DhtOptions): void {
  const { rpc } = dht as unknown as { readonly rpc: Rpc };
  const handle = rpc.handleMessage.bind(rpc);
  rpc.handleMessage = async (peer, message) => {
    const [connection] = connectionsTo(peer);
    const subnet = connection === undefined ? "unknown" : subnetOf(connection.remoteAddr);
    const isPut = message.type === "PUT_VALUE";
    if (!isPut) counts.requests++;
    try {
      if (!requestLimit(peer.toString(), subnet, message.type)) throw new Rejection(message.type);
      const answer = await requestSubnet.run(subnet, () => handle(peer, message));
      if (isPut) counts.putsTaken++;
      return answer;
    } catch (error) {
      if (isPut) counts.putsRefused++;
      throw error;
    }
  };
}

/**
 * Turns off reconnects. kad-dht tags the twenty closest peers for reconnection at once when they
 * close a connection. Full hosts close connections to free capacity, so everyone whom they pruned
 * would dial them again without a delay. Lookups dial the peers that they need, and bootstrap nodes
 * are dialed with growing delays. No option sets how many peers are tagged; a test fails if a new
 * version moves it.
 */
function disableReconnects(dht: Dht): void {
  const { closestPeerTagger } = dht.routingTable as unknown as {
    readonly closestPeerTagger: { peerSetSize: number };
  };
  closestPeerTagger.peerSetSize = 0;
}

interface Buckets {
  verify(contact: { readonly peerId: PeerId }, options?: object): Promise<boolean>;
}

/**
 * Adds connected peers to the routing table without a ping. kad-dht pings each new peer once, for
 * five seconds, and leaves it out if no answer comes: where packets are lost, a node would stay
 * connected to its bootstrap node and have no peer to ask. A connected peer has just identified
 * itself, and heartbeats find out when it is offline. No option turns the ping off; a test fails if
 * a new version moves it.
 */
function admitConnectedPeers(dht: Dht, { connectionsTo }: DhtOptions): void {
  const { kb } = dht.routingTable as unknown as { readonly kb: Buckets };
  const ping = kb.verify;
  kb.verify = async (contact, options) =>
    connectionsTo(contact.peerId).length > 0 || ping(contact, options);
}
