/** Controls of a node by hand, which note what they are asked. */
import type { Audit, NetState, NodeState, NodeStatus, Token } from "../../src/api/index.ts";
import type { Controls, Tokens } from "../../src/daemon/rpc/methods/method-types.ts";

export const state: NodeState = {
  version: "x",
  apiVersion: "1.0",
  pid: 1,
  startedAt: 0,
  state: "open",
  protection: "passphrase",
  home: "/home",
};

export const status: NodeStatus = {
  ...state,
  state: "open",
  account: { account: "a".repeat(52), device: "a".repeat(52), name: "ann" },
  host: "12D3KooWann",
  addresses: [],
  net: {
    peers: 0,
    lanDht: 0,
    wanDht: 0,
    wanMode: "client",
    reach: { verdict: "unknown", addresses: [], asked: 0, seenAs: [] },
    nat: { kind: "unknown", portMap: { state: "none" }, punches: { made: 0, failed: 0 } },
    hostKey: { age: 0, moving: false },
    privateNetwork: false,
    listening: [],
    protocols: [],
    bootstrap: [],
    mdns: false,
    mdnsRefused: [],
    publicDht: { state: "off", peers: 0 },
  },
  contacts: { total: 0, online: 0, requests: 0 },
  waiting: 0,
  keptBack: { lan: 0, proxy: 0, "no-proxy": 0 },
  unread: 0,
  invisible: false,
  decoys: 0,
  history: true,
  disk: { low: false },
  engine: "noble",
};

export const netState: NetState = {
  addresses: [],
  connected: false,
  lanDht: false,
  wanDht: false,
  reach: "unknown",
  router: "unknown",
  portMap: "none",
  bootstrap: [],
  mdns: false,
  publicDht: "off",
};

export const audit: Audit = {
  version: "x",
  engine: "noble",
  protocols: [],
  relays: false,
  records: { wanted: 0, held: 0 },
  protection: "passphrase",
  contacts: { total: 0, verified: [], links: 0, sessions: 0 },
  history: true,
  lastSeen: false,
  followers: 0,
  scan: { files: 0, bytes: 0, sought: [], found: [] },
};

export function fakeControls(): Controls & { readonly asked: unknown[][] } {
  const asked: unknown[][] = [];
  const note =
    (name: string) =>
    async (...args: unknown[]): Promise<void> =>
      void asked.push([name, ...args]);
  return {
    asked,
    state: () => state,
    lock: note("lock"),
    unlock: note("unlock"),
    prove: note("prove"),
    protect: note("protect"),
    stop: () => void asked.push(["stop"]),
  };
}

export const token: Token = { name: "report", scope: "post", for: "socket", createdAt: 0 };

/** One token, named "report", with the secret "secret". */
export function fakeTokens(): Tokens {
  return {
    create: async () => ({ token, secret: "secret" }),
    list: () => [token],
    revoke: async () => undefined,
    find: () => ({ token, access: { name: token.name, scope: token.scope } }),
    noteUse: async () => undefined,
  };
}
