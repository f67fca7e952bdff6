/** Ends a process that ran a node. */
import type { Context } from "../runtime/context.ts";

/** Everything has been given back; what is left are timers inside libp2p, which would hold the process for a second. */
export function leave({ exitCode }: Pick<Context, "exitCode">): never {
  process.exit(exitCode());
}
