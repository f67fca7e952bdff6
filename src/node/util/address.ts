/** Multiaddrs: parsing, their parts, and their address scope. */
import { type Multiaddr, multiaddr } from "@multiformats/multiaddr";
import { SottoError } from "../../base/index.ts";
import type { Proximity } from "../../ports/index.ts";
import type { Endpoint } from "../../wire/index.ts";

/**
 * An onion service of version 3 (Tor's rend-spec-v3 §6) and its port: 56 characters, the last of
 * which encodes the version.
 */
const ONION = /^([a-z2-7]{55}d):([1-9][0-9]{0,4})$/;

const HOST_PARTS = new Set(["ip4", "ip6", "dns", "dns4", "dns6"]);

/** Where an address is valid: on the internet, in a private network, or on this machine only. */
export type AddressScope = "public" | "private" | "loopback";

/**
 * Parses a multiaddr that can be dialed: a host and a TCP port, or an onion service, with or
 * without /p2p. `undefined` for any other text.
 */
export function parseAddress(text: string): Multiaddr | undefined {
  try {
    const address = multiaddr(text);
    const [host, ...rest] = address.getComponents();
    const [peer, ...more] = rest.slice(host?.name === "onion3" ? 0 : 1);
    const fits =
      host !== undefined &&
      (isOnion(address) || (HOST_PARTS.has(host.name) && rest[0]?.name === "tcp")) &&
      (peer === undefined || peer.name === "p2p") &&
      more.length === 0;
    return fits ? address : undefined;
  } catch {
    return undefined;
  }
}

/** The PeerId at the end of an address, as text. */
export function peerOf(address: Multiaddr): string | undefined {
  return address.getComponents().findLast((part) => part.name === "p2p")?.value;
}

/** The text of an address without its /p2p part. */
export function withoutPeer(address: Multiaddr): string {
  const text = address.toString();
  const at = text.lastIndexOf("/p2p/");
  return at < 0 ? text : text.slice(0, at);
}

/** Whether an address is an onion service, which is reachable only through a Tor proxy. */
export function isOnion(address: Multiaddr): boolean {
  const [, , port] = onionOf(address) ?? [];
  return port !== undefined && Number(port) < 65_536;
}

function onionOf(address: Multiaddr): RegExpExecArray | undefined {
  const part = address.getComponents().find(({ name }) => name === "onion3");
  return ONION.exec(part?.value ?? "") ?? undefined;
}

/** The host: an IP address or a name. */
export function hostOf(address: Multiaddr): string {
  const [, onion] = onionOf(address) ?? [];
  if (onion !== undefined) return `${onion}.onion`;
  return address.getComponents().find((part) => HOST_PARTS.has(part.name))?.value ?? "";
}

/** The TCP port; 0 if there is none. */
export function portOf(address: Multiaddr): number {
  const [, , onion] = onionOf(address) ?? [];
  if (onion !== undefined) return Number(onion);
  return Number(address.getComponents().find((part) => part.name === "tcp")?.value ?? 0);
}

/**
 * The endpoint of an IP address; `undefined` for a name.
 * @param port overrides the address's port.
 */
export function endpointOf(
  address: Multiaddr,
  port: number = portOf(address),
): Endpoint | undefined {
  const host = hostOf(address);
  if (host.includes(":"))
    return {
      ip: Uint8Array.from(ipv6Groups(host).flatMap((group) => [group >> 8, group & 255])),
      port,
    };
  return /^[\d.]+$/.test(host) ? { ip: Uint8Array.from(host.split("."), Number), port } : undefined;
}

/** The multiaddr of an endpoint. */
export function addressOf({ ip, port }: Endpoint): Multiaddr {
  if (ip.length === 4) return multiaddr(`/ip4/${ip.join(".")}/tcp/${port}`);
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((ip[2 * i] ?? 0) << 8) | (ip[2 * i + 1] ?? 0)).toString(16),
  );
  return multiaddr(`/ip6/${groups.join(":")}/tcp/${port}`);
}

/**
 * The subnet that rate limits and connection limits count by. For IPv6 these are the first 64 bits,
 * as a site commonly has a whole /64 (RFC 6177), except for link-local addresses, whose prefix is
 * the same for all hosts of a link. For IPv4 it is the address itself.
 */
export function subnetOf(address: Multiaddr): string {
  const host = hostOf(address);
  if (isLinkLocal(address)) return host;
  return host.includes(":") ? ipv6Groups(host).slice(0, 4).join(":") : host;
}

/** The eight groups of an IPv6 address as numbers. */
function ipv6Groups(ip: string): number[] {
  const [head = "", tail = ""] = ip.split("%", 1).join("").split("::");
  const groups = (text: string): number[] =>
    text === ""
      ? []
      : text.split(":").flatMap((group) => {
          const bytes = group.split(".").map(Number);
          const [a = 0, b = 0, c = 0, d = 0] = bytes;
          return bytes.length === 4 ? [a * 256 + b, c * 256 + d] : [Number.parseInt(group, 16)];
        });
  const first = groups(head);
  const last = groups(tail);
  const gap = ip.includes("::") ? Math.max(0, 8 - first.length - last.length) : 0;
  return [...first, ...new Array<number>(gap).fill(0), ...last];
}

function scopeOfIpv4(ip: string): AddressScope {
  const [a = 0, b = 0] = ip.split(".").map(Number);
  if (a === 127) return "loopback";
  const isPrivate =
    a === 10 ||
    a === 0 ||
    (a === 172 && b >= 16 && b < 32) ||
    (a === 192 && b === 168) ||
    (a === 169 && b === 254) ||
    (a === 100 && b >= 64 && b < 128);
  return isPrivate ? "private" : "public";
}

/**
 * The IPv4 address of a host, also if it is written as an IPv4-mapped IPv6 address (RFC 4291
 * §2.5.5.2); `undefined` for any other host.
 */
export function ipv4Of(host: string): string | undefined {
  if (/^[\d.]+$/.test(host)) return host;
  const groups = host.includes(":") ? ipv6Groups(host) : [];
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  const [high = 0, low = 0] = groups.slice(6);
  return mapped ? [high >> 8, high & 255, low >> 8, low & 255].join(".") : undefined;
}

/**
 * The scope of an address (RFC 1918, 3927, 4193, 4291, 6598). A name counts as public: it was
 * written to be resolved.
 */
export function scopeOf(address: Multiaddr): AddressScope {
  const host = hostOf(address);
  const four = ipv4Of(host);
  if (four !== undefined) return scopeOfIpv4(four);
  if (!host.includes(":")) return host === "localhost" ? "loopback" : "public";
  const groups = ipv6Groups(host);
  const first = groups[0] ?? 0;
  if (groups.slice(0, 7).every((group) => group === 0) && groups[7] === 1) return "loopback";
  return (first & 0xffc0) === 0xfe80 || (first & 0xfe00) === 0xfc00 ? "private" : "public";
}

/**
 * Where the host of an address is: on this machine, on the local network (RFC 1918, 3927, 4193,
 * 4291) or beyond. A provider's shared addresses (RFC 6598) and names count as beyond.
 */
export function proximityOf(address: Multiaddr): Proximity {
  const reach = scopeOf(address);
  if (reach === "loopback") return "self";
  const shared = /^(?:100|0)\./.test(ipv4Of(hostOf(address)) ?? "");
  return reach === "private" && !shared ? "lan" : "wan";
}

/** Whether an IP address is in the network of another one. @param prefix its length in bits. */
export function isInNetwork(
  { ip, prefix }: { readonly ip: string; readonly prefix: number },
  other: string,
): boolean {
  const bits = (text: string): string =>
    text.includes(":") ? binary(ipv6Groups(text), 16) : binary(text.split(".").map(Number), 8);
  const [network, member] = [bits(ip), bits(other)];
  return network.length === member.length && network.slice(0, prefix) === member.slice(0, prefix);
}

const binary = (parts: readonly number[], size: number): string =>
  parts.map((part) => part.toString(2).padStart(size, "0")).join("");

/** Whether an address is valid on its link only (RFC 3927, RFC 4291). */
export function isLinkLocal(address: Multiaddr): boolean {
  const host = hostOf(address).toLowerCase();
  return host.startsWith("169.254.") || /^fe[89ab][0-9a-f]:/.test(host);
}

/** The scope of an address text; `invalid` if it cannot be dialed. */
export function addressScope(text: string): AddressScope | "invalid" {
  const address = parseAddress(text);
  return address === undefined ? "invalid" : scopeOf(address);
}

// Addresses from the configuration, checked at start.

/** Returns the addresses unchanged. Throws `address-invalid` for one that cannot be used. */
export function checkAddresses(
  texts: readonly string[],
  fits: (address: Multiaddr) => boolean,
): string[] {
  for (const text of texts) {
    const address = parseAddress(text);
    if (address === undefined || !fits(address))
      throw new SottoError("address-invalid", `This address is not supported: ${text}`);
  }
  return [...texts];
}
