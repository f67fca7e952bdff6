/** Why a host was not reached, address by address. */
import { SottoError } from "./errors.ts";

/** Reasons for a failed dial by which more is decided than what a person reads. */
export const dialReasons = {
  /** It leads to this very node. */
  self: "our own address",
  /** Somebody answers there who is not the one who was expected. */
  otherHost: "another host answers there",
  /**
   * A host answers, and what it says is not for our network: it has another network key, or one of
   * us has none.
   */
  otherNetwork: "not in this network",
} as const;

export interface DialFailure {
  readonly address: string;
  /** A few words for a person, such as refused or timed out. */
  readonly reason: string;
}

/**
 * Why no hole could be made: a router that gives each connection another port (of either side), no
 * host that both are connected to, nobody who answers, or time.
 */
export type HoleFailure = "symmetric" | "no-signal" | "refused" | "timed out";

/** What a router does to ports, as `NatKind` of the wire says. */
export type RouterKind = "unknown" | "none" | "preserving" | "independent" | "symmetric";

/** What came of a try to make a hole. */
export interface HoleTried {
  readonly why: HoleFailure;
  /** What their router does, where they told. */
  readonly theirs?: RouterKind | undefined;
}

/** The fault `peer-unreachable` of a dial, with what became of each address. */
export class Unreachable extends SottoError {
  readonly failures: readonly DialFailure[];
  /** Why there was no hole through the routers either; absent where none was tried. */
  readonly hole: HoleTried | undefined;

  constructor(message: string, failures: readonly DialFailure[], hole?: HoleTried) {
    super("peer-unreachable", message);
    this.failures = failures;
    this.hole = hole;
  }
}
