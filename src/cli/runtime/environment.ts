/** What surrounds the command: read once, here, and handed on. */
import { homedir, tmpdir } from "node:os";
import type { Surroundings } from "../../api/index.ts";

export function surroundings(): Surroundings {
  return {
    env: process.env,
    home: homedir(),
    temporary: tmpdir(),
    uid: process.getuid?.() ?? 0,
    current: process.cwd(),
  };
}

/**
 * How this program is started again as another process: the same Node, its flags, the same file.
 */
export function selfCommand(): [program: string, ...args: string[]] {
  return [process.execPath, ...process.execArgv, process.argv[1] ?? ""];
}
