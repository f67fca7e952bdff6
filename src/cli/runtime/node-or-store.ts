/** Runs a job with the running node, or with the store if no node runs. */
import type { Client } from "../../api/index.ts";
import type { Context } from "./context.ts";
import { currentPassphrase, type PassphraseOptions } from "./secrets.ts";

/** A node or an offline store. */
export type Callable = Pick<Client, "call">;

/** Runs `job`, and closes the store afterwards. Throws what `openOffline` throws. */
export async function withNodeOrStore<Result>(
  context: Context,
  options: PassphraseOptions,
  job: (node: Callable) => Promise<Result>,
): Promise<Result> {
  const node = await context.nodeIfAny();
  if (node !== undefined) return job(context);
  const { openOffline, readProtectionOf } = await import("../../daemon/index.ts");
  const protection = await readProtectionOf(context.paths.home);
  const passphrase = await currentPassphrase(protection, options, context);
  const store = await openOffline(context.paths, passphrase);
  try {
    return await job(store);
  } finally {
    await store.close();
  }
}
