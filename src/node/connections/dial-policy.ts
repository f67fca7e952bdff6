/**
 * Which addresses that other nodes name are dialed. A record, a DHT response or a name may point
 * into our own network, at a service that trusts local hosts. So private addresses are dialed only
 * if we are in such a network ourselves.
 */
import { type LookupAddress, type LookupOptions, lookup as resolve } from "node:dns";
import { type Multiaddr, multiaddr } from "@multiformats/multiaddr";
import { limits } from "../../base/index.ts";
import { endpointOf, hostOf, ipv4Of, portOf, scopeOf } from "../util/address.ts";
import { currentInterfaces } from "../util/interfaces.ts";

/**
 * The private network of an address (RFC 1918, 3927, 4193, 4291, 6598); `undefined` for a public
 * one.
 */
export function networkOf(address: Multiaddr): string | undefined {
  const endpoint = endpointOf(address);
  if (endpoint === undefined) return undefined;
  const [a = 0, b = 0] = endpoint.ip;
  if (endpoint.ip.length === 4) return networkOf4(a, b);
  const mapped = endpoint.ip.subarray(0, 10).every((byte) => byte === 0) && endpoint.ip[10] === 255;
  if (mapped) return networkOf4(endpoint.ip[12] ?? 0, endpoint.ip[13] ?? 0);
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

/** What the rules need to know of this machine's networks. */
export interface LocalNetwork {
  /** The addresses that we advertise; loopback only if there is nothing else. */
  readonly advertised: readonly Multiaddr[];
  /** IP addresses of our interfaces. */
  readonly interfaces: readonly string[];
  /** A mesh without internet access, in which every address is meant as it is. */
  readonly privateWan: boolean;
}

/** Whether we dial an address that another node named. A name is judged when it is resolved. */
export function mayDial(
  address: Multiaddr,
  { advertised, interfaces, privateWan }: LocalNetwork,
): boolean {
  const scope = scopeOf(address);
  if (scope === "public" || privateWan) return true;
  // Loopback means this machine only if we advertise nothing else, and so have local peers only.
  if (scope === "loopback") return advertised.every((own) => scopeOf(own) === "loopback");
  const network = networkOf(address);
  // Lower ports belong to services.
  if (network === undefined || portOf(address) < limits.punchPortMin) return false;
  return interfaces.some((ip) => networkOf(tcpAt(ip, 1)) === network);
}

/**
 * Whether we dial an address of a node back at its request. The node may have connected through a
 * forwarder on this machine, such as an onion service, and then seems to be here; or share its
 * address with others. So this machine is never dialed, nor ports of services.
 */
export function mayDialBack(
  address: Multiaddr,
  { advertised, interfaces, privateWan }: LocalNetwork,
): boolean {
  if (portOf(address) < limits.punchPortMin) return false;
  const scope = scopeOf(address);
  // Only in a private mesh do private addresses count as reachable.
  if (scope !== "public" && !privateWan) return false;
  if (scope === "loopback") return advertised.every((own) => scopeOf(own) === "loopback");
  const host = hostOf(address);
  return !interfaces.includes(ipv4Of(host) ?? host);
}

const tcpAt = (ip: string, port: number): Multiaddr =>
  multiaddr(`/${ip.includes(":") ? "ip6" : "ip4"}/${ip}/tcp/${port}`);

/** The IP addresses of this machine. */
function ownInterfaces(): string[] {
  return Object.values(currentInterfaces()).flatMap(
    (all) => all?.map(({ address }) => address.split("%", 1).join("")) ?? [],
  );
}

type LookupCallback = (
  error: NodeJS.ErrnoException | null,
  address: string | LookupAddress[],
  family?: number,
) => void;

/**
 * A DNS lookup for sockets that leaves out addresses that `allowed` rejects: a public name may
 * point anywhere.
 */
export function filteredLookup(allowed: (address: Multiaddr) => boolean) {
  return (name: string, options: LookupOptions, found: LookupCallback): void => {
    resolve(name, { ...options, all: true }, (error, all) => {
      const usable = (all ?? []).filter(({ address }) =>
        allowed(tcpAt(address, limits.punchPortMin)),
      );
      const [first] = usable;
      if (error !== null) found(error, [], 0);
      else if (first === undefined)
        found(Object.assign(new Error(`${name} is private`), { code: "EFOREIGN" }), [], 0);
      else if (options.all === true) found(null, usable);
      else found(null, first.address, first.family);
    });
  };
}

/**
 * Whether libp2p may remember an address of a peer, and so dial it later. A peer that is connected
 * from public addresses only is not on our network, whatever private addresses it advertises.
 */
export function mayRemember(
  address: Multiaddr,
  seenAt: readonly Multiaddr[],
  network: LocalNetwork,
): boolean {
  if (network.privateWan || scopeOf(address) === "public") return true;
  const remote = seenAt.length > 0 && seenAt.every((seen) => scopeOf(seen) === "public");
  return !remote && mayDial(address, network);
}

/** The part of a libp2p host that the policy needs. */
interface PolicyHost {
  readonly peerId: { equals(peer: unknown): boolean };
  getMultiaddrs(): Multiaddr[];
  getConnections(peer: never): readonly { readonly remoteAddr: Multiaddr }[];
}

/**
 * Applies these rules for one host. The host is attached later, since it is created with the
 * policy.
 */
export class DialPolicy {
  readonly #privateWan: boolean;
  #host: PolicyHost | undefined;
  #addresses: readonly string[] = [];
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(privateWan: boolean) {
    this.#privateWan = privateWan;
  }

  /** Sets the host. */
  attach(host: PolicyHost): void {
    this.#host = host;
  }

  readonly mayDial = (address: Multiaddr): boolean => mayDial(address, this.#localNetwork());

  readonly mayDialBack = (address: Multiaddr): boolean =>
    mayDialBack(address, this.#localNetwork());

  /** The DNS lookup, as an option of a dial. */
  lookup(): { readonly lookup: ReturnType<typeof filteredLookup> } {
    return { lookup: filteredLookup(this.mayDial) };
  }

  /** libp2p's filter for addresses to remember; keeps all of our own. */
  readonly addressFilter = (peer: unknown, address: Multiaddr): boolean => {
    const host = this.#host;
    if (host === undefined || host.peerId.equals(peer)) return true;
    const seenAt = host.getConnections(peer as never).map(({ remoteAddr }) => remoteAddr);
    return mayRemember(address, seenAt, this.#localNetwork());
  };

  /** Computed on demand: libp2p asks for every address of every peer in a DHT response. */
  #localNetwork(): LocalNetwork {
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
    if (now - this.#readAt >= limits.addressPoll) {
      this.#readAt = now;
      this.#addresses = ownInterfaces();
    }
    return this.#addresses;
  }
}
