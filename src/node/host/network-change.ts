/**
 * Detects that the machine changed its network, and closes connections that died with it: nothing
 * else reports them dead.
 */
import type { Socket } from "node:net";
import type { Connection, Libp2p, MultiaddrConnection, Stream } from "@libp2p/interface";
import { limits } from "../../base/index.ts";
import type { Clock } from "../../ports/index.ts";
import { deadline } from "../util/deadline.ts";
import { currentInterfaces } from "../util/interfaces.ts";

const PING = "/ipfs/ping/1.0.0";

function ownAddresses(): Set<string> {
  const all = Object.values(currentInterfaces()).flatMap((addresses) => addresses ?? []);
  return new Set(all.map(({ address }) => address));
}

/**
 * Calls `changed` with the removed addresses when the machine's IP addresses have changed; returns
 * a function that stops watching.
 */
export function watchInterfaces(
  clock: Clock,
  changed: (removed: ReadonlySet<string>) => void,
): () => void {
  let last = ownAddresses();
  // Node has no event for interfaces that come and go, so poll.
  let cancel = clock.after(limits.addressPoll, function poll() {
    const before = last;
    last = ownAddresses();
    const removed = new Set([...before].filter((address) => !last.has(address)));
    if (removed.size > 0 || last.size > before.size) changed(removed);
    cancel = clock.after(limits.addressPoll, poll);
  });
  return () => cancel();
}

/**
 * The local address of each connection. A connection whose local address was removed gets no answer
 * any more and can be closed at once.
 */
export class LocalEndpoints {
  readonly #open = new Map<MultiaddrConnection, string>();

  track(connection: MultiaddrConnection): void {
    const { socket } = connection as unknown as { readonly socket?: Pick<Socket, "localAddress"> };
    const address = socket?.localAddress;
    if (address === undefined || connection.status !== "open" || this.#open.has(connection)) return;
    // A dual-stack socket writes an IPv4 address as an IPv4-mapped one, and a link-local address
    // ends with its zone.
    this.#open.set(connection, address.replace(/^::ffff:/, "").replace(/%.*/, ""));
    connection.addEventListener("close", () => this.#open.delete(connection), { once: true });
  }

  abortAt(removed: ReadonlySet<string>): void {
    for (const [connection, address] of [...this.#open])
      if (removed.has(address)) connection.abort(new Error("the local address was removed"));
  }
}

/** Pings over every connection and closes those that do not answer within `timeout` ms. */
export async function closeDeadConnections(
  host: Pick<Libp2p, "getConnections">,
  clock: Clock,
  timeout: number,
): Promise<void> {
  await Promise.all(
    host.getConnections().map(async (connection) => {
      if (!(await isAlive(connection, clock, timeout)))
        connection.abort(new Error("silent since the network changed"));
    }),
  );
}

/** Whether anything comes back, even a refusal. */
async function isAlive(connection: Connection, clock: Clock, timeout: number): Promise<boolean> {
  const limit = deadline(clock, timeout);
  let stream: Stream | undefined;
  try {
    stream = await connection.newStream(PING, { signal: limit.signal });
    const answered = new Promise<void>((resolve) => {
      for (const event of ["message", "close"] as const)
        stream?.addEventListener(event, () => resolve(), { once: true });
      limit.signal.addEventListener("abort", () => resolve(), { once: true });
    });
    stream.send(crypto.getRandomValues(new Uint8Array(32)));
    await answered;
  } catch {
    // A refusal counts as an answer, a timeout does not.
  } finally {
    limit.clear();
    stream?.abort(new Error("answered"));
  }
  return !limit.expired();
}
