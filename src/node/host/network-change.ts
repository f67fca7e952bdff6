/**
 * A machine that changes its network: its connections over the old one are dead, and nothing says
 * so.
 */
import type { Socket } from "node:net";
import { networkInterfaces } from "node:os";
import type { Connection, Libp2p, MultiaddrConnection, Stream } from "@libp2p/interface";
import { limits } from "../../base/index.ts";
import type { Clock } from "../../ports/index.ts";
import { deadline } from "../util/deadline.ts";

const PING = "/ipfs/ping/1.0.0";

function ownAddresses(): Set<string> {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return new Set(all.map(({ address }) => address));
}

/**
 * Calls back when the machine has other addresses than before, with those that are gone, until the
 * result is called.
 */
export function watchInterfaces(
  clock: Clock,
  changed: (gone: ReadonlySet<string>) => void,
): () => void {
  let last = ownAddresses();
  // Nobody tells of interfaces that come and go: we have to look.
  let cancel = clock.after(limits.addressPoll, function poll() {
    const before = last;
    last = ownAddresses();
    const gone = new Set([...before].filter((address) => !last.has(address)));
    if (gone.size > 0 || last.size > before.size) changed(gone);
    cancel = clock.after(limits.addressPoll, poll);
  });
  return () => cancel();
}

/**
 * The addresses of our own at which connections end. One whose address is gone gets no answer any
 * more: no question is needed.
 */
export class LocalEndpoints {
  readonly #open = new Map<MultiaddrConnection, string>();

  track(connection: MultiaddrConnection): void {
    const { socket } = connection as unknown as { readonly socket?: Pick<Socket, "localAddress"> };
    const address = socket?.localAddress;
    if (address === undefined || connection.status !== "open" || this.#open.has(connection)) return;
    // A socket for both families writes an IPv4 address as one of IPv6, and a link-local one has
    // its interface behind it.
    this.#open.set(connection, address.replace(/^::ffff:/, "").replace(/%.*/, ""));
    connection.addEventListener("close", () => this.#open.delete(connection), { once: true });
  }

  abortAt(gone: ReadonlySet<string>): void {
    for (const [connection, address] of [...this.#open])
      if (gone.has(address)) connection.abort(new Error("our address is gone"));
  }
}

/**
 * Asks over every connection for a sign of life, and cuts off those that give none within
 * `patience` ms.
 */
export async function closeDeadConnections(
  host: Pick<Libp2p, "getConnections">,
  clock: Clock,
  patience: number,
): Promise<void> {
  await Promise.all(
    host.getConnections().map(async (connection) => {
      if (!(await isAlive(connection, clock, patience)))
        connection.abort(new Error("silent since the network changed"));
    }),
  );
}

/** Whether anything comes back, be it a refusal. */
async function isAlive(connection: Connection, clock: Clock, patience: number): Promise<boolean> {
  const limit = deadline(clock, patience);
  let stream: Stream | undefined;
  try {
    stream = await connection.newStream(PING, { signal: limit.signal });
    const heard = new Promise<void>((resolve) => {
      for (const sign of ["message", "close"] as const)
        stream?.addEventListener(sign, () => resolve(), { once: true });
      limit.signal.addEventListener("abort", () => resolve(), { once: true });
    });
    stream.send(crypto.getRandomValues(new Uint8Array(32)));
    await heard;
  } catch {
    // A refusal is an answer; running out of time is none.
  } finally {
    limit.clear();
    stream?.abort(new Error("heard"));
  }
  return !limit.expired();
}
