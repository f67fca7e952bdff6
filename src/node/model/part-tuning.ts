/** Bounds of a node that a test or a private mesh may set otherwise. */
import { type Backoff, limits } from "../../base/index.ts";

export interface Tuning {
  /** Time in ms that whoever opens a link has for its first frame. */
  readonly firstFrame: number;
  /** Time in ms in which a slow reader must take something before the link is dropped. */
  readonly drain: number;
  /** Time in ms for one dial. */
  readonly dial: number;
  /** Time in ms for one put to or get from the DHT. */
  readonly dht: number;
  /** Connections that one IP address may open in a second. */
  readonly inboundPerSecondPerIp: number;
  /** Pauses between tries to reach a bootstrap host. */
  readonly bootstrapRetry: Backoff;
  /** How the host key changes; each a time in ms. */
  readonly rotation: {
    /** How long a key lives: some time between. */
    readonly every: { readonly min: number; readonly max: number };
    /** Between two looks whether it is time, and between two tries. */
    readonly poll: number;
    readonly retry: number;
    /** How long a new host may look for others before it takes over. */
    readonly settle: number;
    /** How long the host before lives on at least, and at most. */
    readonly drainMin: number;
    readonly drainMax: number;
    /** Between two looks at it. */
    readonly look: number;
  };
}

export const defaultTuning: Tuning = {
  firstFrame: limits.stepTimeout,
  drain: limits.stepTimeout,
  dial: limits.dialTimeout,
  dht: limits.dhtTimeout,
  inboundPerSecondPerIp: limits.inboundPerSecondPerIp,
  bootstrapRetry: limits.bootstrapRetry,
  rotation: limits.rotation,
};
