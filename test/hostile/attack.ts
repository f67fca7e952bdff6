/** What an attack is given, and what it reports. */
import type { Target } from "./raw.ts";

export interface Plan {
  readonly target: Target;
  /** ms since 1970 at which it ends. */
  readonly until: number;
  /** Between two bytes of one that trickles, ms. */
  readonly pause: number;
  /** The address of loopback that its n-th connection comes from. */
  readonly from: (index: number) => string;
  /** Multiplies what is opened. */
  readonly strength: number;
}

export interface Report {
  /** Connections. */
  readonly opened: number;
  /** Those that the node ended, or would not have. */
  readonly dropped: number;
  readonly bytes?: number;
}

export type Attack = (plan: Plan) => Promise<Report>;
