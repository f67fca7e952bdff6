/** The rules of the house (docs/ARCHITECTURE.md), as data. */

export interface Room {
  /** Rooms that it may import. */
  readonly rooms: readonly string[];
  /** Rooms of which it may import types alone. */
  readonly typesOf?: readonly string[];
  /** Rooms that it may load only by `import()`, when they are needed. */
  readonly lazily?: readonly string[];
  /** Packages: a name, or a scope that ends in `/*`. */
  readonly packages?: readonly string[];
  /** `"none"`, or `"any"` built-in module but node:crypto, or `"crypto"` for any of them. */
  readonly builtins: "none" | "any" | "crypto";
  /** Whether time and chance are arguments here: no clock, no timer, no Math.random. */
  readonly pure?: boolean;
}

const PROTOBUF = ["protons-runtime", "uint8arraylist"];

export const rooms: Readonly<Record<string, Room>> = {
  base: { rooms: [], builtins: "none", pure: true },
  ports: { rooms: ["base"], builtins: "none", pure: true },
  api: { rooms: ["base"], packages: ["valibot"], builtins: "none" },
  crypto: {
    rooms: ["base", "ports"],
    packages: ["@noble/*", "@scure/*", "hash-wasm", "libsodium-sumo"],
    builtins: "crypto",
    pure: true,
  },
  wire: { rooms: ["base", "ports"], packages: PROTOBUF, builtins: "none", pure: true },
  ratchet: { rooms: ["base", "ports", "crypto", "wire"], builtins: "none", pure: true },
  group: { rooms: ["base", "ports", "crypto", "wire"], builtins: "none", pure: true },
  dht: { rooms: ["base", "ports", "crypto", "wire"], builtins: "none", pure: true },
  search: { rooms: ["base"], builtins: "none", pure: true },
  messenger: {
    rooms: ["base", "ports", "crypto", "wire", "ratchet", "group", "dht", "search"],
    builtins: "none",
    pure: true,
  },
  store: {
    rooms: ["base", "ports", "crypto", "wire"],
    packages: ["level"],
    builtins: "any",
  },
  node: {
    rooms: ["base", "ports", "wire", "dht"],
    typesOf: ["crypto"],
    packages: [
      "libp2p",
      "@libp2p/*",
      "@chainsafe/*",
      "@multiformats/*",
      "multiformats",
      "dns-packet",
      "uint8arraylist",
    ],
    builtins: "any",
  },
  daemon: {
    rooms: ["base", "ports", "crypto", "dht", "api", "messenger", "store", "node"],
    packages: ["valibot"],
    builtins: "any",
  },
  cli: {
    rooms: ["base", "api"],
    lazily: ["daemon"],
    packages: ["commander", "uqr", "@clack/*"],
    builtins: "any",
  },
  tui: { rooms: ["base", "api"], builtins: "any" },
  web: { rooms: ["base", "api"], builtins: "none" },
  /** src/index.ts, the public face of the library; the way to the node's socket is the command line's. */
  face: { rooms: ["base", "ports", "api", "cli"], builtins: "none" },
  /** bin/, which starts src/cli/main.ts and does nothing else. */
  bin: { rooms: ["cli"], builtins: "any" },
};

/** Files of a room, other than its index.ts, that another room may import: the way in for bin/. */
export const doors: readonly string[] = ["src/cli/main.ts"];

/** The only files that may read process.env. */
export const environmentFiles: readonly RegExp[] = [
  /^src\/daemon\/config[^/]*\.ts$/,
  /^src\/cli\/environment\.ts$/,
];

/** Lines of a file that a person can keep in the head. Generated files (*.pb.ts) have no bound. */
export const longestFile = 250;
