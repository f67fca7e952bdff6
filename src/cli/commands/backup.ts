/** `sotto backup`: writes contacts and settings to a file that the recovery phrase decrypts. */
import type { BackupMade } from "../../api/index.ts";
import { SottoError } from "../../base/index.ts";
import { count } from "../format/format.ts";
import { writeNewFile } from "../process/write-file.ts";
import type { Callable, Context, Define } from "../runtime/context.ts";
import { withNodeOrStore } from "../runtime/node-or-store.ts";
import { type PassphraseOptions, passphraseOptions } from "../runtime/secrets.ts";

interface Options extends PassphraseOptions {
  readonly force?: true;
}

export const define: Define = (command, context) => {
  passphraseOptions(command)
    .argument("<file>", "the file to write")
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
      `${count(waiting, "message")} of yours not delivered yet. A backup does not contain ` +
        "messages: keep this node until they are delivered.",
    );
  out.say(
    "Only your 24-word recovery phrase decrypts it: keep the two in different places. It does " +
      "not contain messages; to save them: sotto export.",
  );
}

async function* partsOf(node: Callable, { id, bytes }: BackupMade): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes; ) {
    const { data } = await node.call("backup.read", { id, from });
    const part = Buffer.from(data, "base64");
    if (part.length === 0)
      throw new SottoError("timed-out", "Another backup was made at the same time.");
    yield part;
    from += part.length;
  }
}
