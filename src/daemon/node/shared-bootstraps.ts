/** Uses bootstrap nodes shared by contacts while none of the configured ones answers. */
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

/** Checks at once and then every `limits.learnedLook`. @returns stops it. */
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
  const check = async (): Promise<void> => {
    // The contact may run the bootstrap node, and would see an invisible node connect.
    const wanted = own.areLost() && !messenger.health().invisible ? messenger.learnedHosts() : [];
    const addresses = new Set(wanted.map(({ address }) => address));
    for (const address of asked)
      if (!addresses.has(address)) {
        asked.delete(address);
        if (!own.has(address)) node.removeBootstrap(address);
      }
    const states = new Map(node.status().bootstrap.map((each) => [each.address, each]));
    for (const address of addresses) {
      const known = states.get(address);
      asked.add(address);
      if (known === undefined) node.addBootstrap(address);
      else if (known.state === "connected") await messenger.noteHost(address, true);
      else if (known.error !== undefined) await messenger.noteHost(address, false);
    }
  };
  const again = (): void => {
    check()
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
