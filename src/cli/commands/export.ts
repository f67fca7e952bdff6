/** sotto export: conversations as files for oneself, which are not encrypted. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { SottoError } from "../../base/index.ts";
import { everything } from "../export/conversations.ts";
import { exportHtml } from "../export/html.ts";
import { exportJson } from "../export/json.ts";
import { formatTime } from "../format/time.ts";
import { makeDirectory, writeNewFile } from "../process/write-file.ts";
import type { Context, Define } from "../runtime/context.ts";
import { type Callable, withNodeOrStore } from "../runtime/node-or-store.ts";
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
    .argument("<path>", "a file ending in .json or .html, or a directory for both")
    .option("--html", "into a directory: only a page for a browser (--json: only a JSON file)")
    .option("--contact <who>", "the conversation with one contact alone")
    .option("--force", "overwrite what is there")
    .action((path: string, options: Options) => write(path, options, context));
};

async function write(path: string, options: Options, context: Context): Promise<void> {
  const { out } = context;
  const now = Date.now();
  const targets = await targetsOf(path, options, context, now);
  await withNodeOrStore(context, options, async (node) => {
    for (const target of targets) await writeOne(node, target, options, now);
  });
  const files = targets.map((target) => target.path);
  out.data(files.map((file) => `✓ ${file}`).join("\n"), { files });
  out.warn(
    "What was exported is not encrypted: whoever gets the file reads it. Delete it when " +
      "you are done with it.",
  );
}

async function writeOne(
  node: Callable,
  { path, format }: Target,
  { contact, force }: Options,
  now: number,
): Promise<void> {
  const all = await everything(node, contact, now);
  await writeNewFile(path, force === true, async (file) => {
    for await (const part of formats[format](all)) await file.write(part);
  });
}

/** What is to be written where. Throws `usage`, `file-write-failed`. */
async function targetsOf(
  path: string,
  { html }: Options,
  { out }: Context,
  now: number,
): Promise<readonly Target[]> {
  const isDirectory = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  const ending = /\.(json|html)$/i.exec(path)?.[1]?.toLowerCase() as Format | undefined;
  if (ending !== undefined && !isDirectory) {
    // --json asks for JSON on standard output too, so it says nothing against a page.
    if (html && ending !== "html")
      throw new SottoError("usage", "A page goes into a file that ends in .html.");
    return [{ path, format: ending }];
  }
  await makeDirectory(path);
  const name = `sotto-${formatTime(now).slice(0, 10)}`;
  const wanted: readonly Format[] = [
    ...(out.flags.json || !html ? ["json" as const] : []),
    ...(html || !out.flags.json ? ["html" as const] : []),
  ];
  return wanted.map((format) => ({ path: join(path, `${name}.${format}`), format }));
}
