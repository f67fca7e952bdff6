/** What the others see of decoys (decoys.ts). */
import type { Direction } from "../../dht/index.ts";
import type { EpochSecret } from "./epoch-keys.ts";

export interface CoverRecord {
  readonly name: string;
  readonly turning: EpochSecret;
  readonly direction: Direction;
}

export interface CoverRecordSet {
  /** Tags that there are to be at least; 0 for no decoys. */
  readonly step: number;
  /** See `Messenger.setDecoys`. Those of before end now, and others take their places. */
  set(step: number): Promise<void>;
  /** The decoys that there are beside so many real tags. */
  beside(real: number): CoverRecord[];
  /** Looks for them from now on, as for absent contacts. */
  start(): void;
  stop(): void;
  /** Looks for all of them now. */
  wake(): void;
}
