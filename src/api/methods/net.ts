/** The network: who is connected, and whom to ask first. */
import type { Bootstrap, Contact, NodeStatus, Peer } from "../views.ts";
import type { Method, Nothing, Who } from "./method-types.ts";

/**
 * A bootstrap host, and who named it: the person, an invite, or a contact; such a one is asked only
 * when none of the others answers.
 */
export interface KnownBootstrap extends Omit<Bootstrap, "state"> {
  /** spare: it is not asked now. */
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
  /** Asks others now whether they reach us. */
  "net.check": Method<Nothing, { readonly reach: NodeStatus["net"]["reach"] }>;
  /**
   * Goes on under a new host key now, as it does by itself about once a day; the host before lives
   * on for minutes, until links have moved.
   */
  "net.rotate": Method<Nothing, { readonly host: string }>;
  /** Invisible from now on and from the next start on, or not. */
  "net.invisible": Method<{ readonly on: boolean }, { readonly invisible: boolean }>;
  /** Uses the public IPFS DHT from now on and from the next start on, or not. */
  "net.public": Method<{ readonly on: boolean }, { readonly public: boolean }>;
  /**
   * Puts so many tags at least, decoys among them, from now on and from the next start on; 0: no
   * decoys.
   */
  "net.decoys": Method<{ readonly step: number }, { readonly decoys: number }>;
  /** Asks a live link for a sign of life, and waits up to 10 s for it. */
  "net.ping": Method<
    Who,
    {
      readonly contact: Contact;
      readonly outcome: "answered" | "silent" | "no-link";
      readonly rttMs?: number;
    }
  >;
  "net.bootstrap.list": Method<Nothing, Bootstraps>;
  /** Kept in the settings, and tried at once. */
  "net.bootstrap.add": Method<{ readonly address: string }, Bootstraps>;
  /**
   * Forgotten, and looked for no more; one that a contact named is not taken from that one again
   * until it names others.
   */
  "net.bootstrap.remove": Method<{ readonly address: string }, Bootstraps>;
}
