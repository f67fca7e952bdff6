/** sotto words: the 24 words that bring the account back, for paper. */
import { SottoError } from "../../base/index.ts";
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
    .option("--show-words", "show them off a terminal too")
    .action(async (options: Options) => {
      if (!options.showWords && process.stdout.isTTY !== true)
        throw new SottoError(
          "usage",
          "The words are shown on a terminal alone; --show-words shows them anywhere.",
        );
      const node = await context.nodeIfAny();
      const { readProtectionOf, readWords } = await import("../../daemon/index.ts");
      const { home } = context.paths;
      const guard = node
        ? (await node.call("node.state", {})).protection
        : await readProtectionOf(home);
      const passphrase = await currentPassphrase(guard, options, context);
      const { words } = node
        ? await node.call("account.words", { passphrase })
        : await readWords({ home, passphrase });
      context.out.say(
        "Write these 24 words on paper. They bring the account back, for you or for a thief:\n",
      );
      context.out.data(phraseTable(words), { words });
    });
};
