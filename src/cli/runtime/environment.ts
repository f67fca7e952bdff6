/** The environment of the process: variables, directories, user, and its own command line. */
import { homedir, tmpdir } from "node:os";
import type { Environment } from "../../api/index.ts";

export function readEnvironment(): Environment {
  return {
    env: process.env,
    home: homedir(),
    temporary: tmpdir(),
    uid: process.getuid?.() ?? 0,
    current: process.cwd(),
  };
}

/** The command line that starts this program again: the same Node, flags and file. */
export function selfCommand(): [program: string, ...args: string[]] {
  return [process.execPath, ...process.execArgv, process.argv[1] ?? ""];
}
