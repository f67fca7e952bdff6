/**
 * Which addresses that others name are dialled. A record, an answer of the DHT or a name may point
 * into our own network, at a service that trusts whoever is inside: what is private is dialled only
 * where we have a part in such a network ourselves.
 */
import { type LookupAddress, type LookupOptions, lookup as resolve } from "node:dns";
import { networkInterfaces } from "node:os";
import { type Multiaddr, multiaddr } from "@multiformats/multiaddr";
import { limits } from "../../base/index.ts";
import { endpointOf, portOf, scopeOf } from "../util/address.ts";

/**
 * The private network that an address belongs to (RFC 1918, 3927, 4193, 4291, 6598), or `undefined`
 * for one of none.
 */
export function networkOf(address: Multiaddr): string | undefined {
  const place = endpointOf(address);
  if (place === undefined) return undefined;
  const [a = 0, b = 0] = place.ip;
  if (place.ip.length === 4) return networkOf4(a, b);
  const mapped = place.ip.subarray(0, 10).every((byte) => byte === 0) && place.ip[10] === 255;
  if (mapped) return networkOf4(place.ip[12] ?? 0, place.ip[13] ?? 0);
  if ((a & 0xfe) === 0xfc) return "fc00::/7";
  return a === 0xfe && (b & 0xc0) === 0x80 ? "fe80::/10" : undefined;
}

function networkOf4(a: number, b: number): string | undefined {
  if (a === 10) return "10/8";
  if (a === 172 && b >= 16 && b < 32) return "172.16/12";
  if (a === 192 && b === 168) return "192.168/16";
  if (a === 169 && b === 254) return "169.254/16";
  return a === 100 && b >= 64 && b < 128 ? "100.64/10" : undefined;
}

export interface LocalNetwork {
  /** What we tell others: with nothing else there, loopback. */
  readonly advertised: readonly Multiaddr[];
  /** IP addresses of our interfaces. */
  readonly interfaces: readonly string[];
  /** A mesh without the internet: its person says that every address is meant. */
  readonly privateWan: boolean;
}

/** Whether we dial an address that somebody else named. A name is judged when it is resolved. */
export function mayDial(
  address: Multiaddr,
  { advertised: told, interfaces, privateWan }: LocalNetwork,
): boolean {
  const reach = scopeOf(address);
  if (reach === "public" || privateWan) return true;
  // To whoever is elsewhere too, loopback means somebody else than to us.
  if (reach === "loopback") return told.every((own) => scopeOf(own) === "loopback");
  const network = networkOf(address);
  // Ports below are those of services.
  if (network === undefined || portOf(address) < limits.punchPortMin) return false;
  return interfaces.some((ip) => networkOf(tcpAt(ip, 1)) === network);
}

const tcpAt = (ip: string, port: number): Multiaddr =>
  multiaddr(`/${ip.includes(":") ? "ip6" : "ip4"}/${ip}/tcp/${port}`);

/** The IP addresses of this machine. */
export function ownInterfaces(): string[] {
  return Object.values(networkInterfaces()).flatMap(
    (all) => all?.map(({ address }) => address.split("%", 1).join("")) ?? [],
  );
}

type LookupCallback = (
  error: NodeJS.ErrnoException | null,
  address: string | LookupAddress[],
  family?: number,
) => void;

/**
 * Looks a name up as Node would, and leaves out what `allowed` does not allow: a name of the
 * internet may point anywhere.
 */
export function filteredLookup(allowed: (address: Multiaddr) => boolean) {
  return (name: string, options: LookupOptions, found: LookupCallback): void => {
    resolve(name, { ...options, all: true }, (error, all) => {
      const fit = (all ?? []).filter(({ address }) => allowed(tcpAt(address, limits.punchPortMin)));
      const [first] = fit;
      if (error !== null) found(error, [], 0);
      else if (first === undefined)
        found(Object.assign(new Error(`${name} is private`), { code: "EFOREIGN" }), [], 0);
      else if (options.all === true) found(null, fit);
      else found(null, first.address, first.family);
    });
  };
}

/**
 * Which addresses of another host libp2p remembers, and so dials later. Who is connected to us from
 * the internet is no neighbour, whatever private addresses it tells us.
 */
export function mayRemember(
  address: Multiaddr,
  seenAt: readonly Multiaddr[],
  surroundings: LocalNetwork,
): boolean {
  if (surroundings.privateWan || scopeOf(address) === "public") return true;
  const far = seenAt.length > 0 && seenAt.every((place) => scopeOf(place) === "public");
  return !far && mayDial(address, surroundings);
}

interface PolicyHost {
  readonly peerId: { equals(peer: unknown): boolean };
  getMultiaddrs(): Multiaddr[];
  getConnections(peer: never): readonly { readonly remoteAddr: Multiaddr }[];
}

/** These rules for one host, which is there only after they are. */
export class DialPolicy {
  readonly #privateWan: boolean;
  #host: PolicyHost | undefined;
  #own: readonly string[] = [];
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(privateWan: boolean) {
    this.#privateWan = privateWan;
  }

  /** Judges for this host from now on. */
  attach(host: PolicyHost): void {
    this.#host = host;
  }

  readonly mayDial = (address: Multiaddr): boolean => mayDial(address, this.#surroundings());

  /** How names are looked up, as an option of a dial. */
  lookup(): { readonly lookup: ReturnType<typeof filteredLookup> } {
    return { lookup: filteredLookup(this.mayDial) };
  }

  /** libp2p's filter of the addresses that it remembers of a host; of ourselves all. */
  readonly addressFilter = (peer: unknown, address: Multiaddr): boolean => {
    const host = this.#host;
    if (host === undefined || host.peerId.equals(peer)) return true;
    const seenAt = host.getConnections(peer as never).map(({ remoteAddr }) => remoteAddr);
    return mayRemember(address, seenAt, this.#surroundings());
  };

  /**
   * Looked at only for what needs it: libp2p asks for each address of each host that an answer of
   * the DHT names.
   */
  #surroundings(): LocalNetwork {
    const host = this.#host;
    const interfaces = (): readonly string[] => this.#interfaces();
    return {
      privateWan: this.#privateWan,
      get advertised() {
        return host?.getMultiaddrs() ?? [];
      },
      get interfaces() {
        return interfaces();
      },
    };
  }

  #interfaces(): readonly string[] {
    const now = performance.now();
    if (now - this.#lookedAt >= limits.addressPoll) {
      this.#lookedAt = now;
      this.#own = ownInterfaces();
    }
    return this.#own;
  }
}
