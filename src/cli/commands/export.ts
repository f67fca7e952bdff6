/** `sotto export`: writes conversations to files, which are not encrypted. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { joined, SottoError } from "../../base/index.ts";
import { everything } from "../export/conversations.ts";
import { exportHtml } from "../export/html.ts";
import { exportJson } from "../export/json.ts";
import { formatTime } from "../format/time.ts";
import { makeDirectory, writeNewFile } from "../process/write-file.ts";
import type { Callable, Context, Define } from "../runtime/context.ts";
import { withNodeOrStore } from "../runtime/node-or-store.ts";
import { type PassphraseOptions, passphraseOptions } from "../runtime/secrets.ts";

interface Options extends PassphraseOptions {
  readonly html?: true;
  readonly contact?: string;
  readonly force?: true;
}

const formats = { json: exportJson, html: exportHtml } as const;
type Format = keyof typeof formats;

interface Target {
  readonly path: string;
  readonly format: Format;
}

export const define: Define = (command, context) => {
  passphraseOptions(command)
    .argument("<path>", "a file that ends in .json or .html, or a directory for both")
    .option("--html", "in a directory: write only the HTML page (--json: only the JSON file)")
    .option("--contact <who>", "only the conversation with one contact, or in group:NAME")
    .option("--force", "overwrite existing files")
    .action((path: string, options: Options) => write(path, options, context));
};

async function write(path: string, options: Options, context: Context): Promise<void> {
  const { out } = context;
  const now = Date.now();
  const targets = await targetsOf(path, options, context, now);
  let damaged = false;
  await withNodeOrStore(context, options, async (node) => {
    const who = options.contact;
    // Resolved once, for all files.
    const ref = who && (await node.call("conversation.get", { who })).conversation.ref;
    for (const target of targets)
      damaged = (await writeOne(node, target, { ...options, ref }, now)) || damaged;
  });
  const files = targets.map((target) => target.path);
  const lines = files.map((file) => `✓ ${file}`);
  out.data(joined(lines, "\n"), { files });
  if (damaged)
    out.warn(
      "The store is damaged: messages that cannot be read are not in the export. Run sotto check.",
    );
  out.warn(
    "The export is not encrypted: anyone who gets the file can read it. Delete it when you no " +
      "longer need it.",
  );
}

/** @returns whether messages are missing because the store is damaged. */
async function writeOne(
  node: Callable,
  { path, format }: Target,
  { ref, force }: { readonly ref?: string | undefined; readonly force?: true },
  now: number,
): Promise<boolean> {
  let damaged = false;
  const all = await everything(node, ref, now, () => {
    damaged = true;
  });
  await writeNewFile(path, force === true, async (file) => {
    for await (const part of formats[format](all)) await file.write(part);
  });
  return damaged;
}

/** The files to write. Throws `usage`, `file-write-failed`. */
async function targetsOf(
  path: string,
  { html }: Options,
  { out }: Context,
  now: number,
): Promise<readonly Target[]> {
  const isDirectory = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  const ending = /\.(json|html)$/i.exec(path)?.[1]?.toLowerCase() as Format | undefined;
  if (ending !== undefined && !isDirectory) {
    // --json also selects JSON on standard output, so it does not contradict an HTML file.
    if (html && ending !== "html")
      throw new SottoError("usage", "An HTML page needs a file name that ends in .html.");
    return [{ path, format: ending }];
  }
  if (!isDirectory && /^[^.].*\.[a-z]\w{0,4}$/i.test(path.split("/").at(-1) ?? ""))
    throw new SottoError("usage", "A file name has to end in .json or .html, or name a directory.");
  await makeDirectory(path);
  const name = `sotto-${formatTime(now).slice(0, 10)}`;
  const wanted: readonly Format[] = [
    ...(out.flags.json || !html ? ["json" as const] : []),
    ...(html || !out.flags.json ? ["html" as const] : []),
  ];
  return wanted.map((format) => ({ path: join(path, `${name}.${format}`), format }));
}
