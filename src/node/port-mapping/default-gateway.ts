/** The default gateway: the router that is asked for a port mapping. */
import { readFile } from "node:fs/promises";

export interface Endpoint {
  readonly ip: string;
  readonly port: number;
}

/** A router and the endpoints of its port mapping protocols. */
export interface Gateway {
  readonly ip: string;
  /** UDP port of NAT-PMP. */
  readonly natPmp: number;
  /** Where UPnP discovery requests are sent. */
  readonly ssdp: readonly Endpoint[];
}

/** RFC 6886 §1.1. */
const NAT_PMP = 5351;
/**
 * UPnP Device Architecture §1.3: many routers answer multicast requests only, and some unicast ones
 * only.
 */
const SSDP = 1900;
const SSDP_GROUP = "239.255.255.250";

/**
 * The gateway of the default route; `undefined` if the system does not report it (only Linux does).
 */
export async function defaultGateway(): Promise<Gateway | undefined> {
  return parseRouteTable(await readFile("/proc/net/route", "utf8").catch(() => ""));
}

/** The default gateway in the text of /proc/net/route. */
export function parseRouteTable(table: string): Gateway | undefined {
  for (const line of table.split("\n").slice(1)) {
    const [, destination, gateway, flags = "0"] = line.split("\t");
    const isGateway = (Number.parseInt(flags, 16) & 2) !== 0;
    if (destination !== "00000000" || !isGateway || !/^[0-9A-F]{8}$/.test(gateway ?? "")) continue;
    // The kernel prints the address as a number in host byte order, which is little-endian on all
    // platforms that Node supports.
    const ip = Buffer.from(`${gateway}`, "hex").reverse().join(".");
    const ssdp = [ip, SSDP_GROUP].map((to) => ({ ip: to, port: SSDP }));
    return { ip, natPmp: NAT_PMP, ssdp };
  }
  return undefined;
}
