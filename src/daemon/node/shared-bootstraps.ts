/** Asks bootstrap hosts that contacts told of, for as long as none of our own answers. */
import { limits } from "../../base/index.ts";
import type { Messenger } from "../../messenger/index.ts";
import type { SottoNode } from "../../node/index.ts";
import type { Clock, Log } from "../../ports/index.ts";
import type { BootstrapNodes } from "./bootstrap-nodes.ts";

export interface SharedBootstrapsOptions {
  readonly node: Pick<SottoNode, "status" | "addBootstrap" | "removeBootstrap">;
  readonly messenger: Pick<Messenger, "learnedHosts" | "noteHost" | "health">;
  readonly own: BootstrapNodes;
  readonly clock: Clock;
  readonly log: Log;
}

/** Looks at once, and then every `limits.learnedLook`. Returns the function that ends it. */
export function connectSharedBootstraps({
  node,
  messenger,
  own,
  clock,
  log,
}: SharedBootstrapsOptions): () => void {
  const asked = new Set<string>();
  let ended = false;
  let cancel = (): void => undefined;
  const look = async (): Promise<void> => {
    // Whoever named a host may run it, and would see an invisible node come.
    const wanted = own.areLost() && !messenger.health().invisible ? messenger.learnedHosts() : [];
    const addresses = new Set(wanted.map(({ address }) => address));
    for (const address of asked)
      if (!addresses.has(address)) {
        asked.delete(address);
        if (!own.has(address)) node.removeBootstrap(address);
      }
    const states = new Map(node.status().bootstrap.map((host) => [host.address, host]));
    for (const address of addresses) {
      const host = states.get(address);
      asked.add(address);
      if (host === undefined) node.addBootstrap(address);
      else if (host.state === "connected") await messenger.noteHost(address, true);
      else if (host.error !== undefined) await messenger.noteHost(address, false);
    }
  };
  const again = (): void => {
    look()
      .catch(() => log("shared-bootstraps.failed"))
      .finally(() => {
        if (!ended) cancel = clock.after(limits.learnedLook, again);
      });
  };
  again();
  return () => {
    ended = true;
    cancel();
  };
}
