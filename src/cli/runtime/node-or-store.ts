/** The node of this home where it runs; its store, opened by ourselves, where it does not. */
import type { Client } from "../../api/index.ts";
import type { Context } from "./context.ts";
import { currentPassphrase, type PassphraseOptions } from "./secrets.ts";

/** Something that answers calls. */
export type Callable = Pick<Client, "call">;

/**
 * Runs `job` with what answers, and gives the store back after it. Throws what `openOffline`
 * throws.
 */
export async function withNodeOrStore<Result>(
  context: Context,
  options: PassphraseOptions,
  job: (node: Callable) => Promise<Result>,
): Promise<Result> {
  const node = await context.nodeIfAny();
  if (node !== undefined) return job(context);
  const { openOffline, readProtectionOf } = await import("../../daemon/index.ts");
  const guard = await readProtectionOf(context.paths.home);
  const passphrase = await currentPassphrase(guard, options, context);
  const store = await openOffline(context.paths, passphrase);
  try {
    return await job(store);
  } finally {
    await store.close();
  }
}
