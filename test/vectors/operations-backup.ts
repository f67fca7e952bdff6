/** Operations of the vectors: backups (docs/SPEC.md). */
import { fromUtf8, SottoError, utf8 } from "../../src/base/index.ts";
import { openBackup, sealBackup } from "../../src/messenger/account/backup.ts";
import { decodeBackup, encodeBackup } from "../../src/wire/index.ts";
import { bytes, type Operation, plain, text } from "./notation.ts";

export const backupOperations: Readonly<Record<string, Operation>> = {
  "backup.seal": (providing, given) => {
    const backup = decodeBackup(utf8(text(given, "json")));
    if (backup === undefined) throw new Error("json is no backup");
    return plain({ file: sealBackup(providing([bytes(given, "salt")]), bytes(given, "entropy"), backup) });
  },
  "backup.open": (providing, given) => {
    try {
      const backup = openBackup(providing(), bytes(given, "entropy"), bytes(given, "file"));
      return { json: fromUtf8(encodeBackup(backup)) ?? null };
    } catch (error) {
      if (error instanceof SottoError) return { refused: error.code.replace("backup-", "") };
      throw error;
    }
  },
};
