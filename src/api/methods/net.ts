/** Connections, bootstrap nodes and network settings. */
import type { Bootstrap, Contact, NodeStatus, Peer } from "../views.ts";
import type { Method, Nothing, Who } from "./method-types.ts";

/** A bootstrap node and its source. Those from contacts are only used if no other one answers. */
export interface KnownBootstrap extends Omit<Bootstrap, "state"> {
  /** spare: a reserve that is not used now. */
  readonly state: Bootstrap["state"] | "spare";
  readonly origin: "own" | "invite" | "contact";
  /** The name of that contact. */
  readonly contact?: string;
}

interface Bootstraps {
  readonly bootstrap: readonly KnownBootstrap[];
}

export interface NetMethods {
  "net.peers": Method<Nothing, { readonly peers: readonly Peer[] }>;
  /** Asks peers now whether they can reach this node. */
  "net.check": Method<Nothing, { readonly reach: NodeStatus["net"]["reach"] }>;
  /** Rotates the libp2p host key (PeerId); the old one is closed after some minutes. */
  "net.rotate": Method<Nothing, { readonly host: string }>;
  /** Makes the node invisible, now and at the next starts, or visible. */
  "net.invisible": Method<{ readonly on: boolean }, { readonly invisible: boolean }>;
  /** Turns the public IPFS DHT on or off, now and for the next starts. */
  "net.public": Method<{ readonly on: boolean }, { readonly public: boolean }>;
  /**
   * Publishes cover records up to a multiple of `step` tags, now and at the next starts; 0: none.
   */
  "net.decoys": Method<{ readonly step: number }, { readonly decoys: number }>;
  /** Pings a contact over its link, and waits up to 10 s for the response. */
  "net.ping": Method<
    Who,
    {
      readonly contact: Contact;
      readonly outcome: "answered" | "silent" | "no-link";
      readonly rttMs?: number;
    }
  >;
  "net.bootstrap.list": Method<Nothing, Bootstraps>;
  /** Adds a bootstrap node to the settings and connects to it. */
  "net.bootstrap.add": Method<{ readonly address: string }, Bootstraps>;
  /**
   * Removes a bootstrap node; one from a contact is not accepted again until the contact shares
   * other ones.
   */
  "net.bootstrap.remove": Method<{ readonly address: string }, Bootstraps>;
}
