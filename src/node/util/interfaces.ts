/** The network interfaces of this machine, also while the system cannot list them. */
import { readFileSync } from "node:fs";
import os, { type NetworkInterfaceInfo, networkInterfaces } from "node:os";

/** Interfaces by name, with their addresses. */
type Interfaces = NodeJS.Dict<NetworkInterfaceInfo[]>;

const list = networkInterfaces;
let last: Interfaces = {};

/**
 * The interfaces now, or as last listed if the system refuses: when no file descriptor is left
 * (EMFILE), and always on Android. Never throws.
 */
export function currentInterfaces(): Interfaces {
  try {
    last = list();
  } catch {
    // They are the same as before, as far as this process can know.
  }
  return last;
}

/**
 * Makes `networkInterfaces` of the module object `os` behave like `currentInterfaces`. libp2p calls
 * it in timers and event handlers, where an exception would end the process.
 */
export function keepListingInterfaces(): void {
  os.networkInterfaces = currentInterfaces;
}

/**
 * What an interface is for. `default`: the default route uses it. `virtual`: a network of
 * containers or virtual machines, which ends at this machine.
 */
export type InterfaceKind = "default" | "lan" | "virtual" | "loopback";

/** An IP address of this machine, and the network that it is in. */
export interface InterfaceAddress {
  /** The name of the interface. */
  readonly name: string;
  readonly kind: InterfaceKind;
  /** What follows the percent sign of a link-local IPv6 address here: the name, or a number. */
  readonly zone: string;
  /** Without zone. */
  readonly ip: string;
  /** Length of the network's prefix in bits. */
  readonly prefix: number;
}

/**
 * Names that container and virtual machine software gives to its own networks: Docker, Podman and
 * CNI, Kubernetes, LXC and LXD, libvirt, VirtualBox, VMware, Parallels, macOS, Hyper-V.
 */
const VIRTUAL = [
  /^docker(?:\d+|_gwbridge)$/,
  /^br-[0-9a-f]{12}$/,
  /^veth/,
  /^(?:podman|cni|cni-podman|nerdctl)\d+$/,
  /^(?:flannel|cali|cilium|weave|kube-)/,
  /^(?:lxc|lxdbr|incusbr)/,
  /^(?:virbr|vnet)\d+/,
  /^vboxnet\d+$|^VirtualBox Host-Only/,
  /^vmnet\d+$|^VMware Network Adapter/,
  /^vnic\d+$/,
  /^(?:bridge1\d\d|vmenet\d+)$/,
  /^vEthernet \((?:WSL|Default Switch|nat)/,
];

/** Whether an interface of this name is a network of containers or virtual machines. */
export function isVirtualName(name: string): boolean {
  return VIRTUAL.some((pattern) => pattern.test(name));
}

/** The addresses of these interfaces. @param defaults names of those with a default route. */
export function addressesOf(
  interfaces: Interfaces,
  defaults: ReadonlySet<string>,
): InterfaceAddress[] {
  const kindOf = (name: string, internal: boolean): InterfaceKind => {
    if (internal) return "loopback";
    if (defaults.has(name)) return "default";
    return isVirtualName(name) ? "virtual" : "lan";
  };
  return Object.entries(interfaces).flatMap(([name, entries = []]) =>
    entries.map((entry) => ({
      name,
      kind: kindOf(name, entry.internal),
      zone: os.platform() === "win32" && entry.family === "IPv6" ? `${entry.scopeid}` : name,
      ip: entry.address.split("%", 1).join(""),
      prefix: Number(entry.cidr?.split("/")[1] ?? (entry.family === "IPv4" ? 32 : 128)),
    })),
  );
}

/**
 * The names of the interfaces with a default route.
 * @param ipv4 text of /proc/net/route.
 * @param ipv6 text of /proc/net/ipv6_route.
 */
export function defaultInterfaces(ipv4: string, ipv6: string): Set<string> {
  const found = new Set<string>();
  for (const line of ipv4.split("\n").slice(1)) {
    const [name, destination, , flags = "0", , , , mask] = line.split("\t");
    const isUp = (Number.parseInt(flags, 16) & 1) !== 0;
    if (name && destination === "00000000" && mask === "00000000" && isUp) found.add(name);
  }
  for (const line of ipv6.split("\n")) {
    const [destination, prefix, , , , , , , flags = "0", name] = line.trim().split(/\s+/);
    const parsed = Number.parseInt(flags, 16);
    // The kernel has a route that rejects everything (0x200) on loopback.
    const isUp = (parsed & 1) !== 0 && (parsed & 0x200) === 0;
    if (name && destination === "0".repeat(32) && prefix === "00" && isUp) found.add(name);
  }
  return found;
}

let routes: readonly [string, string] = ["", ""];

/** The addresses of this machine's interfaces now. Only Linux reports the default route. */
export function interfaceAddresses(): InterfaceAddress[] {
  try {
    routes = [
      readFileSync("/proc/net/route", "utf8"),
      readFileSync("/proc/net/ipv6_route", "utf8"),
    ];
  } catch {
    // Another system, or no file descriptor is left: as before.
  }
  return addressesOf(currentInterfaces(), defaultInterfaces(...routes));
}
