/** `sotto init`: creates an account, or recovers one from its 24-word recovery phrase. */
import { joined, SottoError, safe } from "../../base/index.ts";
import { phraseTable } from "../format/format.ts";
import type { Context, Define } from "../runtime/context.ts";
import { askText } from "../runtime/prompt.ts";
import {
  chosenPassphrase,
  type PassphraseOptions,
  recoveryWords,
  type WordsOptions,
} from "../runtime/secrets.ts";

interface Options extends PassphraseOptions, WordsOptions {
  readonly name?: string;
  readonly passphrase?: true;
  readonly recover?: true;
  readonly showWords?: true;
  /** False with --no-history. */
  readonly history: boolean;
}

export const define: Define = (command, context) => {
  command
    .option("--name <name>", "the name that your contacts see")
    .option("--passphrase", "protect the database key with a passphrase (prompt)")
    .option("--passphrase-file <file>", "protect the database key with the passphrase in a file")
    .option(
      "--passphrase-fd <number>",
      "protect the database key with a passphrase from a file descriptor",
    )
    .option("--recover", "recover an account from its recovery phrase (prompt)")
    .option("--words-file <file>", "recover an account from the recovery phrase in a file")
    .option(
      "--words-fd <number>",
      "recover an account from a recovery phrase from a file descriptor",
    )
    .option("--no-history", "delete messages once they are delivered or read")
    .option("--show-words", "show the recovery phrase even if the output is not a terminal")
    .action((options: Options) => init(options, context));
};

async function init(options: Options, context: Context): Promise<void> {
  const { out, paths, interactive } = context;
  if (options.name === undefined && !interactive)
    throw new SottoError("usage", "There is no terminal to ask for a name. Use --name NAME.");
  const recovers = [options.recover, options.wordsFile, options.wordsFd].some(Boolean);
  const phrase = recovers ? await recoveryWords(options, context) : undefined;
  const name = options.name ?? (await askText("Your name?"));
  const passphrase = await chosenPassphrase(options, context);

  const { initHome } = await import("../../daemon/index.ts");
  const made = await initHome({
    home: paths.home,
    name,
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(phrase === undefined ? {} : { words: phrase }),
    ...(options.history ? {} : { noHistory: paths.config }),
  });
  const shows = options.showWords === true || (interactive && !recovers);
  out.data(`✓ account ${recovers ? "recovered" : "created"} in ${paths.home}`, {
    home: paths.home,
    protection: passphrase === undefined ? "key-file" : "passphrase",
    ...(shows ? { words: made.words } : {}),
  });
  if (shows && !out.flags.json)
    out.warn(
      safe`Write this recovery phrase on paper. Anyone who has it can recover the account:

${phraseTable(made.words)}
`,
    );
  if (recovers)
    out.say(
      joined(
        [
          "The recovery phrase does not contain contacts. Exchange a new invite with each " +
            "contact: they recognize your account and keep the conversation and the verification.",
          "A backup restores all contacts: sotto restore FILE, with an empty SOTTO_HOME.",
        ],
        "\n",
      ),
    );
  if (!shows && !recovers) out.say("Write down your recovery phrase: sotto words");
  out.say("Start your node: sotto up");
}
