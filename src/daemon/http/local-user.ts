/**
 * Which user of this machine is at the other end of a TCP connection over loopback, from Linux's
 * /proc/net/tcp. Other systems have no such file; there the credential alone decides.
 */
import { readFile } from "node:fs/promises";
import type { Socket } from "node:net";

const TABLE = "/proc/net/tcp";
/** Of the column `st`: a socket in any later state may be listed with the user id 0. */
const ESTABLISHED = "01";

/** Whether the user of this process made the connection; one that is not listed is refused. */
export async function isOwnUser({ remotePort, localPort }: Socket): Promise<boolean> {
  const listed = await table();
  if (listed === undefined) return true;
  if (remotePort === undefined || localPort === undefined) return false;
  return userOf(listed, remotePort, localPort) === process.getuid?.();
}

/**
 * The user id that owns the end of a connection between two ports of 127.0.0.1.
 * @param listed the text of /proc/net/tcp.
 * @param theirs the port of that end.
 */
export function userOf(listed: string, theirs: number, ours: number): number | undefined {
  const [from, to] = [placeOf(theirs), placeOf(ours)];
  for (const line of listed.split("\n")) {
    const [, local, remote, state, , , , uid] = line.trim().split(/\s+/);
    if (local === from && remote === to && state === ESTABLISHED) return Number(uid);
  }
  return undefined;
}

/** An end as the table writes it: the address in the byte order of this machine. */
function placeOf(port: number): string {
  const bytes = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? "0100007F" : "7F000001";
  return `${bytes}:${port.toString(16).toUpperCase().padStart(4, "0")}`;
}

async function table(): Promise<string | undefined> {
  if (process.platform !== "linux") return undefined;
  try {
    return await readFile(TABLE, "utf8");
  } catch {
    return undefined;
  }
}
