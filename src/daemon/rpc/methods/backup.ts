/** The `backup.*` methods. A backup is read in parts, since it may be longer than a response. */
import type { BackupMethods } from "../../../api/index.ts";
import { limits } from "../../../base/index.ts";
import type { DispatchParts, Handlers } from "./method-types.ts";

export function backupHandlers({ messenger, network }: DispatchParts): Handlers<BackupMethods> {
  let made = 0;
  let last: { readonly id: string; readonly file: Uint8Array } | undefined;
  return {
    "backup.create": async () => {
      const file = await messenger.backup(network.best());
      const id = String(++made);
      last = { id, file };
      const contacts = messenger.contacts();
      return {
        id,
        bytes: file.length,
        contacts: contacts.length,
        invites: messenger.invites().filter(({ state }) => state === "open").length,
        waiting: contacts.reduce((sum, { waiting }) => sum + waiting, 0),
      };
    },
    "backup.read": ({ id, from }) => {
      const part = last?.id === id ? last.file.subarray(from, from + limits.backupPart) : [];
      return { data: Buffer.from(part).toString("base64") };
    },
  };
}
