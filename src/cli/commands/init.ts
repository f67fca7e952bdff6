/** sotto init: makes an account, or brings one back from its 24 words. */
import { SottoError } from "../../base/index.ts";
import { phraseTable } from "../format/format.ts";
import type { Context, Define } from "../runtime/context.ts";
import { askText } from "../runtime/prompt.ts";
import {
  givenPassphrase,
  newPassphrase,
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
    .option("--name <name>", "what others see of you")
    .option("--passphrase", "guard the store with a passphrase, asked for now")
    .option("--passphrase-file <file>", "guard the store with the passphrase in a file")
    .option("--passphrase-fd <number>", "guard the store with the passphrase from a descriptor")
    .option("--recover", "bring an account back from its 24 words, asked for now")
    .option("--words-file <file>", "bring an account back from the 24 words in a file")
    .option("--words-fd <number>", "bring an account back from the 24 words of a descriptor")
    .option("--no-history", "keep no message once it is delivered, or read")
    .option("--show-words", "show the 24 words that bring the account back, off a terminal too")
    .action((options: Options) => init(options, context));
};

async function init(options: Options, context: Context): Promise<void> {
  const { out, paths, interactive } = context;
  if (options.name === undefined && !interactive)
    throw new SottoError("usage", "There is no terminal to ask for a name: give one with --name.");
  const recovers = [options.recover, options.wordsFile, options.wordsFd].some(Boolean);
  const words = recovers ? await recoveryWords(options, context) : undefined;
  const name = options.name ?? (await askText("Your name?"));
  const passphrase =
    givenPassphrase(options) ?? (options.passphrase ? await newPassphrase(context) : undefined);

  const { initHome } = await import("../../daemon/index.ts");
  const made = await initHome({
    home: paths.home,
    name,
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(words === undefined ? {} : { words }),
    ...(options.history ? {} : { noHistory: paths.config }),
  });
  const shows = options.showWords === true || (interactive && !recovers);
  out.data(`✓ account ${recovers ? "brought back" : "made"} in ${paths.home}`, {
    home: paths.home,
    protection: passphrase === undefined ? "key-file" : "passphrase",
    ...(shows ? { words: made.words } : {}),
  });
  if (shows && !out.flags.json)
    out.warn(
      "Write these 24 words on paper. They bring the account back, for you or for a " +
        `thief:\n\n${phraseTable(made.words)}\n`,
    );
  if (recovers)
    out.say(
      "The words hold no contacts. Exchange an invite with each of them, made by either " +
        "side: they know you again, and keep your conversation and your mark.\nIf you have " +
        "a backup, it brings everybody back: sotto restore FILE, in an empty SOTTO_HOME.",
    );
  out.say("Start your node: sotto up");
}
