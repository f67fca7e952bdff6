/** Backups: made by the node, written to a file by the client. */
import type { Method, Nothing } from "./method-types.ts";

export interface BackupMade {
  /** Identifies the backup; the node keeps only the last one. */
  readonly id: string;
  /** Length of the file in bytes. */
  readonly bytes: number;
  readonly contacts: number;
  /** Open invites. */
  readonly invites: number;
  /** Our undelivered messages, which a backup does not contain. */
  readonly waiting: number;
}

export interface BackupMethods {
  /** Encrypts contacts and settings with the recovery phrase of the account. */
  "backup.create": Method<Nothing, BackupMade>;
  /** A part of the file from byte `from`, in base64; empty at the end or for another `id`. */
  "backup.read": Method<{ readonly id: string; readonly from: number }, { readonly data: string }>;
}
