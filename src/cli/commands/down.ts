/** `sotto down`: stops the node and waits until it ended, so that `sotto up` can follow. */
import { readFileSync } from "node:fs";
import { SottoError } from "../../base/index.ts";
import type { Context, Define } from "../runtime/context.ts";

const TIMEOUT = 15_000;
const STEP = 20;

export const define: Define = (command, context) => {
  command.action(async () => {
    const { pid } = await context.call("node.state", {}).catch(async (error: unknown) => {
      throw (await silentHolder(context, error)) ?? error;
    });
    await context.call("node.stop", {});
    await ended(pid);
    context.out.data("Stopped.", { stopped: true, pid });
  });
};

/**
 * The error for a home that a process uses and for which no node answers; otherwise `sotto down`
 * would say that no node runs, and `sotto up` that one does.
 */
async function silentHolder(context: Context, error: unknown): Promise<SottoError | undefined> {
  if (!(error instanceof SottoError) || error.code !== "node-not-running") return undefined;
  const { lockHolder } = await import("../../daemon/index.ts");
  const pid = await lockHolder(context.paths.home);
  if (pid === undefined) return undefined;
  return new SottoError(
    "store-in-use",
    `No node answers, but process ${pid} uses this home directory: a node that is starting or ` +
      "stopping, or another command.",
  );
}

async function ended(pid: number): Promise<void> {
  for (let waited = 0; waited < TIMEOUT; waited += STEP) {
    if (!isAlive(pid)) return;
    await new Promise((resolve) => setTimeout(resolve, STEP));
  }
  throw new SottoError("timed-out", `The node (process ${pid}) did not stop in time.`);
}

/** Whether a process runs; a zombie (proc(5)), which its parent has not reaped, does not. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return !stat.slice(stat.lastIndexOf(")") + 2).startsWith("Z");
  } catch {
    // It ended just now, or the system has no /proc: the next check decides.
    return true;
  }
}
