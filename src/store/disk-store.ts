/** The interface of a store on the disk, in addition to that of every store. */
import type { SottoError } from "../base/index.ts";
import type { Store } from "../ports/index.ts";
import type { StoreCheck } from "./integrity/check.ts";

/** A store on the disk, which can check every row. */
export interface DiskStore extends Store {
  /**
   * Whether the database has fewer batches than the files next to it record: it is an older copy,
   * and its sessions were used after it was made. Reported at every opening until the first commit,
   * in which the user of the store must drop all sessions.
   */
  readonly rolledBack: boolean;
  /** The first damage that a read found. */
  readonly damage: SottoError | undefined;
  /**
   * Resolves with the error of the first write that failed; nothing is written after it.
   */
  readonly failed: Promise<SottoError>;
  /**
   * Decrypts every row and verifies all checksums, also those of pages that were not read yet.
   * Reads and writes continue concurrently. A damaged file of the vault is reported and written
   * again. Throws `store-damaged` if the files cannot be read at all.
   */
  check(): Promise<StoreCheck>;
}
