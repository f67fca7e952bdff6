/** A backup, made by the node and written by whoever asked for it. */
import type { Method, Nothing } from "./method-types.ts";

export interface BackupMade {
  /** Names it among the node's backups; the node remembers the last one that it made. */
  readonly id: string;
  /** Length of the file. */
  readonly bytes: number;
  readonly contacts: number;
  /** Open ones. */
  readonly invites: number;
  /** Messages of ours that are not delivered yet, which no backup holds. */
  readonly waiting: number;
}

export interface BackupMethods {
  /** Seals what there is now under the account's words. */
  "backup.create": Method<Nothing, BackupMade>;
  /**
   * The file from byte `from` on: the first so many bytes of it, in base64; empty at its end, and
   * once another was made.
   */
  "backup.read": Method<{ readonly id: string; readonly from: number }, { readonly data: string }>;
}
