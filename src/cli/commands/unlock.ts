/** `sotto unlock`: unlocks a locked node. */
import type { Define } from "../runtime/context.ts";
import {
  currentPassphrase,
  type PassphraseOptions,
  passphraseOptions,
} from "../runtime/secrets.ts";

export const define: Define = (command, context) => {
  passphraseOptions(command).action(async (options: PassphraseOptions) => {
    const before = await context.call("node.state", {});
    if (before.state === "open") {
      context.out.data("The node is not locked.", before);
      return;
    }
    const passphrase = await currentPassphrase(before.protection, options, context);
    context.out.data("Unlocked.", await context.call("node.unlock", { passphrase }));
  });
};
