/**
 * TCP over link-local addresses (RFC 4291 §2.5.6, RFC 3927), for networks without others. An IPv6
 * link-local address is valid only together with an interface. Advertised addresses name none,
 * since interfaces have other names on other machines, so a dial tries each of ours. libp2p's TCP
 * neither advertises nor dials such addresses, and fails on connections from them.
 */
import type { Server, Socket } from "node:net";
import { platform } from "node:os";
import type { CreateListenerOptions, Listener, Transport } from "@libp2p/interface";
import { tcp } from "@libp2p/tcp";
import { type Multiaddr, multiaddr } from "@multiformats/multiaddr";
import { hostOf, isLinkLocal, portOf } from "../util/address.ts";
import { currentInterfaces } from "../util/interfaces.ts";

/** A network interface and its link-local IPv6 address. */
export interface LinkLocalInterface {
  /** The zone: what follows the percent sign of an address. */
  readonly zone: string;
  readonly address: string;
}

/** The interfaces of this machine that have a link-local IPv6 address. */
export function linkLocalInterfaces(): LinkLocalInterface[] {
  return Object.entries(currentInterfaces()).flatMap(([name, entries = []]) =>
    entries.flatMap((entry) =>
      entry.family === "IPv6" && !entry.internal && entry.address.startsWith("fe80:")
        ? [{ zone: platform() === "win32" ? String(entry.scopeid) : name, address: entry.address }]
        : [],
    ),
  );
}

/** This machine's link-local addresses of a family. */
function linkLocalAddresses(family: "IPv4" | "IPv6"): string[] {
  if (family === "IPv6") return linkLocalInterfaces().map(({ address }) => address);
  return Object.values(currentInterfaces()).flatMap((entries = []) =>
    entries
      .filter((entry) => entry.family === "IPv4" && entry.address.startsWith("169.254."))
      .map(({ address }) => address),
  );
}

type Create = ReturnType<typeof tcp>;

/**
 * libp2p's TCP transport with support for link-local addresses.
 * @param dialOpts further options of Node's `net.connect`.
 */
export function linkLocalTcp(
  dialOpts: object = {},
): (components: Parameters<Create>[0]) => Transport {
  const create = tcp({ dialOpts: dialOpts as never });
  return (components) => {
    const transport = create(components) as Transport;
    const dial = transport.dial.bind(transport);
    const listen = transport.createListener.bind(transport);
    transport.dial = (address, options) => {
      const ip = hostOf(address);
      if (!isLinkLocal(address) || !ip.includes(":")) return dial(address, options);
      return raceDials(
        linkLocalInterfaces().map(
          ({ zone }) =>
            (signal: AbortSignal) =>
              // The options override the host of the address.
              dial(address, { ...options, signal, host: `${ip}%${zone}` } as typeof options),
        ),
        options.signal,
      );
    };
    transport.createListener = (options: CreateListenerOptions) =>
      advertiseLinkLocal(withoutZones(listen(options)));
    return transport;
  };
}

/** Runs dials in parallel and returns the first that succeeds; the others are aborted. */
async function raceDials<Result>(
  tries: readonly ((signal: AbortSignal) => Promise<Result>)[],
  parent: AbortSignal,
): Promise<Result> {
  const stops = tries.map(() => new AbortController());
  const stopAll = (): void => {
    for (const stop of stops) stop.abort();
  };
  parent.addEventListener("abort", stopAll, { once: true });
  if (parent.aborted) stopAll();
  try {
    return await Promise.any(
      tries.map(async (start, index) => {
        const result = await start((stops[index] as AbortController).signal);
        for (const [other, stop] of stops.entries()) if (other !== index) stop.abort();
        return result;
      }),
    );
  } catch (error) {
    if (error instanceof AggregateError && error.errors.length > 0) throw error.errors[0];
    throw new Error("EHOSTUNREACH: no interface has a link-local address");
  } finally {
    parent.removeEventListener("abort", stopAll);
  }
}

/**
 * Removes the zone from the remote addresses of sockets before libp2p reads them, which throws on a
 * zone. libp2p has no hook there, so a listener is put before its own; a test fails if a new
 * version moves its server.
 */
function withoutZones(listener: Listener): Listener {
  const { server } = listener as unknown as { readonly server: Server };
  server.prependListener("connection", (socket: Socket) => {
    const { remoteAddress } = socket;
    if (remoteAddress?.includes("%"))
      Object.defineProperty(socket, "remoteAddress", { value: remoteAddress.split("%", 1).join() });
  });
  return listener;
}

/** Adds link-local addresses to those of a listener on all interfaces. */
function advertiseLinkLocal(listener: Listener): Listener {
  const listening = listener.getAddrs.bind(listener);
  let requested: Multiaddr | undefined;
  const listen = listener.listen.bind(listener);
  listener.listen = (address) => {
    requested = address;
    return listen(address);
  };
  listener.getAddrs = () => {
    const advertised = listening();
    const [first] = advertised;
    const wildcard = requested === undefined ? "" : hostOf(requested);
    if (first === undefined || (wildcard !== "::" && wildcard !== "0.0.0.0")) return advertised;
    const isIpv6 = wildcard === "::";
    const more = linkLocalAddresses(isIpv6 ? "IPv6" : "IPv4").map((ip) =>
      multiaddr(`/${isIpv6 ? "ip6" : "ip4"}/${ip}/tcp/${portOf(first)}`),
    );
    return [...advertised, ...more];
  };
  return listener;
}
