/**
 * Scripts on a network of their own, which has loopback and nothing else: multicast must not leave
 * the machine.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A name that nothing contains by chance, as two letters may be in a PeerId. */
const HOSTNAME = "machine-of-a-test";

const isolated = (command: string, timeout: number) =>
  run("unshare", ["-rnu", "sh", "-c", `hostname ${HOSTNAME} && ip link set lo up && ${command}`], {
    timeout,
  });

/** Whether this machine lets us make one. Tests that need it are skipped aloud elsewhere. */
export function canIsolate(): Promise<boolean> {
  return isolated("true", 5_000).then(
    () => true,
    () => false,
  );
}

/** What a script prints there, as JSON. @param script path from the root of the repository. */
export async function answerOf(script: string, timeout = 18_000): Promise<unknown> {
  const { stdout } = await isolated(`"${process.execPath}" --import tsx ${script}`, timeout);
  return JSON.parse(stdout);
}
