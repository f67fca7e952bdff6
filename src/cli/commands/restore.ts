/** sotto restore: an account on another machine, out of its backup and its 24 words. */
import { open } from "node:fs/promises";
import { limits, SottoError } from "../../base/index.ts";
import { count } from "../format/format.ts";
import { formatTime } from "../format/time.ts";
import type { Context, Define } from "../runtime/context.ts";
import {
  givenPassphrase,
  newPassphrase,
  type PassphraseOptions,
  recoveryWords,
  type WordsOptions,
} from "../runtime/secrets.ts";

interface Options extends PassphraseOptions, WordsOptions {
  readonly passphrase?: true;
}

export const define: Define = (command, context) => {
  command
    .argument("<file>", "what sotto backup wrote")
    .option("--words-file <file>", "read the 24 words from a file")
    .option("--words-fd <number>", "read the 24 words from a descriptor")
    .option("--passphrase", "guard the store with a passphrase, asked for now")
    .option("--passphrase-file <file>", "guard the store with the passphrase in a file")
    .option("--passphrase-fd <number>", "guard the store with the passphrase from a descriptor")
    .action((file: string, options: Options) => restore(file, options, context));
};

async function restore(path: string, options: Options, context: Context): Promise<void> {
  const { out, paths } = context;
  const { checkBackup, requireNoAccount, restoreHome } = await import("../../daemon/index.ts");
  const file = await readBackup(path);
  checkBackup(file);
  // Before anybody types 24 words.
  await requireNoAccount(paths);
  const words = await recoveryWords(options, context);
  const passphrase =
    givenPassphrase(options) ?? (options.passphrase ? await newPassphrase(context) : undefined);
  const restored = await restoreHome({
    paths,
    file,
    words,
    ...(passphrase === undefined ? {} : { passphrase }),
  });
  const { name, madeAt, contacts } = restored;
  out.data(
    `✓ ${name} is back in ${paths.home}, with ${count(contacts, "contact")} as of ` +
      `${formatTime(madeAt)}`,
    {
      home: paths.home,
      protection: passphrase === undefined ? "key-file" : "passphrase",
      ...restored,
    },
  );
  out.warn(
    "Do not start the old node again: with two, each of your contacts talks now with one " +
      "and now with the other.",
  );
  out.say(
    "Start your node: sotto up. Your contacts need do nothing; messages that wait for you arrive.",
  );
}

/** Throws `file-unreadable`, `backup-malformed`. */
async function readBackup(path: string): Promise<Uint8Array> {
  let handle: Awaited<ReturnType<typeof open>> | undefined;
  try {
    handle = await open(path, "r");
    if ((await handle.stat()).size <= 2 * limits.backupBytes)
      return Uint8Array.from(await handle.readFile());
  } catch (cause) {
    throw new SottoError("file-unreadable", `The file ${path} cannot be read.`, { cause });
  } finally {
    await handle?.close();
  }
  throw new SottoError("backup-malformed", "This file is no backup: it is far too large.");
}
