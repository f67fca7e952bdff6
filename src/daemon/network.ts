/** The network's side of the methods: what the node shows, and the bootstrap hosts that the settings keep. */
import type { Bootstrap, Peer } from "../api/index.ts";
import type { SottoNode } from "../node/index.ts";
import { changeBootstrap } from "./config.ts";

export interface Network {
  peers(): readonly Peer[];
  bootstrap(): readonly Bootstrap[];
  /** Keeps the address in the settings and tries it. Throws `address-invalid`. */
  addBootstrap(address: string): Promise<void>;
  /** Throws `address-invalid` where it is not in the list. */
  removeBootstrap(address: string): Promise<void>;
}

export function createNetwork(node: SottoNode, settings: string): Network {
  const looksFor = (address: string) =>
    node.status().bootstrap.some((host) => host.address === address);
  return {
    peers: () => node.peers(),
    bootstrap: () => node.status().bootstrap,
    async addBootstrap(address) {
      await changeBootstrap(settings, "add", address);
      if (!looksFor(address)) node.addBootstrap(address);
    },
    async removeBootstrap(address) {
      // One that came by the command line is in this run's list alone.
      const running = node.removeBootstrap(address);
      await changeBootstrap(settings, "remove", address, running);
    },
  };
}
