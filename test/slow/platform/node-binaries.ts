/** The versions of Node that Sotto supports, as npm's packages with their binaries. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { arch, platform } from "node:process";
import { root } from "../../../scripts/test/suites.ts";

/** The oldest supported major version, and those that came after it with long-term support. */
export const majors = [20, 22, 24] as const;

/** npm's package with the binary of Node for this machine; it runs no install script. */
const binaries = `node-${platform === "win32" ? "win" : platform}-${arch}`;

export interface Ran {
  readonly code: number;
  /** Standard output and standard error. */
  readonly said: string;
}

interface Where {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

/** Runs a program, from the root of the repository unless told otherwise. */
export function run(
  file: string,
  args: readonly string[],
  { env = process.env, cwd = root }: Where = {},
): Promise<Ran> {
  return new Promise((resolve) => {
    const options = { cwd, env, maxBuffer: 64 * 1024 * 1024 };
    execFile(file, args, options, (error, out, err) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
      resolve({ code, said: out + err });
    });
  });
}

/** Installs a version of Node, or the newest of a major one, below a directory. @returns the folder that has `node`. */
export async function installNode(version: string, directory: string): Promise<string> {
  const quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--prefix", directory];
  const installed = await run("npm", ["install", ...quiet, `${binaries}@${version}`]);
  assert.equal(installed.code, 0, installed.said);
  const bin = join(directory, "node_modules", binaries, "bin");
  const { said } = await run(join(bin, "node"), ["--version"]);
  assert.ok(said.startsWith(`v${version}`), said);
  return bin;
}
