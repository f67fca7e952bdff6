/** The network: who is connected, and whom to ask first. */
import type { Bootstrap, Peer } from "../views.ts";
import type { Method, Nothing } from "./shape.ts";

interface Bootstraps {
  readonly bootstrap: readonly Bootstrap[];
}

export interface NetMethods {
  "net.peers": Method<Nothing, { readonly peers: readonly Peer[] }>;
  "net.bootstrap.list": Method<Nothing, Bootstraps>;
  /** Kept in the settings, and tried at once. */
  "net.bootstrap.add": Method<{ readonly address: string }, Bootstraps>;
  /** Forgotten in the settings, and looked for no more. */
  "net.bootstrap.remove": Method<{ readonly address: string }, Bootstraps>;
}
