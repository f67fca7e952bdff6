/** Runs another program of this machine that takes and gives a little text. */
import { spawn } from "node:child_process";
import { limits } from "../../base/index.ts";

export interface Ended {
  readonly code: number;
  readonly out: string;
  /** What it wrote to standard error. */
  readonly complaint: string;
}

/** @returns `"absent"` where there is no such program, `"silent"` where it did not end within `limits.keychainWait`. */
export function run(
  program: string,
  args: readonly string[],
  input: string,
): Promise<Ended | "absent" | "silent"> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      resolve("silent");
    }, limits.keychainWait);
    const out: Buffer[] = [];
    let complaint = "";
    child.stdout.on("data", (part: Buffer) => out.push(part));
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      complaint += text;
    });
    child.stdin.on("error", () => undefined);
    child.once("error", () => {
      clearTimeout(timer);
      resolve("absent");
    });
    child.once("close", (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? 1, out: Buffer.concat(out).toString(), complaint });
      for (const part of out) part.fill(0);
    });
    child.stdin.end(input);
  });
}
