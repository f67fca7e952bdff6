/** Backups: made by the node, written to a file by the client. */
import { type Infer, object, short, text, whole } from "../schema/fields.ts";
import { type MethodTypes, method, nothing } from "./method.ts";

const backupMade = object({
  id: text("Identifies the backup; the node keeps only the last one."),
  bytes: whole("Length of the file."),
  contacts: whole(),
  invites: whole("Open invites."),
  waiting: whole("Our undelivered messages, which a backup does not contain."),
});
export type BackupMade = Infer<typeof backupMade>;

export const backupMethods = {
  "backup.create": method({
    row: "admin",
    summary: "Encrypts contacts and settings with the recovery phrase of the account.",
    errors: [],
    params: nothing,
    result: backupMade,
    example: {},
  }),
  "backup.read": method({
    row: "admin",
    summary: "A part of the file from byte `from`; empty at the end or for another `id`.",
    errors: [],
    params: object({ id: short(), from: whole() }),
    result: object({ data: text("Base64.") }),
    example: { id: "1", from: 0 },
  }),
};

export type BackupMethods = MethodTypes<typeof backupMethods>;
