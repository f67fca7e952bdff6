/** `sotto restore`: restores an account and its contacts from a backup and the recovery phrase. */
import { limits, SottoError } from "../../base/index.ts";
import { count } from "../format/format.ts";
import { formatTime } from "../format/time.ts";
import type { Context, Define } from "../runtime/context.ts";
import {
  chosenPassphrase,
  type PassphraseOptions,
  recoveryWords,
  type WordsOptions,
} from "../runtime/secrets.ts";

interface Options extends PassphraseOptions, WordsOptions {
  readonly passphrase?: true;
}

export const define: Define = (command, context) => {
  command
    .argument("<file>", "the file written by sotto backup")
    .option("--words-file <file>", "read the recovery phrase from a file")
    .option("--words-fd <number>", "read the recovery phrase from a file descriptor")
    .option("--passphrase", "protect the database key with a passphrase (prompt)")
    .option("--passphrase-file <file>", "protect the database key with the passphrase in a file")
    .option(
      "--passphrase-fd <number>",
      "protect the database key with a passphrase from a file descriptor",
    )
    .action((file: string, options: Options) => restore(file, options, context));
};

async function restore(path: string, options: Options, context: Context): Promise<void> {
  const { out, paths } = context;
  const { checkBackup, requireNoAccount, restoreHome } = await import("../../daemon/index.ts");
  const file = await readBackup(path);
  checkBackup(file);
  // Before the user types 24 words.
  await requireNoAccount(paths);
  const words = await recoveryWords(options, context);
  const passphrase = await chosenPassphrase(options, context);
  const restored = await restoreHome({
    paths,
    file,
    words,
    ...(passphrase === undefined ? {} : { passphrase }),
  });
  const { name, madeAt, contacts } = restored;
  out.data(
    `✓ ${name} restored in ${paths.home}: ${count(contacts, "contact")}, ` +
      `as of ${formatTime(madeAt)}`,
    {
      home: paths.home,
      protection: passphrase === undefined ? "key-file" : "passphrase",
      ...restored,
    },
  );
  out.warn(
    "Do not start the old node again. Two nodes with one account disturb each other's " +
      "sessions.",
  );
  out.say("Start your node: sotto up. Your contacts do not have to do anything.");
  out.say("Invites for one use from before the backup count as used: create new ones.");
}

/** Throws `file-unreadable`, `backup-malformed`. */
async function readBackup(path: string): Promise<Uint8Array> {
  const { readLimited } = await import("../../daemon/index.ts");
  const file = await readLimited(path, `The file ${path}`, 2 * limits.backupBytes);
  if (file !== undefined) return file;
  throw new SottoError("backup-malformed", "This file is not a backup: it is too large.");
}
