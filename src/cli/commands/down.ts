/**
 * sotto down: ends the node, and comes back when it has ended, so that `sotto down && sotto up`
 * works.
 */
import { readFileSync } from "node:fs";
import { SottoError } from "../../base/index.ts";
import type { Define } from "../runtime/context.ts";

const PATIENCE = 15_000;
const STEP = 20;

export const define: Define = (command, context) => {
  command.action(async () => {
    const { pid } = await context.call("node.state", {});
    await context.call("node.stop", {});
    await ended(pid);
    context.out.data("Stopped.", { stopped: true, pid });
  });
};

async function ended(pid: number): Promise<void> {
  for (let waited = 0; waited < PATIENCE; waited += STEP) {
    if (!isAlive(pid)) return;
    await new Promise((resolve) => setTimeout(resolve, STEP));
  }
  throw new SottoError("timed-out", `The node (process ${pid}) has not ended yet.`);
}

/**
 * A process that has ended but that its parent has not asked about (a zombie, proc(5)) counts as
 * ended.
 */
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
    // It ended just now, or the system has no /proc: the next look will tell.
    return true;
  }
}
