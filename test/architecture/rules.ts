/**
 * The architecture (docs/ARCHITECTURE.md) as data: which module and which folder may import what.
 */

export interface Module {
  /** Modules that it may import. */
  readonly modules: readonly string[];
  /** Modules of which it may import only types. */
  readonly typesOf?: readonly string[];
  /** Modules that it may load only by `import()`, when they are needed. */
  readonly lazily?: readonly string[];
  /** Packages: a name, or a scope that ends in `/*`. */
  readonly packages?: readonly string[];
  /** `"none"`, `"any"` built-in module except node:crypto, or `"crypto"` for all of them. */
  readonly builtins: "none" | "any" | "crypto";
  /** Whether time and randomness are arguments here: no clock, no timer, no Math.random. */
  readonly pure?: boolean;
}

export const modules: Readonly<Record<string, Module>> = {
  base: { modules: [], builtins: "none", pure: true },
  ports: { modules: ["base"], builtins: "none", pure: true },
  model: { modules: ["base"], builtins: "none", pure: true },
  api: {
    modules: ["base", "model"],
    packages: ["valibot", "@valibot/to-json-schema"],
    builtins: "none",
  },
  crypto: {
    modules: ["base", "ports"],
    packages: ["@noble/*", "@scure/*", "hash-wasm", "libsodium-sumo"],
    builtins: "crypto",
    pure: true,
  },
  wire: { modules: ["base", "ports"], builtins: "none", pure: true },
  ratchet: { modules: ["base", "ports", "crypto", "wire"], builtins: "none", pure: true },
  group: { modules: ["base", "ports", "crypto", "wire"], builtins: "none", pure: true },
  dht: { modules: ["base", "ports", "crypto", "wire"], builtins: "none", pure: true },
  search: { modules: ["base"], builtins: "none", pure: true },
  messenger: {
    modules: ["base", "model", "ports", "crypto", "wire", "ratchet", "group", "dht", "search"],
    packages: ["unhomoglyph"],
    builtins: "none",
    pure: true,
  },
  store: {
    modules: ["base", "ports", "crypto", "wire"],
    packages: ["level"],
    builtins: "any",
  },
  node: {
    modules: ["base", "ports", "wire", "dht"],
    typesOf: ["crypto"],
    packages: [
      "libp2p",
      "@libp2p/*",
      "@chainsafe/*",
      "@multiformats/*",
      "multiformats",
      "dns-packet",
    ],
    builtins: "any",
  },
  daemon: {
    modules: ["base", "ports", "crypto", "dht", "api", "messenger", "store", "node"],
    packages: ["valibot"],
    builtins: "any",
  },
  cli: {
    modules: ["base", "api"],
    lazily: ["daemon"],
    packages: ["commander", "uqr", "@clack/*"],
    builtins: "any",
  },
  tui: { modules: ["base", "api"], builtins: "any" },
  web: { modules: ["base", "api"], builtins: "none" },
  /** src/testing, the entry `sotto/testing` of the package. */
  testing: { modules: ["base", "api", "daemon"], builtins: "none" },
  /**
   * src/index.ts, the public API of the library; the path of the node's socket is the command
   * line's.
   */
  library: { modules: ["base", "ports", "api", "cli"], builtins: "none" },
  /** bin/, which starts src/cli/main.ts and does nothing else. */
  bin: { modules: ["cli"], builtins: "any" },
};

/**
 * Folders inside a module and the sibling folders that each may import. `"."` stands for the files
 * of the module's own folder. A module that is not listed is one folder, or its folders may import
 * each other.
 */
export const folders: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  messenger: {
    model: [],
    state: ["model"],
    outbox: ["state", "model"],
    inbox: ["outbox", "state", "model"],
    link: ["inbox", "outbox", "state", "model"],
    discovery: ["link", "state", "model"],
    contacts: ["link", "inbox", "outbox", "state", "model"],
    messages: ["outbox", "state", "model"],
    account: ["state", "model"],
    "group-sync": [],
    "group-state": ["group-sync", "inbox", "outbox", "state", "model"],
    "group-messages": ["group-state", "group-sync", "inbox", "outbox", "state", "model"],
    group: [
      "group-messages",
      "group-state",
      "group-sync",
      "link",
      "inbox",
      "outbox",
      "state",
      "model",
    ],
    ".": [
      ...["account", "contacts", "discovery", "group", "inbox", "link", "messages", "model"],
      ...["group-messages", "group-state", "group-sync", "outbox", "state"],
    ],
  },
  node: {
    util: [],
    model: ["util"],
    connections: ["model", "util", "proxy"],
    proxy: ["model", "util"],
    lan: ["model", "util"],
    dht: ["model", "util"],
    "port-mapping": ["model", "util"],
    streams: ["connections", "model", "util"],
    nat: ["streams", "connections", "model", "util"],
    host: ["dht", "lan", "proxy", "connections", "model", "util"],
    links: ["nat", "streams", "connections", "host", "model", "util"],
    "public-dht": ["host", "connections", "model", "util"],
    mesh: ["model", "util"],
    ".": [
      ...["connections", "dht", "host", "lan", "links", "mesh", "model", "nat", "port-mapping"],
      ...["proxy", "public-dht", "streams", "util"],
    ],
  },
  store: {
    layout: [],
    files: ["layout"],
    encryption: ["layout", "files"],
    leveldb: ["layout"],
    keyring: ["files", "leveldb"],
    integrity: ["encryption", "leveldb", "layout", "files"],
    repair: [".", "integrity", "encryption", "leveldb", "layout", "files"],
    ".": ["keyring", "integrity", "encryption", "leveldb", "layout", "files"],
  },
  daemon: {
    process: [],
    settings: ["process"],
    "rpc/methods": [],
    rpc: ["rpc/methods"],
    http: ["rpc", "rpc/methods"],
    home: ["settings", "process", "rpc", "rpc/methods"],
    node: ["home", "rpc", "rpc/methods", "settings", "process"],
    bootstrap: ["home", "settings", "process"],
    ".": ["bootstrap", "home", "http", "node", "process", "rpc", "rpc/methods", "settings"],
  },
  cli: {
    runtime: [],
    format: ["runtime"],
    args: ["format", "runtime"],
    process: ["format", "runtime"],
    export: ["format", "runtime"],
    net: ["args", "format", "runtime"],
    demo: ["args", "format", "process", "runtime"],
    commands: ["args", "demo", "export", "format", "net", "process", "runtime"],
    ".": ["commands", "runtime"],
  },
};

/**
 * Files of a module, other than its index.ts, that another module may import: the entry for bin/,
 * and the contract at run time, which loads a schema library that clients do not need.
 */
export const doors: readonly string[] = ["src/cli/main.ts", "src/api/contract.ts"];

/** The only files that may read process.env. */
export const environmentFiles: readonly RegExp[] = [
  /^src\/daemon\/(?:settings\/)?config[^/]*\.ts$/,
  /^src\/cli\/runtime\/environment\.ts$/,
];

/** The only files that may write to standard output and standard error. */
export const terminalFiles: readonly RegExp[] = [
  /^src\/cli\/runtime\/print\.ts$/,
  /^bin\/sotto\.ts$/,
];

/** Lines of a file at most; aim for 120 to 350. */
export const longestFile = 400;

/** Columns of a line at most. */
export const widestLine = 100;

/** Files directly in one folder of src at most. */
export const mostFiles = 24;

/** Folders with one file a command, a method or a message: their number grows with the product. */
export const crowdedFolders: readonly string[] = ["src/cli/commands"];
