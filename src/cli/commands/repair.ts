/** sotto repair: makes the store anew out of what is whole, while no node runs. */
import { SottoError } from "../../base/index.ts";
import type { Define } from "../runtime/context.ts";
import {
  currentPassphrase,
  type PassphraseOptions,
  passphraseOptions,
} from "../runtime/secrets.ts";

export const define: Define = (command, context) => {
  passphraseOptions(command).action(async (options: PassphraseOptions) => {
    const { out, paths } = context;
    if ((await context.nodeIfAny()) !== undefined)
      throw new SottoError("node-already-running", "A node has this store open.");
    const { readProtectionOf, repairHome } = await import("../../daemon/index.ts");
    const guard = await readProtectionOf(paths.home);
    const passphrase = await currentPassphrase(guard, options, context);
    const { aside, kept, dropped, incomplete } = await repairHome({ home: paths.home, passphrase });
    const lines = [
      `✓ a new store of what is whole: ${counted(kept)}`,
      `  could not be read and was left out: ${counted(dropped)}`,
      ...(incomplete.length > 0
        ? [`  rows that are missing, or older than they should be, in: ${incomplete.join(", ")}`]
        : []),
      `  the damaged files are in ${aside}`,
    ];
    out.data(lines.join("\n"), { aside, kept, dropped, incomplete });
    out.say("Sessions are made anew when your contacts are reached. Start your node: sotto up");
  });
};

/** Rows by their tables, as a person reads them. */
function counted(rows: Readonly<Record<string, number>>): string {
  return (
    Object.entries(rows)
      .map(([table, count]) => `${count} × ${table}`)
      .join(", ") || "nothing"
  );
}
