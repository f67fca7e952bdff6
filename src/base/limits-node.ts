/** The bounds of libp2p and of what runs on it, each with its reason; a part of `limits`. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const KIB = 1024;

export const nodeLimits = {
  /** Connections without a link: the DHT's hosts, and strangers. */
  connections: 100,
  /** Connections with a link beside them, which nobody has who is no contact: about 0.2 MB each. */
  links: 1_000,
  streamsPerConnection: 16,
  linkStreamsPerConnection: 2,
  /**
   * Pings at one time on one connection: a heartbeat, one for the DHTs, one after the network
   * changed.
   */
  pingStreams: 3,
  pendingConnections: 64,
  pendingConnectionsPerIp: 5,
  inboundPerSecondPerIp: 10,
  upgradeTimeout: 3 * SECOND,
  dialTimeout: 10 * SECOND,
  parallelDials: 20,
  /**
   * Dials to contacts at one time, and as many more to whom the person waits for: most of their
   * last addresses may be dead, and the DHT dials too.
   */
  contactDials: 10,
  contactDialsUrgent: 5,
  /** Time for a dial through a proxy: a new way through Tor to an onion service takes 5 to 20 s. */
  proxyDial: 30 * SECOND,
  /** Time for a proxy on this machine, or beside it, to say that it is there. */
  proxyGreeting: 5 * SECOND,
  /** Between two looks whether a proxy that was gone is back. */
  proxyRecheck: 15 * SECOND,
  /**
   * Time for the handshake of somebody who comes through Tor: some round trips of up to a second
   * each.
   */
  proxyUpgrade: 15 * SECOND,
  /** Contacts whose ways through the proxy are kept apart. */
  proxyCircuits: 10_000,
  /**
   * Received bytes of a stream that nobody reads yet: yamux's first window, which a peer may fill
   * before any handler runs.
   */
  streamReadBuffer: 256 * KIB,
  /**
   * Largest yamux window of a stream: what a peer may have on the way to a reader that we paused.
   */
  streamWindow: 1024 * KIB,
  /**
   * Bytes of a socket that has proven no PeerId yet: the messages of Noise have less than 1 KiB.
   */
  handshakeBytes: 64 * KIB,
  /** A line of multistream-select, and all of them until a protocol is agreed on. */
  negotiationLine: KIB,
  negotiationBytes: 4 * KIB,
  /**
   * Streams and yamux's pings that a connection may begin in a second: far more than lookups do.
   */
  streamsOpenedPerSecond: 500,
  /**
   * Bytes in a second for streams that have ended, each frame counted as 1 KiB more: what was on
   * its way when they did.
   */
  strayBytes: 8 * 1024 * KIB,
  /** Bytes that wait on one connection for the other side to read: a few pieces of `writeChunk`. */
  connectionBacklog: 1024 * KIB,
  /** What a host says of itself; ours needs a few hundred bytes. */
  identifyBytes: 8 * KIB,
  /** All that is asked of the DHT on one stream: a record and a key. */
  dhtRequestBytes: 2 * KIB,
  /** What is answered: 20 hosts with as many addresses as are kept of each. */
  dhtResponseBytes: 128 * KIB,
  /** All on a stream of pings, which have 32 bytes each. */
  pingBytes: 4 * KIB,
  /** All on a stream of one question and one answer, each in one frame of 1 KiB. */
  requestBytes: 4 * KIB,
  /** What is kept of one host: addresses and protocols of an honest one need about 1 KiB. */
  peerRowBytes: 4 * KIB,
  /**
   * Bytes handed to a stream in one piece: large enough to batch, small enough to notice a slow
   * reader.
   */
  writeChunk: 256 * KIB,
  /**
   * Between two signs of life on a connection; more often costs a fleet's worth of processor time.
   */
  connectionPing: 45 * SECOND,
  /**
   * Between two looks at our own network interfaces: a laptop that moved publishes its new address
   * soon.
   */
  addressPoll: SECOND,
  /**
   * A connection over which nothing comes back for so long after an address of ours has gone is
   * dead.
   */
  networkChangePing: 3 * SECOND,
  /** Retries towards a bootstrap host: soon again after a machine wakes or a host restarts. */
  bootstrapRetry: { min: SECOND, max: MINUTE },
  /**
   * Puts and gets at one time: each opens a stream in either DHT, and one peer may be the only one
   * to ask.
   */
  dhtParallel: 4,
  /** And as many more for what somebody waits for. */
  dhtUrgent: 2,
  /** Our own records remembered, to tell them from those that others left here. */
  ownRecords: 4_000,
  /** Peers that appear in a burst, as while joining, count as one appearance. */
  peerBurst: 250,
  /**
   * Time for the addresses of the last link: they may be gone, and the rendezvous knows newer ones.
   */
  cachedDial: 4 * SECOND,
  /** Until the rendezvous is asked beside them: whoever is there has mostly answered by then. */
  lookupDelay: SECOND,
  /**
   * Once an address has won, the others have this long to arrive and be closed properly, before
   * they are cut off.
   */
  dialGrace: 250,
  /** Between two questions on the LAN who is there. */
  lanQuery: 20 * SECOND,
  /**
   * Between two looks at the interfaces on which others are asked over IPv6, and two answers on one
   * of them (RFC 6762 §6).
   */
  interfacePoll: 5 * SECOND,
  mdnsResponseInterval: SECOND,
  /** The first pause between two questions there. */
  mdnsFirstQuery: SECOND,
  /** Dials at one time to what the LAN named: anybody there can name anything. */
  lanDials: 4,
  /** Connections kept free for newcomers: idle strangers go first. */
  connectionsSpare: 10,
  /**
   * Who connects may say for so long nothing but libp2p's own words before it counts as idle:
   * identify and the first hello come later on a slow line.
   */
  connectionGrace: 5 * SECOND,
  /** Addresses that one asks others to dial: what a node has, and not a list to scan. */
  dialbackAddresses: 4,
  /** Hosts that are asked, so that one liar is outvoted. */
  dialbackHelpers: 3,
  /** Requests to dial back that one neighbour, and all of them, may make in a minute. */
  dialbacksPerSubnet: 6,
  dialbacks: 60,
  /** How long the one who asks waits; each dial takes at most half of it. */
  dialbackTimeout: 10 * SECOND,
  /** Hosts that appear together are asked together. */
  reachabilityDelay: 500,
  /** Between two checks while we can be reached; three times as often otherwise. */
  reachabilityRecheck: 30 * MINUTE,
  /**
   * Bytes of an envelope that is passed on for others: room for newer ones than ours of 145, and
   * for no message.
   */
  signalBytes: 256,
  /**
   * Envelopes that one neighbour may have passed on in a minute (whoever starts looks for
   * everybody), that one host may get so, and all.
   */
  signalsPerSubnet: 60,
  signalsPerTarget: 30,
  signals: 600,
  /** Exchanges at one time on one connection. */
  signalStreams: 4,
  /**
   * How long who calls waits for an answer through a host; whoever passes it on waits for half of
   * that.
   */
  signalTimeout: 4 * SECOND,
  /** Hosts that are asked to pass an envelope on: each learns who looks for whom. */
  signalHosts: 3,
  /**
   * Envelopes that we try to open in a minute: from one neighbour, and of all; each costs a hash
   * for every contact.
   */
  offersPerSubnet: 60,
  offers: 120,
  /** Calls of one contact that make us dial, in a minute. */
  offersPerContact: 6,
  /** Envelopes that were opened, remembered so that none works twice. */
  offersRemembered: 1_000,
  /** Holes punched at one time. */
  punches: 8,
  /**
   * Time for a hole, from the moment on which both agreed; and how often each place is tried in it.
   */
  punchTime: 5 * SECOND,
  punchTries: 12,
  /** Time of one try: beyond it the other side's router has forgotten ours. */
  punchTry: 2_500,
  /** Direct addresses are tried alone for so long, then beside them a hole. */
  punchDelay: SECOND,
  /** IPv6 is tried alone for so long: where it works, no router has to be tricked. */
  punchIpv4Delay: 150,
  /** Longest wait for an answer that is on its way to the other side. */
  punchMaxDelay: SECOND,
  /** Ports below are those of services, and nobody's router gives them to a connection. */
  punchPortMin: 1_024,
  /**
   * How long a router keeps a port for us, s: one that is not given back is forgotten within the
   * hour. Asked anew at half of it.
   */
  portMapSeconds: 3_600,
  /**
   * Tries to get an answer of the gateway, the first wait for one, ms, then twice as long each (RFC
   * 6886 §3.1, cut short).
   */
  portMapTries: 4,
  portMapWait: 250,
  /**
   * The same in UPnP: searches, ms for an answer (a router may take the second that the search
   * allows), and for one exchange.
   */
  upnpTries: 2,
  upnpWait: 1_500,
  upnpTimeout: 3 * SECOND,
  /** For all of it, however slowly the router answers. */
  upnpTime: 15 * SECOND,
  /**
   * Bytes of an answer to a search, of a URL, of headers and of a body: the descriptions of routers
   * have 2 to 20 KiB.
   */
  upnpAnswer: 2 * KIB,
  upnpUrl: 512,
  upnpHeaders: 8 * KIB,
  upnpBody: 64 * KIB,
  /** Ways out of one router that are tried, and ports of each. */
  upnpServices: 4,
  upnpPorts: 4,
  /** Other hosts that are dialled once, to see whether a router gives them another port. */
  natProbes: 4,
  /** Addresses of other nodes that are kept for the next start. */
  knownPeers: 64,
  /** Between two times of keeping them: a node that is killed loses little. */
  knownPeersSaved: 10 * MINUTE,
  /** Time for a dial to one of them: most have moved, and the next one may be there. */
  knownPeerDial: 3 * SECOND,
  /** With so many hosts in the routing tables, the others are found through them. */
  knownPeersEnough: 8,
  /**
   * A host key lives about a day: some time between, so that nobody lines two nodes up by when
   * theirs change.
   */
  rotation: {
    every: { min: 20 * 60 * MINUTE, max: 28 * 60 * MINUTE },
    poll: 10 * MINUTE,
    /** A port may have been taken at the wrong moment. */
    retry: 60 * MINUTE,
    /**
     * Whoever is up meanwhile hears of us at once; a network that is down must not hold the change
     * up.
     */
    settle: 10 * SECOND,
    /** Who found our record a moment ago still comes to the host before. */
    drainMin: 30 * SECOND,
    drainMax: 3 * MINUTE,
    drainPoll: SECOND,
  },
  /** Closing politely may take this long before it is done rudely. */
  closeTimeout: SECOND,
  /** The whole node stops within this time. */
  stopTimeout: 5 * SECOND,
  /**
   * kad PUTs that one host may make in a minute, and all hosts of one neighbour: a PeerId costs
   * nothing.
   */
  putsPerMinute: 120,
  putsPerSubnet: 600,
  /**
   * Questions to the DHTs that all hosts of one neighbour may ask in a minute: a lookup asks a host
   * one or two.
   */
  requestsPerSubnet: 3_000,
  /**
   * Records kept for others, of all and of one neighbour: about 2 KB of memory each, and a person
   * with 500 contacts has 1,000.
   */
  recordsHeld: 50_000,
  recordsPerSubnet: 2_000,
  /** Hosts whose addresses libp2p remembers. */
  peersKept: 10_000,

  // A host for everybody (sotto bootstrap)
  /**
   * Connections, of all and of one neighbour: behind the router of a school or a provider are many
   * people.
   */
  bootstrapConnections: 1_250,
  bootstrapConnectionsSpare: 50,
  bootstrapConnectionsPerSubnet: 64,
  /**
   * Requests to dial back in a minute: a thousand nodes that cannot be reached ask again every ten
   * minutes.
   */
  bootstrapDialbacks: 240,
  /**
   * A connection to a bootstrap host that ended sooner does not count as one: a full host would be
   * dialled without a pause.
   */
  bootstrapStable: MINUTE,
  /** Connections to the page of figures. */
  metricsConnections: 8,
  /** How long a host's event loop may hang before it calls itself unwell. */
  bootstrapLag: 2 * SECOND,
  /** Between two looks at that. */
  bootstrapLagPoll: 5 * SECOND,
} as const;
