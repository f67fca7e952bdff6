/**
 * The port that the router was asked for. none: no router is known, or none is needed. silent: it speaks neither NAT-PMP nor UPnP. refused: it
 * speaks one of them, and gave none.
 */
export interface PortMapFacts {
  readonly state: "off" | "none" | "mapped" | "silent" | "refused";
  /** What it was asked in, where it gave one. */
  readonly by?: "nat-pmp" | "upnp";
  /** The address on the outside, as the router says. */
  readonly address?: string;
}
