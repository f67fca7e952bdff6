/** The bootstrap nodes in the settings file: added by the user or from invites. */
import { limits, SottoError } from "../../base/index.ts";
import { check } from "./config.ts";
import { readSettings, type SettingChanges, writeSettings } from "./settings-file.ts";
import { bootstrapAddress } from "./validators.ts";

/**
 * Adds a bootstrap address to the file, from the user or an invite, or removes it, for the next
 * start. Throws `address-invalid`, also for removing an unknown one unless `lenient`.
 */
export async function changeBootstrap(
  path: string,
  change: "add" | "invite" | "remove",
  address: string,
  lenient = false,
): Promise<void> {
  const file = await readSettings(path);
  const without = (list: readonly string[] = []) => list.filter((other) => other !== address);
  const { bootstrap = [], bootstrapInvited = [] } = file;
  const known = [...bootstrap, ...bootstrapInvited];
  if (change === "remove") {
    if (known.includes(address))
      await writeSettings(path, lists(without(bootstrap), without(bootstrapInvited)));
    else if (!lenient)
      throw new SottoError("address-invalid", "This bootstrap node is not configured.");
    return;
  }
  check(bootstrapAddress, address);
  if (bootstrap.includes(address) || (change === "invite" && known.includes(address))) return;
  if (!known.includes(address) && known.length >= limits.bootstrapAddresses)
    throw new SottoError(
      "address-invalid",
      `There are already ${known.length} bootstrap addresses.`,
    );
  await writeSettings(
    path,
    change === "invite"
      ? lists(bootstrap, [...bootstrapInvited, address])
      : lists([...bootstrap, address], without(bootstrapInvited)),
  );
}

/** The changes that name these bootstrap nodes, from the user and from invites. */
function lists(bootstrap: readonly string[], invited: readonly string[]): SettingChanges {
  return { bootstrap, bootstrapInvited: invited.length > 0 ? invited : undefined };
}
