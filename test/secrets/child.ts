/** Runs one of the children of this folder. */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Findings } from "./measure.ts";

export interface Answer {
  /** While the sessions live. */
  readonly live: Findings;
  /** After they have ended. */
  readonly ended: Findings;
}

/**
 * Starts a child and gives what it measured. It lives until `end`, or until it has nothing more to
 * do.
 */
export async function measured(
  script: string,
  ...args: readonly string[]
): Promise<Answer & { readonly child: ChildProcess; end(): void }> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(process.execPath, ["--expose-gc", "--import", "tsx", path, ...args], {
    stdio: ["pipe", "pipe", "inherit"],
    timeout: 60_000,
  });
  let text = "";
  const answer = await new Promise<Answer>((resolve, reject) => {
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      if (text.endsWith("\n")) resolve(JSON.parse(text) as Answer);
    });
    child.on("exit", (code) => reject(new Error(`the child ended with ${code} and said nothing`)));
  });
  return { ...answer, child, end: () => child.stdin.end() };
}

/** The secrets that a child wrote down masked, as they are. */
export function unmasked(masked: string): Buffer {
  return Buffer.from(masked, "hex").map((byte) => byte ^ 0xa5) as Buffer;
}
