/** `sotto repair`: writes a new store from the intact rows of a damaged one; no node may run. */
import { joined, SottoError } from "../../base/index.ts";
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
      throw new SottoError("node-already-running", "The running node has this store open.");
    const { readProtectionOf, repairHome } = await import("../../daemon/index.ts");
    const protection = await readProtectionOf(paths.home);
    const passphrase = await currentPassphrase(protection, options, context);
    const { aside, kept, dropped, incomplete } = await repairHome({ home: paths.home, passphrase });
    const lines = [
      `✓ new store with the intact rows: ${counted(kept)}`,
      `  unreadable, not included: ${counted(dropped)}`,
      ...(incomplete.length > 0 ? [`  rows missing or out of date: ${incomplete.join(", ")}`] : []),
      `  the previous files are in ${aside}`,
    ];
    out.data(joined(lines, "\n"), { aside, kept, dropped, incomplete });
    out.say("Sessions are re-created when contacts connect. Start your node: sotto up");
  });
};

/** Numbers of rows by table, as text. */
function counted(rows: Readonly<Record<string, number>>): string {
  return (
    Object.entries(rows)
      .map(([table, count]) => `${count} × ${table}`)
      .join(", ") || "nothing"
  );
}
