/** Signals and stray failures of a process that runs a node. */
import { exit } from "node:process";

/**
 * The first SIGTERM or SIGINT asks to stop, the second one ends the process at once.
 * @param stop is given the exit code that tells why: 0 for SIGTERM, 130 for SIGINT.
 */
export function onSignals(stop: (code: number) => void): void {
  let asked = false;
  const take = (code: number) => () => {
    if (asked) exit(code === 0 ? 1 : code);
    asked = true;
    stop(code);
  };
  process.on("SIGTERM", take(0));
  process.on("SIGINT", take(130));
  // A terminal that closes takes its shell's jobs with it: the node ends in order.
  process.on("SIGHUP", take(0));
}
