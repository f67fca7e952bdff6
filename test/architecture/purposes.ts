/**
 * One line of purpose for every module and folder of `rules.ts`; `npm run docs:architecture`
 * writes them into docs/ARCHITECTURE.md. A test finds those that are missing.
 */

export interface Purpose {
  /** What the module is. */
  readonly what: string;
  /** What it must not know. */
  readonly not: string;
  /** Its folders; `"."` are the files of its own folder. */
  readonly folders?: Readonly<Record<string, string>>;
}

export const purposes: Readonly<Record<string, Purpose>> = {
  base: {
    what: "bytes, ids, errors, limits, key labels, mutexes, backoff",
    not: "any other module",
  },
  model: {
    what: "types that the API and the messenger share: contacts, messages and invites as shown",
    not: "how they are stored or sent",
  },
  ports: {
    what: "interfaces of the clock, log, store, transport and rendezvous",
    not: "who implements them",
  },
  api: {
    what: "the contract between a node and its clients: methods, events, views, JSON-RPC client",
    not: "sockets, terminals",
  },
  crypto: {
    what: "primitives behind one interface; accounts, passphrases, safety numbers",
    not: "protocols, whose keys they are",
  },
  wire: {
    what: "bytes to values and back: frames, message content, invites, backups",
    not: "state, keys, contacts",
  },
  ratchet: {
    what: "handshake and Double Ratchet as pure functions: bytes and a state in, both out",
    not: "network, clock, store, contacts",
  },
  group: { what: "group protocol, as pure as the ratchet", not: "network, clock, store" },
  dht: {
    what: "rules of rendezvous: epochs, tags, records, validation, schedule",
    not: "libp2p: Kademlia is behind `src/ports/rendezvous.ts`",
  },
  search: {
    what: "terms of a text, and the rows of an index of them",
    not: "where rows are stored, what a message is",
  },
  messenger: {
    what: "the use cases: where the pure modules meet the ports",
    not: "how a port is implemented, which client asks",
    folders: {
      model: "types and pure rules: contact, message, actions, views, what the node provides",
      state: "what is kept in memory and in the store: contacts, messages, events, search index",
      outbox: "from a text to a frame on its way: send, retry, edit, read receipts",
      inbox: "from a received frame to a stored message and its acknowledgement",
      link: "opening and accepting links: hello, handshake, redeeming an invite, live links",
      discovery: "finding contacts and being found: lookups, dials, published records, diagnosis",
      contacts: "what a user does with contacts: add, name, block, verify, settings",
      messages: "what a user does with messages: find, search, expire, subscribe to events",
      account: "backup, and consistency after a repair of the store",
      "group-sync": "what two members of a group lack of each other, over one link",
      "group-state": "what is stored of a group: its log, keys, records and sealed messages",
      "group-messages": "the conversation of a group: sending, receiving, acknowledgements",
      group: "groups at work: links, invitations, members, use cases",
      ".": "one function for each use case (`messenger.ts`), composition and lifecycle (`runtime.ts`)",
    },
  },
  store: {
    what: "LevelDB with encrypted rows, its twin in memory, the database key, the home lock",
    not: "what a row means",
    folders: {
      layout: "names of rows as bytes, and the schema row",
      files: "files that are replaced as a whole or not at all",
      encryption: "encrypting rows, and the keys they are encrypted under",
      leveldb: "the only folder that knows LevelDB: handles, write queue, files, errors",
      keyring: "the database key and how it is protected: key file, passphrase, keychain",
      integrity: "checksums over rows, rollback counter, crypto-shredding, check",
      repair: "a new store from the undamaged rows of a damaged one",
      ".": "opening a store; the store on disk and the one in memory",
    },
  },
  node: {
    what: "libp2p: streams, the LAN, WAN and public DHTs, LAN discovery, bootstrap, NAT traversal",
    not: "contacts, sessions, messages",
    folders: {
      util: "addresses, deadlines, rate limits, counters, protocol names",
      model: "configuration of a node, and the libp2p host as the other folders see it",
      connections: "dialing, which addresses may be dialed, admission and pruning",
      proxy: "SOCKS5: the transport that dials everything through a proxy",
      lan: "mDNS and link-local addresses",
      dht: "both Kademlia DHTs, their bounded storage, and the rendezvous port",
      "port-mapping": "port mappings on the router: NAT-PMP and UPnP",
      streams: "frames and request/response on a libp2p stream",
      nat: "reachability, kinds of NAT, signalling, hole punching",
      host: "one libp2p host with all its limits",
      links: "link streams, ways to reach a peer, bootstrap nodes, the peer cache",
      "public-dht": "the public IPFS DHT, on a host of its own",
      mesh: "gossipsub as a router on virtual connections",
      ".": "a messenger's node and a bootstrap node; rotation of the host key",
    },
  },
  daemon: {
    what: "puts a node together: settings, lock, store, network, messenger, socket, methods",
    not: "terminals",
    folders: {
      process: "log, signals, cleanup, clock and exit reason of the process",
      settings: "the settings file: schema, defaults, changes; proxy and network key",
      rpc: "JSON-RPC over the unix socket: connections, dispatch, event feeds",
      "rpc/methods": "one file for each group of methods",
      http: "the HTTP endpoint: who is let in, JSON-RPC, event streams",
      home: "an account's directory: create, open, restore, maintain without a running node",
      node: "what runs while the store is open: status, doctor, audit, locking",
      bootstrap: "the bootstrap node's process and its metrics",
      ".": "starting and stopping in order (`daemon.ts`)",
    },
  },
  cli: {
    what: "the command line: arguments, texts, exit codes",
    not: "everything beyond the API",
    folders: {
      runtime: "what every command gets: context, connection, printing, prompts, exit codes",
      format: "contacts, messages, states and times as text",
      args: "arguments that several commands share",
      process: "running in the background, shutdown, hooks, writing files",
      export: "conversations as JSON and HTML",
      net: "`sotto net decoys` and `sotto net public`",
      demo: "the processes of `sotto demo`",
      commands: "one file for each command",
      ".": "the table of commands, and one run of the program (`main.ts`)",
    },
  },
  tui: { what: "a client for the terminal", not: "everything beyond the API" },
  web: { what: "a client for the browser", not: "everything beyond the API" },
  testing: {
    what: "`sotto/testing`: nodes in memory, for tests of programs",
    not: "sockets, files",
  },
  library: { what: "`src/index.ts`, the public API of the package", not: "the node's insides" },
  bin: { what: "`bin/sotto.ts`, which starts `src/cli/main.ts`", not: "anything else" },
};
