/** The router in front of this machine, and where it is asked for a port. */
import { readFile } from "node:fs/promises";

export interface Endpoint {
  readonly ip: string;
  readonly port: number;
}

export interface Gateway {
  readonly ip: string;
  /** UDP port of its NAT-PMP. */
  readonly natPmp: number;
  /** Where it hears the search of UPnP. */
  readonly ssdp: readonly Endpoint[];
}

/** RFC 6886 §1.1. */
const NAT_PMP = 5351;
/**
 * UPnP Device Architecture §1.3: many routers hear the group alone, and some a packet to themselves
 * alone.
 */
const SSDP = 1900;
const SSDP_GROUP = "239.255.255.250";

/** The gateway of the default route, where the system tells (Linux). */
export async function defaultGateway(): Promise<Gateway | undefined> {
  return parseRouteTable(await readFile("/proc/net/route", "utf8").catch(() => ""));
}

/** The gateway in the kernel's table of routes. */
export function parseRouteTable(table: string): Gateway | undefined {
  for (const line of table.split("\n").slice(1)) {
    const [, destination, gateway, flags = "0"] = line.split("\t");
    const isGateway = (Number.parseInt(flags, 16) & 2) !== 0;
    if (destination !== "00000000" || !isGateway || !/^[0-9A-F]{8}$/.test(gateway ?? "")) continue;
    // The kernel shows the bytes of the address as a number of this machine, which is little-endian
    // on what Node runs on.
    const ip = Buffer.from(`${gateway}`, "hex").reverse().join(".");
    const ssdp = [ip, SSDP_GROUP].map((to) => ({ ip: to, port: SSDP }));
    return { ip, natPmp: NAT_PMP, ssdp };
  }
  return undefined;
}
