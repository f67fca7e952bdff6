/**
 * Limits and timeouts of libp2p and the protocols on it, each with its reason; part of `limits`.
 */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const KIB = 1024;

export const nodeLimits = {
  /** Connections without a link: DHT peers and strangers. */
  connections: 100,
  /** Further connections with a link, which only contacts have: about 0.2 MB each. */
  links: 1_000,
  streamsPerConnection: 16,
  linkStreamsPerConnection: 2,
  /** Link streams of one peer that we have not answered yet: each counts for `refusalDelay`. */
  unansweredLinks: 4,
  /**
   * Concurrent pings on one connection: a heartbeat, one for the DHTs, one after the network
   * changed.
   */
  pingStreams: 3,
  pendingConnections: 64,
  pendingConnectionsPerIp: 5,
  inboundPerSecondPerIp: 10,
  dialTimeout: 10 * SECOND,
  /**
   * Time for a dialer to prove its PeerId and agree on yamux: what it has itself. TCP waits a
   * second for the first lost packet and twice as long for each further one. A shorter time costs
   * an attacker nothing: how many sockets a subnet may keep waiting is limited as well.
   */
  upgradeTimeout: 10 * SECOND,
  parallelDials: 20,
  /**
   * Concurrent dials to contacts, and further ones for contacts that the user waits for: most of
   * their last addresses may be dead, and the DHT dials too.
   */
  contactDials: 10,
  contactDialsUrgent: 5,
  /** Time for a dial through a proxy: a new Tor circuit to an onion service takes 5 to 20 s. */
  proxyDial: 30 * SECOND,
  /** Time for a proxy on this machine or network to answer the greeting. */
  proxyGreeting: 5 * SECOND,
  /** Interval of checks of a proxy that does not work. */
  proxyRecheck: 15 * SECOND,
  /** Time for a handshake through Tor: some round trips of up to a second each. */
  proxyUpgrade: 15 * SECOND,
  /** Contacts with a Tor circuit of their own. */
  proxyCircuits: 10_000,
  /**
   * Unread bytes of a stream: yamux's first window, which a peer may fill before any handler runs.
   */
  streamReadBuffer: 256 * KIB,
  /**
   * Largest yamux window of a stream: what a peer may have in transit to a reader that we paused.
   */
  streamWindow: 1024 * KIB,
  /**
   * Bytes of a connection before it has authenticated a PeerId: Noise's messages have less than 1
   * KiB.
   */
  handshakeBytes: 64 * KIB,
  /** Bytes of a line of multistream-select, and of all lines until a protocol is negotiated. */
  negotiationLine: KIB,
  negotiationBytes: 4 * KIB,
  /** Streams and yamux pings that a connection may open per second: far more than lookups do. */
  streamsOpenedPerSecond: 500,
  /**
   * Bytes per second for streams that have ended, with 1 KiB added per frame: what was in transit
   * when they ended.
   */
  strayBytes: 8 * 1024 * KIB,
  /** Unsent bytes on one connection: a few pieces of `writeChunk`. */
  connectionBacklog: 1024 * KIB,
  /** Bytes of a peer's identify message; ours needs a few hundred. */
  identifyBytes: 8 * KIB,
  /**
   * Delays before a peer that did not identify itself is asked again: soon where a packet was lost,
   * and seldom where the peer does not answer at all.
   */
  identifyRetry: { min: SECOND, max: MINUTE },
  /** Bytes of DHT requests on one stream: a record and a key. */
  dhtRequestBytes: 2 * KIB,
  /** Bytes of a DHT response: 20 peers with as many addresses as are stored of each. */
  dhtResponseBytes: 128 * KIB,
  /** Bytes of pings on one stream, 32 bytes each. */
  pingBytes: 4 * KIB,
  /** Bytes on a stream of one request and one response, each a frame of 1 KiB. */
  requestBytes: 4 * KIB,
  /** Bytes stored per peer: addresses and protocols of an honest one need about 1 KiB. */
  peerRowBytes: 4 * KIB,
  /**
   * Bytes written to a stream in one piece: large enough to batch, small enough to notice a slow
   * reader.
   */
  writeChunk: 256 * KIB,
  /**
   * Interval of heartbeats on a connection; more often costs many nodes together too much processor
   * time.
   */
  connectionPing: 45 * SECOND,
  /**
   * Interval of checks of our network interfaces: a laptop that moved publishes its new address
   * soon.
   */
  addressPoll: SECOND,
  /** Time for an answer on a connection after an address of ours was removed; then it is closed. */
  networkChangePing: 3 * SECOND,
  /**
   * Delays between attempts to reach a bootstrap node: short after a machine wakes or the node
   * restarts.
   */
  bootstrapRetry: { min: SECOND, max: MINUTE },
  /**
   * Concurrent puts and gets: each opens a stream in both DHTs, and there may be only one peer to
   * ask.
   */
  dhtParallel: 4,
  /** Further ones for requests that the user waits for. */
  dhtUrgent: 2,
  /**
   * Longest time for one request to one peer. A put asks the closest peers and then sends them the
   * record: both must end within `dhtTimeout`, also if some peers never answer.
   */
  dhtRequestTime: 8 * SECOND,
  /** Own records remembered, to recognize them among those that are found. */
  ownRecords: 4_000,
  /**
   * Time without a connected peer after which a node that has one again publishes and searches at
   * once: requests failed in the meantime, and the next attempt may be half an hour away.
   */
  peersAway: MINUTE,
  /** Peers that appear within this time, as while joining, count as one event. */
  peerBurst: 250,
  /**
   * Time for the addresses of the last link: they may be outdated, and the rendezvous has newer
   * ones.
   */
  cachedDial: 4 * SECOND,
  /** Delay before the lookup starts in parallel: most online contacts have answered by then. */
  lookupDelay: SECOND,
  /**
   * Time for an existing connection to carry a new link before the peer is dialed as well: some
   * round trips of a slow line.
   */
  reuseWait: 2 * SECOND,
  /**
   * After one address has won, time for the others to connect and be closed properly before they
   * are aborted.
   */
  dialGrace: 250,
  /** Interval of mDNS queries. */
  lanQuery: 20 * SECOND,
  /**
   * Interval of checks of the interfaces for mDNS over IPv6, and minimum interval of answers on one
   * of them (RFC 6762 §6).
   */
  interfacePoll: 5 * SECOND,
  mdnsResponseInterval: SECOND,
  /** Delay of the second query there. */
  mdnsFirstQuery: SECOND,
  /** Concurrent dials to addresses found by mDNS: any machine on the LAN can announce anything. */
  lanDials: 4,
  /** Connections kept free for new peers: idle strangers are pruned first. */
  connectionsSpare: 10,
  /**
   * A connection used only by libp2p's own protocols counts as idle after this time: identify and
   * the first hello come later on a slow line.
   */
  connectionGrace: 5 * SECOND,
  /** Addresses in a dial-back request: what a node has, and not a list to scan. */
  dialbackAddresses: 4,
  /** Peers that are asked, so that a single lying one is outvoted. */
  dialbackHelpers: 3,
  /** Dial-back requests per minute of one subnet, and of all. */
  dialbacksPerSubnet: 6,
  dialbacks: 60,
  /** Time for a dial-back request; each dial has half of it. */
  dialbackTimeout: 10 * SECOND,
  /** Delay of a check, so that peers that connect together are asked together. */
  reachabilityDelay: 500,
  /** Interval of checks while we are reachable; three times as often otherwise. */
  reachabilityRecheck: 30 * MINUTE,
  /** Delay of the next check if all peers were busy: their rate limits count by the minute. */
  reachabilityBusy: MINUTE,
  /**
   * Bytes of an envelope that is forwarded for others: enough for future ones, as ours have 145,
   * and too small for a message.
   */
  signalBytes: 256,
  /**
   * Envelopes forwarded per minute: from one subnet (a node that starts looks for all its
   * contacts), from one subnet to one host (more are not answered), to one host, and in total. Half
   * of the last two is reserved for subnets that send few.
   */
  signalsPerSubnet: 60,
  signalsPerPair: 6,
  signalsPerTarget: 60,
  signals: 600,
  /** Concurrent exchanges on one connection. */
  signalStreams: 4,
  /** Time for the answer to an offer; the forwarding host waits for half of it. */
  signalTimeout: 4 * SECOND,
  /** Hosts that are asked to forward an envelope: each learns who looks for whom. */
  signalHosts: 3,
  /**
   * Envelopes that we try to open per minute: from one subnet, and in total from all peers that
   * dialed us, as much from those that we dialed, and as much from each bootstrap node. Each costs
   * a hash per contact.
   */
  offersPerSubnet: 60,
  offers: 120,
  /** Offers under the keys of one contact or invite per minute that make us dial. */
  offersPerContact: 6,
  /** Opened envelopes remembered, so that none works twice. */
  offersRemembered: 1_000,
  /**
   * Concurrent hole punches, and those that one contact, or the holders of one invite, asked for.
   */
  punches: 8,
  punchesPerContact: 2,
  /** Time for a hole punch, and attempts per endpoint within it. */
  punchTime: 5 * SECOND,
  punchTries: 12,
  /** Time for one attempt: after it the peer's router has dropped our mapping. */
  punchTry: 2_500,
  /** Delay of hole punching after direct dials have started. */
  punchDelay: SECOND,
  /** Delay of IPv4 after IPv6: where IPv6 works, no port mapping is needed. */
  punchIpv4Delay: 150,
  /** Longest wait until the answer to an offer has arrived at the peer. */
  punchMaxDelay: SECOND,
  /**
   * Lowest port that may be dialed: lower ones belong to services, and no router maps connections
   * to them.
   */
  punchPortMin: 1_024,
  /**
   * Lifetime of a port mapping, s: one that is not removed expires within the hour. Renewed after
   * half of it.
   */
  portMapSeconds: 3_600,
  /**
   * Attempts to get an answer of the gateway, and the first wait, ms, which doubles each time (RFC
   * 6886 §3.1, shortened).
   */
  portMapTries: 4,
  portMapWait: 250,
  /**
   * The same for UPnP: searches, wait for a response, ms (a router may use the second that the
   * search allows), and time for one HTTP exchange.
   */
  upnpTries: 2,
  upnpWait: 1_500,
  upnpTimeout: 3 * SECOND,
  /** Time for all of it, however slowly the router answers. */
  upnpTime: 15 * SECOND,
  /**
   * Bytes of a search response, of a URL, of headers and of a body: descriptions of routers have 2
   * to 20 KiB.
   */
  upnpAnswer: 2 * KIB,
  upnpUrl: 512,
  upnpHeaders: 8 * KIB,
  upnpBody: 64 * KIB,
  /** Services of a router that are tried, and ports of each. */
  upnpServices: 4,
  upnpPorts: 4,
  /** Peers that are dialed once, to see whether the router maps another port for them. */
  natProbes: 4,
  /** Addresses of other nodes stored for the next start. */
  knownPeers: 64,
  /** Interval of storing them, so that a node that is killed loses little. */
  knownPeersSaved: 10 * MINUTE,
  /** Time for a dial to one of them: most have moved, and the next may answer. */
  knownPeerDial: 3 * SECOND,
  /** Peers in the routing tables that are enough: others are found through them. */
  knownPeersEnough: 8,
  /**
   * Rotation of the host key, about once a day at a random time, so that nodes cannot be linked by
   * when theirs change.
   */
  rotation: {
    every: { min: 20 * 60 * MINUTE, max: 28 * 60 * MINUTE },
    poll: 10 * MINUTE,
    /** Another program may have taken the port just then. */
    retry: 60 * MINUTE,
    /**
     * Peers that are online learn of us at once; a network that is down must not delay the
     * rotation.
     */
    settle: 10 * SECOND,
    /** A peer that found our record a moment ago still dials the previous host. */
    drainMin: 30 * SECOND,
    drainMax: 3 * MINUTE,
    drainPoll: SECOND,
  },
  /** Time to close a stream properly before it is reset. */
  closeTimeout: SECOND,
  /** Time for the whole node to stop. */
  stopTimeout: 5 * SECOND,
  /** Kademlia PUTs per minute of one peer, and of one subnet: PeerIds are free. */
  putsPerMinute: 120,
  putsPerSubnet: 600,
  /** DHT requests per minute of one subnet: a lookup sends a peer one or two. */
  requestsPerSubnet: 3_000,
  /**
   * Puts and requests per minute of all subnets together: a full bootstrap node gets about 1,000
   * puts. Half of each is reserved for subnets that make few.
   */
  dhtPuts: 6_000,
  dhtRequests: 60_000,
  /**
   * Records stored for others, in total and of one subnet: about 2 KB of memory each, and a user
   * with 500 contacts has 1,000.
   */
  recordsHeld: 50_000,
  recordsPerSubnet: 2_000,
  /** Peers whose addresses libp2p remembers. */
  peersKept: 10_000,

  // Bootstrap nodes (sotto bootstrap)
  /**
   * Connections, in total and of one subnet: the router of a school or a provider has many people
   * behind it.
   */
  bootstrapConnections: 1_250,
  bootstrapConnectionsSpare: 50,
  bootstrapConnectionsPerSubnet: 64,
  /** Dial-back requests per minute: a thousand unreachable nodes ask again every ten minutes. */
  bootstrapDialbacks: 240,
  /**
   * A connection to a bootstrap node counts as stable after this time. If it ends sooner, the retry
   * delay grows: otherwise a full node would be dialed without a delay.
   */
  bootstrapStable: MINUTE,
  /** Connections to the metrics page. */
  metricsConnections: 8,
  /** Delay of the event loop at which a bootstrap node reports itself overloaded. */
  bootstrapLag: 2 * SECOND,
  /** Interval of checks of that. */
  bootstrapLagPoll: 5 * SECOND,
} as const;
