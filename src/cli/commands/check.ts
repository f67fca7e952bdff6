/** `sotto check`: reads every row of the store and lists damage; exits with 1 if it finds any. */
import type { StoreReport } from "../../api/index.ts";
import type { Define } from "../runtime/context.ts";
import { exit } from "../runtime/exit-codes.ts";
import {
  currentPassphrase,
  type PassphraseOptions,
  passphraseOptions,
} from "../runtime/secrets.ts";

export const define: Define = (command, context) => {
  passphraseOptions(command).action(async (options: PassphraseOptions) => {
    const { out, paths } = context;
    const node = await context.nodeIfAny();
    let report: StoreReport;
    if (node) report = await node.call("store.check", {});
    else {
      const { checkHome, readProtectionOf } = await import("../../daemon/index.ts");
      const protection = await readProtectionOf(paths.home);
      const passphrase = await currentPassphrase(protection, options, context);
      report = await checkHome({ home: paths.home, passphrase });
    }
    out.data(describe(report), report);
    if (report.damaged.length === 0) return;
    out.say("→ Keep what is intact: sotto repair. Or restore a backup: sotto restore FILE.");
    context.exit(exit.failure);
  });
};

function describe({ rows, damaged, why }: StoreReport): string {
  if (why !== undefined) return `✗ the store cannot be opened: ${why}`;
  if (damaged.length === 0) return `✓ the store is intact: ${rows} rows read`;
  return `✗ the store is damaged: ${damaged.join(", ")} (${rows} rows read)`;
}
