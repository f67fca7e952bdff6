/** sotto backup: writes who you know into a file that the 24 words open. */
import type { BackupMade } from "../../api/index.ts";
import { SottoError } from "../../base/index.ts";
import { count } from "../format/format.ts";
import { writeNewFile } from "../process/write-file.ts";
import type { Context, Define } from "../runtime/context.ts";
import { type Callable, withNodeOrStore } from "../runtime/node-or-store.ts";
import { type PassphraseOptions, passphraseOptions } from "../runtime/secrets.ts";

interface Options extends PassphraseOptions {
  readonly force?: true;
}

export const define: Define = (command, context) => {
  passphraseOptions(command)
    .argument("<file>", "where to write it")
    .option("--force", "overwrite the file")
    .action((file: string, options: Options) => backup(file, options, context));
};

async function backup(path: string, options: Options, context: Context): Promise<void> {
  const { out } = context;
  let made: BackupMade | undefined;
  await writeNewFile(path, options.force === true, (file) =>
    withNodeOrStore(context, options, async (node) => {
      made = await node.call("backup.create", {});
      for await (const part of partsOf(node, made)) await file.write(part);
    }),
  );
  if (made === undefined) return;
  const { bytes, contacts, invites, waiting } = made;
  out.data(`✓ ${count(contacts, "contact")} and ${count(invites, "open invite")} in ${path}`, {
    file: path,
    bytes,
    contacts,
    invites,
    waiting,
  });
  if (waiting > 0)
    out.warn(
      `${count(waiting, "message")} of yours did not arrive yet. No backup holds ` +
        "messages: keep this node until they have.",
    );
  out.say(
    "The 24 words of your account open it, and nothing else does: keep the two apart. " +
      "Messages are not in it: sotto export.",
  );
}

async function* partsOf(node: Callable, { id, bytes }: BackupMade): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes; ) {
    const { data } = await node.call("backup.read", { id, from });
    const part = Buffer.from(data, "base64");
    if (part.length === 0)
      throw new SottoError("timed-out", "The node made another backup at the same time.");
    yield part;
    from += part.length;
  }
}
