/**
 * Detects that the machine changed its network, and closes connections that died with it: nothing
 * else reports them dead.
 */
import type { Socket } from "node:net";
import type { Connection, Libp2p, MultiaddrConnection, Stream, Transport } from "@libp2p/interface";
import { limits } from "../../base/index.ts";
import type { Clock } from "../../ports/index.ts";
import { deadline } from "../util/deadline.ts";
import { currentInterfaces } from "../util/interfaces.ts";

const PING = "/ipfs/ping/1.0.0";

function ownAddresses(): Set<string> {
  const all = Object.values(currentInterfaces()).flatMap((addresses) => addresses ?? []);
  return new Set(all.map(({ address }) => address.replace(/%.*/, "")));
}

/**
 * Calls `changed` when the machine's IP addresses have changed; returns a function that stops
 * watching.
 * @param changed its argument: whether an address was removed.
 */
export function watchInterfaces(clock: Clock, changed: (removed: boolean) => void): () => void {
  let last = ownAddresses();
  // Node has no event for interfaces that come and go, so poll.
  let cancel = clock.after(limits.addressPoll, function poll() {
    const before = last;
    last = ownAddresses();
    const removed = [...before].some((address) => !last.has(address));
    if (removed || last.size > before.size) changed(removed);
    cancel = clock.after(limits.addressPoll, poll);
  });
  return () => cancel();
}

type CreateTransport = (components: never) => Transport;

/**
 * The local address of each connection, and the dials in progress. A connection whose local address
 * was removed gets no answer any more and can be closed at once; so can a dial that began while the
 * machine had such an address, as its packets may have left from there.
 */
export class LocalEndpoints {
  readonly #open = new Map<MultiaddrConnection, string>();
  /** The addresses of the machine when each dial began. */
  readonly #dials = new Map<AbortController, ReadonlySet<string>>();

  track(connection: MultiaddrConnection): void {
    const { socket } = connection as unknown as { readonly socket?: Pick<Socket, "localAddress"> };
    const address = socket?.localAddress;
    if (address === undefined || connection.status !== "open" || this.#open.has(connection)) return;
    // A dual-stack socket writes an IPv4 address as an IPv4-mapped one, and a link-local address
    // ends with its zone.
    this.#open.set(connection, address.replace(/^::ffff:/, "").replace(/%.*/, ""));
    connection.addEventListener("close", () => this.#open.delete(connection), { once: true });
  }

  /** The transport with its dials tracked until they are connections or have failed. */
  trackDials<Create extends CreateTransport>(create: Create): Create {
    const tracked = (components: never): Transport => {
      const transport = create(components);
      const dial = transport.dial.bind(transport);
      transport.dial = async (address, options) => {
        const stop = new AbortController();
        this.#dials.set(stop, ownAddresses());
        try {
          const signal = AbortSignal.any([options.signal, stop.signal]);
          return await dial(address, { ...options, signal });
        } finally {
          this.#dials.delete(stop);
        }
      };
      return transport;
    };
    return tracked as Create;
  }

  /**
   * Closes what uses an address that the machine does not have. Compares with the current ones: an
   * address may come and go between two polls.
   * @param own the IP addresses of the machine.
   */
  abortElsewhere(own: ReadonlySet<string> = ownAddresses()): void {
    const removed = new Error("EHOSTUNREACH: the local address was removed");
    for (const [connection, address] of [...this.#open])
      if (!own.has(address)) connection.abort(removed);
    for (const [stop, before] of [...this.#dials])
      if ([...before].some((address) => !own.has(address))) stop.abort(removed);
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
