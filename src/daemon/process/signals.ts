/** Signals to a process that runs a node. */
import { exit } from "node:process";

/**
 * Stops on the first SIGTERM or SIGINT; the second one ends the process at once.
 * @param stop receives the exit code: 0 for SIGTERM, 130 for SIGINT.
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
  // Sent when the terminal closes: the node stops cleanly.
  process.on("SIGHUP", take(0));
}
