/**
 * Limits and timeouts of the rendezvous on the public IPFS DHT, each with its reason; part of
 * `limits`.
 */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

export const publicLimits = {
  /** Idle time after which our host there stops: strangers need not see us the whole day. */
  publicIdle: 2 * MINUTE,
  /** Lifetime of its PeerId, since one PeerId links everything that it does. */
  publicHostLifetime: HOUR,
  /** Time to join that network. */
  publicStart: 20 * SECOND,
  /** Concurrent dials while joining. */
  publicDials: 4,
  /**
   * Time for one publication or lookup: the network has tens of thousands of nodes, many of which
   * do not answer.
   */
  publicQuery: MINUTE,
  /** Bytes of a response: all providers of a key, each with its addresses. */
  publicResponseBytes: 1024 * 1024,
  /** Concurrent publications and lookups. */
  publicParallel: 2,
  /** Connections of our host there. */
  publicConnections: 80,
  /** Nodes of that network remembered while ours runs, so that its bootstrap peers see us once. */
  publicKnown: 32,
  /**
   * Addresses are published again after a random time in this range: nodes forget addresses after
   * 24 h and the provider record after 48 h, and some leave before that.
   */
  publicRefreshMin: 8 * HOUR,
  publicRefreshMax: 12 * HOUR,
  /** Delays after a publication that no node stored. */
  publicRetry: { min: 5 * SECOND, max: HOUR },
  /** Longest random delay before a publication, so that our keys do not appear as one burst. */
  publicSpread: 10 * SECOND,
  /**
   * Minimum interval of publications when our addresses change again and again (a train, a bad
   * radio).
   */
  publicAddressChange: 2 * MINUTE,
  /** Keys that one node publishes there: further contacts are found in other ways. */
  publicKeys: 256,
  /**
   * Intervals of lookups for an absent contact: short at first, for two who pair, then as long as
   * other retries.
   */
  publicLookup: { min: 4 * SECOND, max: 30 * MINUTE },
  /** Candidates tried per lookup: a node that stores the key may have added some. */
  publicCandidates: 8,
  /**
   * Candidates per lookup whose addresses are looked up separately because they came without any.
   */
  publicFindPeer: 2,
  /** Peers of different subnets that must see us at an IP address before we publish it. */
  publicObservers: 2,
} as const;
