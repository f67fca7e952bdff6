/** Runs a job with the running node, or with the store if no node runs. */
import { SottoError } from "../../base/index.ts";
import { type Callable, type Context, suggesting } from "./context.ts";
import { currentPassphrase, type PassphraseOptions } from "./secrets.ts";

/** The note on the store in the help of a command. */
export const STORE_NOTES = `
If no node is running, the store is read without one. Nothing is marked as read then, and
messages whose time is over are not shown.`;

/** The running node, or the store, which answers what only reads it. */
export interface NodeOrStore extends Callable {
  readonly isNode: boolean;
}

/**
 * Runs `job`, and closes the store afterwards. Throws what `openOffline` throws, and `store-in-use`
 * if another process has the home open, but answers no call.
 */
export async function withNodeOrStore<Result>(
  context: Context,
  options: PassphraseOptions,
  job: (node: NodeOrStore) => Promise<Result>,
): Promise<Result> {
  if ((await context.nodeIfAny()) !== undefined) return job({ call: context.call, isNode: true });
  const { openOffline, readProtectionOf } = await import("../../daemon/index.ts");
  const protection = await readProtectionOf(context.paths.home);
  const passphrase = await currentPassphrase(protection, options, context);
  const store = await openOffline(context.paths, passphrase).catch(async (error: unknown) => {
    throw (await silentHolder(context, error)) ?? error;
  });
  try {
    return await job({ call: suggesting(store).call, isNode: false });
  } finally {
    await store.close();
  }
}

/** Says where the data comes from, and what that means, if no node runs. */
export function noteStore({ isNode }: NodeOrStore, { out }: Context, more = ""): void {
  if (!isNode) out.say(`No node is running: this is what the store contains.${more}`);
}

/**
 * The error for a home that a process uses and for which no node answers; otherwise one command
 * would say that no node runs, and the next one that one does.
 */
export async function silentHolder(
  { paths }: Pick<Context, "paths">,
  error: unknown,
): Promise<SottoError | undefined> {
  if (!(error instanceof SottoError)) return undefined;
  if (error.code !== "node-not-running" && error.code !== "node-already-running") return undefined;
  const { lockHolder } = await import("../../daemon/index.ts");
  const pid = await lockHolder(paths.home);
  if (pid === undefined) return undefined;
  return new SottoError(
    "store-in-use",
    `No node answers, but process ${pid} uses this home directory: a node that is starting or ` +
      "stopping, or another command.",
  );
}
