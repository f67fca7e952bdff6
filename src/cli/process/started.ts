/** Waits until the system has started a process, and reports why it has not. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { SottoError, systemError } from "../../base/index.ts";

/**
 * Resolves when the process runs. Call it right after `spawn`, and use the streams of the process
 * afterwards only: it has none if the system refused. Throws `system-refused`, `too-many-files` or
 * `out-of-resources`.
 */
export async function started(child: ChildProcess): Promise<void> {
  try {
    await once(child, "spawn");
  } catch (cause) {
    const what = `Cannot start ${child.spawnfile}`;
    throw systemError(cause, what) ?? new SottoError("system-refused", `${what}.`, { cause });
  }
}
