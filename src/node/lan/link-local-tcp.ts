/**
 * TCP over link-local addresses (RFC 4291 §2.5.6, RFC 3927), for networks that have no others. An
 * IPv6 one means something together with an interface alone: addresses name none, since others'
 * interfaces have other names, so a dial tries each of ours. libp2p's TCP neither tells such
 * addresses, nor dials them, nor takes connections from them.
 */
import type { Server, Socket } from "node:net";
import { networkInterfaces, platform } from "node:os";
import type { CreateListenerOptions, Listener, Transport } from "@libp2p/interface";
import { tcp } from "@libp2p/tcp";
import { type Multiaddr, multiaddr } from "@multiformats/multiaddr";
import { hostOf, isLinkLocal, portOf } from "../util/address.ts";

/** One of our interfaces and its link-local IPv6 address. */
export interface LinkLocalInterface {
  /** As an address names it behind its percent sign. */
  readonly zone: string;
  readonly address: string;
}

/** Our links. */
export function linkLocalInterfaces(): LinkLocalInterface[] {
  return Object.entries(networkInterfaces()).flatMap(([name, entries = []]) =>
    entries.flatMap((entry) =>
      entry.family === "IPv6" && !entry.internal && entry.address.startsWith("fe80:")
        ? [{ zone: platform() === "win32" ? String(entry.scopeid) : name, address: entry.address }]
        : [],
    ),
  );
}

/** Our link-local addresses of a family. */
function linkLocalAddresses(family: "IPv4" | "IPv6"): string[] {
  if (family === "IPv6") return linkLocalInterfaces().map(({ address }) => address);
  return Object.values(networkInterfaces()).flatMap((entries = []) =>
    entries
      .filter((entry) => entry.family === "IPv4" && entry.address.startsWith("169.254."))
      .map(({ address }) => address),
  );
}

type Create = ReturnType<typeof tcp>;

/**
 * libp2p's TCP, with link-local addresses. @param dialOpts what Node's `net.connect` is given
 * beside an address.
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
              // What stands in the options takes the place of what the address says.
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

/** The first that succeeds; the others are given up. */
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
 * Takes the zone off the remote addresses of sockets before libp2p reads them: it throws on a zone.
 * It has no hook there, so its server is listened to first; a test fails when a new version moves
 * it.
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

/** Adds link-local addresses to what a listener on every interface tells. */
function advertiseLinkLocal(listener: Listener): Listener {
  const listening = listener.getAddrs.bind(listener);
  let asked: Multiaddr | undefined;
  const listen = listener.listen.bind(listener);
  listener.listen = (address) => {
    asked = address;
    return listen(address);
  };
  listener.getAddrs = () => {
    const told = listening();
    const [first] = told;
    const wild = asked === undefined ? "" : hostOf(asked);
    if (first === undefined || (wild !== "::" && wild !== "0.0.0.0")) return told;
    const six = wild === "::";
    const more = linkLocalAddresses(six ? "IPv6" : "IPv4").map((ip) =>
      multiaddr(`/${six ? "ip6" : "ip4"}/${ip}/tcp/${portOf(first)}`),
    );
    return [...told, ...more];
  };
  return listener;
}
