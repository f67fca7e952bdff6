/** Runs the command of `sotto listen --exec` for one event until it succeeds. */
import { spawn } from "node:child_process";
import { backoffDelay, displayJson, limits } from "../../base/index.ts";
import { formatDuration } from "../format/time.ts";
import type { Context } from "../runtime/context.ts";

/**
 * Runs the command in a shell with the event on its standard input, again after each failure.
 * Resolves when it exits with 0.
 */
export async function runExecHook(event: object, command: string, context: Context): Promise<void> {
  const line = `${displayJson(event)}\n`;
  for (let failures = 0; ; failures++) {
    const code = await run(command, line);
    if (code === 0) return;
    const wait = backoffDelay(limits.handOverRetry, failures, Math.random());
    context.out.warn(`The command failed (${code}). Retrying in ${formatDuration(wait)}.`);
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

/** The exit code, the name of the signal that ended it, or why it could not be started. */
function run(command: string, line: string): Promise<number | string> {
  return new Promise((resolve) => {
    const child = spawn(command, { shell: true, stdio: ["pipe", "inherit", "inherit"] });
    child.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.name));
    child.once("close", (code, signal) => resolve(code ?? signal ?? "no exit code"));
    // The command may ignore its standard input.
    // It has none if it could not be started.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(line);
  });
}
