/** The bootstrap nodes in the settings file: added by the user or from invites. */
import { limits, SottoError } from "../../base/index.ts";
import { check, readSettings, writeSettings } from "./config.ts";
import type { FileSettings } from "./schema.ts";
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
      await writeSettings(path, withLists(file, without(bootstrap), without(bootstrapInvited)));
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
      ? withLists(file, bootstrap, [...bootstrapInvited, address])
      : withLists(file, [...bootstrap, address], without(bootstrapInvited)),
  );
}

/** The settings with these bootstrap nodes, from the user and from invites. */
function withLists(
  { bootstrapInvited: _, ...file }: FileSettings,
  bootstrap: readonly string[],
  invited: readonly string[],
): FileSettings {
  return {
    ...file,
    bootstrap: [...bootstrap],
    ...(invited.length > 0 && { bootstrapInvited: [...invited] }),
  };
}
