/** `sotto words`: shows the 24-word recovery phrase of the account. */
import { SottoError, safe } from "../../base/index.ts";
import { phraseTable } from "../format/format.ts";
import type { Define } from "../runtime/context.ts";
import {
  currentPassphrase,
  type PassphraseOptions,
  passphraseOptions,
} from "../runtime/secrets.ts";

interface Options extends PassphraseOptions {
  readonly showWords?: true;
}

export const define: Define = (command, context) => {
  passphraseOptions(command)
    .option("--show-words", "show the recovery phrase even if the output is not a terminal")
    .action(async (options: Options) => {
      if (!options.showWords && process.stdout.isTTY !== true)
        throw new SottoError(
          "usage",
          "The recovery phrase is only shown on a terminal. To show it anyway: --show-words",
        );
      const node = await context.nodeIfAny();
      const { readProtectionOf, readWords } = await import("../../daemon/index.ts");
      const { home } = context.paths;
      const protection = node
        ? (await node.call("node.state", {})).protection
        : await readProtectionOf(home);
      const passphrase = await currentPassphrase(protection, options, context);
      const { words } = node
        ? await node.call("account.words", { passphrase })
        : await readWords({ home, passphrase });
      context.out.say(
        safe`Write this recovery phrase on paper. Anyone who has it can recover the account:\n`,
      );
      context.out.data(phraseTable(words), { words });
    });
};
