/** The network methods of a running node, and the bootstrap nodes in its settings. */

import type { KnownBootstrap, NetState } from "../../api/index.ts";
import { limits, SottoError } from "../../base/index.ts";
import type { Messenger } from "../../messenger/index.ts";
import type { SottoNode } from "../../node/index.ts";
import type { Clock } from "../../ports/index.ts";
import type { Network } from "../rpc/methods/method-types.ts";
import { changeBootstrap } from "../settings/bootstrap-setting.ts";
import { keepDecoys, keepInvisible, keepPublic } from "../settings/config.ts";
import type { BootstrapNodes } from "./bootstrap-nodes.ts";

/** What a client shows of the network. */
function netStateOf(status: ReturnType<SottoNode["status"]>): NetState {
  const { addresses, peers, lanDht, wanDht, reach, nat, bootstrap, mdns, publicDht, proxy } =
    status;
  return {
    addresses: addresses.toSorted(),
    connected: peers > 0,
    lanDht: lanDht > 0,
    wanDht: wanDht > 0,
    reach: reach.verdict,
    router: nat.kind,
    portMap: nat.portMap.state,
    bootstrap,
    mdns,
    publicDht: publicDht.state,
    ...(proxy && { proxy: proxy.state }),
  };
}

/**
 * Reports the state of the network when it is another one, at most once each `limits.addressPoll`.
 * It has many sources, and some of them change without an event.
 * @returns the function that ends this.
 */
export function watchNetwork(
  { state }: Pick<Network, "state">,
  clock: Clock,
  changed: (state: NetState) => void,
): () => void {
  let last = JSON.stringify(state());
  let cancel = clock.after(limits.addressPoll, function look() {
    const now = state();
    const text = JSON.stringify(now);
    if (text !== last) changed(now);
    last = text;
    cancel = clock.after(limits.addressPoll, look);
  });
  return () => cancel();
}

export function createNetwork(
  node: SottoNode,
  messenger: Pick<Messenger, "setDecoys" | "setInvisible" | "learnedHosts" | "forgetHost">,
  own: BootstrapNodes,
  settings: string,
): Network {
  const isUsed = (address: string) =>
    node.status().bootstrap.some((each) => each.address === address);
  const add = async (address: string, change: "add" | "invite"): Promise<void> => {
    if (address.endsWith(`/p2p/${node.transport.host}`))
      throw new SottoError("address-invalid", "This is the address of this node.");
    const known = isUsed(address);
    // Added to the node first: it checks more than the settings do, and has to accept the address.
    if (!known) node.addBootstrap(address);
    try {
      await changeBootstrap(settings, change, address);
    } catch (error) {
      if (!known) node.removeBootstrap(address);
      throw error;
    }
    own.add(address, change === "add" ? "own" : "invite");
  };
  const known = (): KnownBootstrap[] => {
    const asked = new Map(node.status().bootstrap.map((host) => [host.address, host]));
    const stateOf = (address: string) => asked.get(address) ?? { address, state: "spare" as const };
    return [
      ...own.all().map(([address, origin]) => ({ ...stateOf(address), origin })),
      ...messenger.learnedHosts().map(({ address, name }) => ({
        ...stateOf(address),
        origin: "contact" as const,
        contact: name,
      })),
    ];
  };
  return {
    state: () => netStateOf(node.status()),
    peers: () => node.peers(),
    check: () => node.checkReachability(),
    async rotate() {
      await node.rotate();
      return node.transport.host;
    },
    bootstrap: known,
    best: () => own.best(),
    async setInvisible(on) {
      await keepInvisible(settings, on);
      messenger.setInvisible(on);
    },
    async setDecoys(step) {
      await keepDecoys(settings, step);
      await messenger.setDecoys(step);
    },
    async setPublic(on) {
      if (on && node.status().proxy !== undefined)
        throw new SottoError("proxy-forbids", "The public DHT cannot be used through a proxy.");
      await keepPublic(settings, on);
      await node.setPublicDht(on);
    },
    addBootstrap: (address) => add(address, "add"),
    async learn(addresses) {
      for (const address of addresses)
        try {
          // An invite could contain the address of a service in our own network.
          if (node.mayDial(address) && !own.has(address)) await add(address, "invite");
        } catch (error) {
          // The invite may contain invalid addresses, and a full list is not an error of the user.
          if (!(error instanceof SottoError) || error.code !== "address-invalid") throw error;
        }
    },
    async removeBootstrap(address) {
      // One from the command line is only in the list of this run.
      const running = node.removeBootstrap(address) || own.has(address);
      own.remove(address);
      const learned = await messenger.forgetHost(address);
      await changeBootstrap(settings, "remove", address, running || learned);
    },
  };
}
