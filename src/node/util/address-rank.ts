/**
 * The order of addresses, for every list that is cut: those by which a connection is likeliest come
 * first. A machine may have dozens (bridges of containers, IPv6 privacy addresses), and records,
 * invites and requests contain four.
 */
import type { Multiaddr } from "@multiformats/multiaddr";
import {
  type AddressScope,
  hostOf,
  isInNetwork,
  isLinkLocal,
  scopeOf,
  subnetOf,
  withoutPeer,
} from "./address.ts";
import type { InterfaceAddress, InterfaceKind } from "./interfaces.ts";

/** An address and what decides its position. */
interface Ranked {
  readonly address: Multiaddr;
  /** The lowest class comes first. */
  readonly class: number;
  /** Addresses of one network: the first of each network comes before the second of any. */
  readonly network: string;
  /** Whether it comes after all others. */
  readonly last: boolean;
}

/** Sorts by the position within its network, then by class; equal ones keep their order. */
function sorted(all: readonly Ranked[]): Multiaddr[] {
  const counts = new Map<string, number>();
  return all
    .map((one) => {
      const position = counts.get(one.network) ?? 0;
      counts.set(one.network, position + 1);
      return { ...one, position };
    })
    .sort((a, b) => Number(a.last) - Number(b.last) || a.position - b.position || a.class - b.class)
    .map(({ address }) => address);
}

const ownClass: Readonly<Record<InterfaceKind, number>> = {
  default: 2,
  lan: 3,
  virtual: 4,
  loopback: 5,
};

/**
 * Our own addresses: first one of each network, then further ones such as IPv6 privacy addresses;
 * those of containers and virtual machines last. Of each network's first ones, that on the network
 * of a peer comes first, then public ones (mapped, announced or proven ones too), then that on the
 * default route.
 * @param local our interfaces.
 * @param towards IP address of the peer.
 */
export function rankOwn(
  addresses: readonly Multiaddr[],
  local: readonly InterfaceAddress[],
  towards?: string,
): Multiaddr[] {
  return sorted(
    addresses.map((address) => {
      const host = hostOf(address);
      const here = local.find(({ ip }) => ip === host);
      const isNear = here !== undefined && towards !== undefined && isInNetwork(here, towards);
      const isPublic = here === undefined || scopeOf(address) === "public";
      return {
        address,
        class: isNear ? 0 : isPublic ? 1 : ownClass[here.kind],
        network: `${here?.name ?? ""} ${here && !host.includes(":") ? "ipv4" : subnetOf(address)}`,
        last: here?.kind === "virtual" && !isNear,
      };
    }),
  );
}

/**
 * The addresses of another machine: first the one that it was heard from, then those on the same
 * network, on our other networks, public ones, and other private ones. Last are those that mean
 * this machine, or its containers and virtual machines, to us.
 * @param local our interfaces.
 * @param heardFrom IP address of a packet of that machine.
 */
export function rankTheirs(
  addresses: readonly Multiaddr[],
  local: readonly InterfaceAddress[],
  heardFrom?: string,
): Multiaddr[] {
  const heardOn = local.find((here) => heardFrom !== undefined && isInNetwork(here, heardFrom));
  return sorted(
    addresses.map((address) => {
      const host = hostOf(address);
      const here = local.find((one) => isInNetwork(one, host));
      const order = [
        host === heardFrom,
        heardOn !== undefined && isInNetwork(heardOn, host),
        here !== undefined,
        scopeOf(address) === "public",
        true,
      ];
      return {
        address,
        class: order.indexOf(true),
        network: subnetOf(address),
        last:
          host !== heardFrom &&
          here !== heardOn &&
          (here?.kind === "virtual" || local.some(({ ip }) => ip === host)),
      };
    }),
  );
}

/**
 * The addresses to advertise, each once, as `rankOwn` orders them. Link-local ones only if there is
 * nothing else, and loopback only if there are no link-local ones either, since it means another
 * machine to every other host.
 */
export function advertisable(
  addresses: readonly Multiaddr[],
  local: readonly InterfaceAddress[],
  towards?: string,
): Multiaddr[] {
  const by: Record<AddressScope | "link", Map<string, Multiaddr>> = {
    public: new Map(),
    private: new Map(),
    link: new Map(),
    loopback: new Map(),
  };
  for (const address of addresses)
    by[isLinkLocal(address) ? "link" : scopeOf(address)].set(address.toString(), address);
  const reachable = [...by.public.values(), ...by.private.values()];
  if (reachable.length > 0) return rankOwn(reachable, local, towards);
  return rankOwn([...(by.link.size > 0 ? by.link : by.loopback).values()], local, towards);
}

/** The addresses to advertise, as texts without /p2p. */
export function advertised(
  addresses: readonly Multiaddr[],
  local: readonly InterfaceAddress[],
  towards?: string,
): string[] {
  return advertisable(addresses, local, towards).map(withoutPeer);
}
