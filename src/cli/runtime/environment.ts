/** The environment of the process: variables, directories, user, and its own command line. */
import { homedir, tmpdir } from "node:os";
import type { Environment } from "../../api/index.ts";

export function readEnvironment(): Environment {
  return {
    env: process.env,
    home: orUnknown(homedir),
    temporary: tmpdir(),
    uid: process.getuid?.() ?? 0,
    current: orUnknown(() => process.cwd()),
  };
}

/**
 * A directory of the system; `undefined` for a user without a home (no HOME and no passwd entry,
 * as in a container) and for a current directory that was deleted.
 */
function orUnknown(directory: () => string): string | undefined {
  try {
    return directory() || undefined;
  } catch {
    return undefined;
  }
}

/** The command line that starts this program again: the same Node, flags and file. */
export function selfCommand(): [program: string, ...args: string[]] {
  return [process.execPath, ...process.execArgv, process.argv[1] ?? ""];
}
