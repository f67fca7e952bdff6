/** The interface of a store on the disk, in addition to that of every store. */
import type { SottoError } from "../base/index.ts";
import type { Store } from "../ports/index.ts";
import type { StoreCheck } from "./integrity/check.ts";

/** A store on the disk, which can be told to look at every row. */
export interface DiskStore extends Store {
  /**
   * The database had fewer batches than the files beside it remember: it is a copy from before, and
   * its sessions have been used beyond what they say. The next opening says so again until
   * something was committed: whoever reads this drops all sessions in the first commit.
   */
  readonly rolledBack: boolean;
  /** The first damage that a read found. */
  readonly damage: SottoError | undefined;
  /**
   * Resolves with the fault of the first write that failed; from then on nothing is written any
   * more.
   */
  readonly failed: Promise<SottoError>;
  /**
   * Reads and opens every row, and holds all of them against their sums: also those of pages that
   * nobody has touched. Others may go on reading and writing meanwhile. A damaged file of the vault
   * is named and written anew. Throws `store-damaged` where the files cannot be read at all.
   */
  check(): Promise<StoreCheck>;
}
