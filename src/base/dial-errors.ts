/** Why a peer could not be reached: the result of each address that was dialed. */
import { SottoError } from "./errors.ts";

/** Reasons for a failed dial that code compares with; other reasons are only shown. */
export const dialReasons = {
  /** The address leads back to this node. */
  self: "our own address",
  /** The peer that answers has another PeerId. */
  otherHost: "another node answers there",
  /** What answers speaks HTTP: a captive portal, a proxy that intercepts connections, or a site. */
  webServer: "a web server answers there",
  /** What answers does not speak libp2p. */
  otherProgram: "another program answers there",
  /** The peer that answers has another network key, or only one of the two has a key. */
  otherNetwork: "different network key",
} as const;

/** Why a node that was asked to dial back did not reach an address: the words on the wire. */
export const dialbackFailures = [
  "refused",
  "timed out",
  "no route",
  "closed by the peer",
  "handshake failed",
  dialReasons.otherHost,
  dialReasons.otherNetwork,
  "failed",
] as const;

export type DialbackFailure = (typeof dialbackFailures)[number];

export interface DialFailure {
  readonly address: string;
  /** A few words for the user, such as refused or timed out. */
  readonly reason: string;
}

/**
 * Why hole punching failed: a symmetric NAT on either side, no bootstrap node that both sides are
 * connected to, no answer from the peer, or a timeout.
 */
export type HoleFailure = "symmetric" | "no-signal" | "refused" | "timed out";

const BOTH_NAT =
  "Forward a port on one side (sotto up --listen /ip4/0.0.0.0/tcp/PORT), or use IPv6 on " +
  "both sides.";

/** Why hole punching through the routers failed. */
export const holeFailures: Readonly<
  Record<HoleFailure, { readonly text: string; readonly remedy: string }>
> = {
  symmetric: {
    text:
      "Hole punching failed: a router uses a different port for each connection (symmetric " +
      "NAT).",
    remedy: BOTH_NAT,
  },
  "no-signal": {
    text: "Hole punching failed: no common bootstrap node for signalling.",
    remedy: "Share a bootstrap node: sotto net bootstrap add ADDRESS.",
  },
  refused: {
    text: "Hole punching failed: they did not answer the signalling request.",
    remedy:
      "Ask them to run sotto doctor: they must be online, use the same bootstrap node and still " +
      "have you as a contact.",
  },
  "timed out": {
    text: "Hole punching failed: the routers let no packet through in time.",
    remedy: BOTH_NAT,
  },
};

/** What a router does to ports; the values of `NatKind` on the wire. */
export type RouterKind = "unknown" | "none" | "preserving" | "independent" | "symmetric";

/** The result of a failed hole punch. */
export interface HoleTried {
  readonly why: HoleFailure;
  /** What the peer's router does, if the peer reported it. */
  readonly theirs?: RouterKind | undefined;
}

/** The error `peer-unreachable` of a dial, with the result of each address. */
export class Unreachable extends SottoError {
  readonly failures: readonly DialFailure[];
  /** Why hole punching failed as well; absent if it was not tried. */
  readonly hole: HoleTried | undefined;

  constructor(message: string, failures: readonly DialFailure[], hole?: HoleTried) {
    super("peer-unreachable", message);
    this.failures = failures;
    this.hole = hole;
  }
}
