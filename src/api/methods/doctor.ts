/**
 * What keeps this node, or somebody and us, from meeting. Facts and causes; the words are the
 * faces'.
 */
import type { ContactCause as FoundCause, HoleFailure, RouterKind } from "../../base/index.ts";
import type { Contact, NodeStatus } from "../views.ts";
import type { Method, Nothing, Who } from "./method-types.ts";

/**
 * What is not well with the node itself.
 *
 * store-damaged, store-older: what was found at rest. nothing-listens, no-address: nobody can dial
 * us. this-machine-only: nobody on another machine can. alone: no host is known, so nobody can be
 * asked. other-network: a bootstrap host answers, and is of another private network, or we are.
 * bootstrap-lost: none of our bootstrap hosts answers; bootstrap-some-lost: not all do.
 * no-bootstrap, no-mdns: one way of finding others is not there. records-refused: others are there
 * and none takes our records. clock-behind: contacts sign times that are still to come here.
 * clock-set: somebody set the clock while the node ran. unreachable: hosts that were asked do not
 * reach us. reach-unknown: nobody could be asked that. hard-router: the router in front of us gives
 * each connection another port, so that no hole can be made. no-port: nobody reaches us, and the
 * router opens no port when it is asked. router-inside: it opened one, and is itself behind another
 * router. proxy-down, proxy-refused: everything goes through a proxy, and it does not answer, or
 * not as one that takes us. outward-only: behind a proxy and without an onion service nobody can
 * dial us. listens-beside-proxy: strangers can connect to us directly. invisible: nobody finds us,
 * by our own wish. public-lost: the public DHT is on, and none of its hosts answers. public-unleft:
 * it is on, and our addresses could not be left there. key-file: who has the directory can read the
 * store.
 */
export type NodeFinding =
  | "store-damaged"
  | "store-older"
  | "nothing-listens"
  | "no-address"
  | "this-machine-only"
  | "alone"
  | "bootstrap-lost"
  | "other-network"
  | "bootstrap-some-lost"
  | "no-bootstrap"
  | "no-mdns"
  | "records-refused"
  | "clock-behind"
  | "clock-set"
  | "unreachable"
  | "reach-unknown"
  | "hard-router"
  | "no-port"
  | "router-inside"
  | "proxy-down"
  | "proxy-refused"
  | "outward-only"
  | "listens-beside-proxy"
  | "invisible"
  | "public-lost"
  | "public-unleft"
  | "key-file";

/**
 * Why a contact is not linked (src/base/contact-causes.ts says what each means); proxy-down: nobody
 * can be dialled, for the proxy is not there.
 */
export type ContactCause = FoundCause | "proxy-down";

/** How far an address reaches; `invalid` where it is none. */
export type AddressReach = "public" | "private" | "loopback" | "invalid";

export interface DoctorOfNode {
  readonly status: NodeStatus;
  /** `wrong`: links fail by it; otherwise it is only good to know. */
  readonly findings: readonly { readonly what: NodeFinding; readonly wrong: boolean }[];
  /**
   * Records that others are to find: how many there are to be, how many others hold, how many were
   * put in vain.
   */
  readonly records: { readonly wanted: number; readonly held: number; readonly refused: number };
  /** Keys under which our addresses are left on the public DHT, likewise. */
  readonly publicKeys: { readonly wanted: number; readonly held: number; readonly refused: number };
  readonly clock: {
    /** By how much it was set while the node ran, ms; negative: back. */
    readonly setBy: number;
    /** Contacts whose records were compared with it since the start. */
    readonly compared: number;
    /** By how much the latest of these was ahead of it, ms. */
    readonly theirsAhead?: number;
  };
}

export interface DoctorOfContact {
  readonly contact: Contact;
  /** Absent where all is well: they are linked. */
  readonly cause?: ContactCause;
  readonly link?: {
    readonly since: number;
    readonly heardAt: number;
    readonly address: string;
    readonly outbound: boolean;
  };
  readonly session: "none" | "kept" | "broken";
  /**
   * The newest record of theirs that was found now; its age in ms, and by how much its time was
   * ahead of our clock when it was found: theirs is ahead, then.
   */
  readonly record?: {
    readonly age: number;
    readonly ahead: number;
    readonly addresses: readonly string[];
  };
  /**
   * Why one that was found is of no use; `off`: their clock minus ours, ms, where they signed it.
   */
  readonly recordRefused?: { readonly why: string; readonly off?: number };
  /** Each address that was dialled, and what came of it. */
  readonly dials: readonly {
    readonly address: string;
    readonly reach: AddressReach;
    /** Where they were linked last, what their record says, or what the public DHT names. */
    readonly from: "last" | "record" | "public";
    readonly reached: boolean;
    readonly reason?: string;
    readonly answer?: string;
  }[];
  /** Why there was no hole through the routers either, where one was tried. */
  readonly hole?: HoleFailure;
  /** What the routers on both sides do to ports; theirs where they told while a hole was tried. */
  readonly routers: { readonly ours: RouterKind; readonly theirs?: RouterKind };
  /** When the oldest message that waits for them was written. */
  readonly waitingSince?: number;
  /** Searches in vain since the last link, and ms until the next one. */
  readonly failures: number;
  readonly nextTryIn?: number;
}

export interface DoctorMethods {
  "doctor.node": Method<Nothing, DoctorOfNode>;
  /** Looks for the contact now, which takes as long as a dial and a lookup do: up to 45 s. */
  "doctor.contact": Method<Who, DoctorOfContact>;
}
