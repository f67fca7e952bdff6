/** Starts a node in the background: this program in a new process group. */
import { type ChildProcess, spawn } from "node:child_process";
import { Socket } from "node:net";
import { createClient } from "../../api/index.ts";
import { SottoError } from "../../base/index.ts";
import { connectTo } from "../runtime/connect.ts";
import type { Context } from "../runtime/context.ts";
import { selfCommand } from "../runtime/environment.ts";
import { started } from "./started.ts";

/** Time until the background node has to answer, ms; deriving a key from a passphrase is slow. */
const TIMEOUT = 60_000;
const STEP = 25;

export interface Detached {
  readonly pid: number;
}

/**
 * Starts `sotto up` and returns when its socket answers. If it fails, prints its standard error
 * and returns its exit code. Throws what `started` throws, and `timed-out`.
 * @param secret a passphrase that the child reads from file descriptor 3.
 * @param command the command that starts Sotto; by default that of this process.
 */
export async function detach(
  args: readonly string[],
  secret: string | undefined,
  context: Context,
  [program, ...before] = selfCommand(),
): Promise<Detached | { readonly failed: number }> {
  const child = spawn(
    program,
    [...before, "up", ...args, ...(secret === undefined ? [] : ["--passphrase-fd", "3"])],
    {
      detached: true,
      stdio: ["ignore", "ignore", "pipe", secret === undefined ? "ignore" : "pipe"],
    },
  );
  await started(child);
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const pipe = child.stdio[3];
  if (secret !== undefined && pipe instanceof Socket) pipe.end(secret);
  const code = await firstAnswer(child, context.paths.socket);
  if (code !== undefined) {
    context.out.log(said);
    return { failed: code };
  }
  // Open pipes would keep this process running.
  child.stderr?.destroy();
  pipe?.destroy();
  child.unref();
  return { pid: child.pid as number };
}

/** `undefined` when the socket of the child answers; its exit code if it ends before. */
async function firstAnswer(child: ChildProcess, socket: string): Promise<number | undefined> {
  let ended: number | undefined;
  const closed = new Promise<void>((resolve) => {
    child.once("close", (code) => {
      ended ??= code ?? 1;
      resolve();
    });
  });
  for (let waited = 0; waited < TIMEOUT; waited += STEP) {
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, STEP))]);
    if (ended !== undefined) return ended;
    if ((await pidAt(socket)) === child.pid) return undefined;
  }
  child.kill();
  throw new SottoError("timed-out", "The node in the background did not start in time.");
}

async function pidAt(socket: string): Promise<number | undefined> {
  try {
    const client = createClient(await connectTo(socket));
    const { pid } = await client.call("node.state", {});
    client.close();
    return pid;
  } catch {
    return undefined;
  }
}
