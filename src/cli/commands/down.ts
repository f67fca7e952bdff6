/** `sotto down`: stops the node and waits until it ended, so that `sotto up` can follow. */
import { readFileSync } from "node:fs";
import { SottoError } from "../../base/index.ts";
import type { Define } from "../runtime/context.ts";
import { silentHolder } from "../runtime/node-or-store.ts";

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
