/**
 * Where nodes find each other: a private DHT with one record per tag, and the public IPFS DHT.
 */
import type { Scope } from "./transport.ts";

/**
 * A store of records by tag, in which two contacts find each other. A tag is known only to the two.
 *
 * A failing DHT is not an error: `publish` then reports fewer nodes, `lookup` fewer records.
 */
export interface Rendezvous {
  /**
   * Stores a record under its tag on other nodes. Throws only what `signal` was aborted with.
   * @param tag 32 bytes.
   * @param record `limits.recordBytes` bytes.
   * @param scope `lan` stores on the local network only; absent: wherever it can.
   * @param urgent whether the user waits for it. Read whenever a request slot becomes free; urgent
   * requests get the slot first.
   * @returns how many other nodes stored it; 0 means that no contact can find it.
   */
  publish(
    tag: Uint8Array,
    record: Uint8Array,
    signal: AbortSignal,
    scope?: Scope,
    urgent?: () => boolean,
  ): Promise<number>;
  /**
   * Looks up the records of a tag and yields each distinct one as it arrives. Their signatures are
   * valid, but the caller has to open them with the tag's keys; records that are too old or too
   * early for our clock are included. Throws only what `signal` was aborted with.
   * @param tag 32 bytes.
   * @param scope `lan` asks the local network only; absent: both DHTs.
   * @param urgent as for `publish`.
   */
  lookup(
    tag: Uint8Array,
    signal: AbortSignal,
    scope?: Scope,
    urgent?: () => boolean,
  ): AsyncIterable<Uint8Array>;
  /**
   * Number of nodes in the routing tables. With 0 there is no node to ask, and `publish` and
   * `lookup` return at once.
   */
  peers(scope?: Scope): number;
  /**
   * Calls `appeared` when a node enters a routing table: the moment to publish and to retry failed
   * lookups. Nodes that appear together cause one call.
   */
  onPeer(appeared: () => void): void;
}

/**
 * A public DHT in which provider records map a key to addresses, in the clear. The key is known
 * only to two contacts. Results are candidate addresses: a node that stores the key may have added
 * some, so the peer that answers there must authenticate.
 */
export interface PublicRendezvous {
  /** Whether the user has switched it on. */
  enabled(): boolean;
  /**
   * Publishes our addresses as a provider record. Throws only what `signal` was aborted with.
   * @param key 32 bytes.
   * @returns how many nodes the record was sent to; 0 means that it cannot be found.
   */
  publish(key: Uint8Array, signal: AbortSignal): Promise<number>;
  /**
   * Looks up the provider records of a key and yields each distinct one as it arrives: the
   * addresses of one host, as multiaddr texts without /p2p.
   * @param key 32 bytes.
   */
  lookup(key: Uint8Array, signal: AbortSignal): AsyncIterable<readonly string[]>;
  /** Calls `toggled` when the user switches it on or off. */
  onToggle(toggled: () => void): void;
}
