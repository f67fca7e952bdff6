/**
 * The bounds of the rendezvous on the public IPFS DHT, each with its reason; a part of `limits`.
 */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

export const publicLimits = {
  /** Our host there stops after so long without work: strangers need not see us the whole day. */
  publicIdle: 2 * MINUTE,
  /** And gets another PeerId at least so often, for one PeerId ties together what it does. */
  publicHostLifetime: HOUR,
  /** Time to find first nodes of that network. */
  publicStart: 20 * SECOND,
  /** Hosts dialled at one time to get in. */
  publicDials: 4,
  /**
   * Time for one put or one look: the network has tens of thousands of nodes, many of which do not
   * answer.
   */
  publicQuery: MINUTE,
  /** What a node there may answer: the many that keep a key, each with its addresses. */
  publicResponseBytes: 1024 * 1024,
  /** Puts and looks at one time. */
  publicParallel: 2,
  /** Connections of our host there. */
  publicConnections: 80,
  /**
   * Nodes of that network that are remembered until the node stops, so that its first hosts see us
   * once.
   */
  publicKnown: 32,
  /**
   * Addresses are put anew after a random time between these two: those who keep them forget
   * addresses after 24 h and the whole entry after 48 h, and some of them leave before that.
   */
  publicRefreshMin: 8 * HOUR,
  publicRefreshMax: 12 * HOUR,
  /** Retries of a put that nobody took. */
  publicRetry: { min: 5 * SECOND, max: HOUR },
  /** Longest random wait before each put, so that our keys do not appear as one burst. */
  publicSpread: 10 * SECOND,
  /** Addresses that change again and again (a train, a bad radio) are put anew at most so often. */
  publicAddressChange: 2 * MINUTE,
  /** Keys that one node keeps there: what is beyond is found in the other ways. */
  publicKeys: 256,
  /**
   * Looks for one absent contact: often at first, for two who pair, then as seldom as other
   * retries.
   */
  publicLookup: { min: 4 * SECOND, max: 30 * MINUTE },
  /** Candidates that are tried of one look: whoever keeps the key may add some. */
  publicCandidates: 8,
  /**
   * Candidates of one look whose addresses are asked for once more, where they came without any.
   */
  publicFindPeer: 2,
  /** Hosts of different places that have to see us at one IP address before we name it as ours. */
  publicObservers: 2,
} as const;
