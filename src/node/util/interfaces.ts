/** The network interfaces of this machine, also while the system cannot list them. */

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
 * Makes `networkInterfaces` of the module object `os` behave like `currentInterfaces`. libp2p and
 * multicast-dns call it in timers and event handlers, where an exception would end the process.
 */
export function keepListingInterfaces(): void {
  os.networkInterfaces = currentInterfaces;
}
