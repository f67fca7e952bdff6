/** The store of a home without a running node: the methods that need no network. */
import type { MethodName, Params, Paths, Result } from "../../api/index.ts";
import { type HostId, SottoError } from "../../base/index.ts";
import { bestCrypto } from "../../crypto/index.ts";
import { createMessenger } from "../../messenger/index.ts";
import { type Rendezvous, silent, type Transport } from "../../ports/index.ts";
import { createCleanup } from "../process/cleanup.ts";
import { systemClock } from "../process/system-clock.ts";
import { createDispatch, inProcessCaller } from "../rpc/dispatch.ts";
import type { Controls } from "../rpc/methods/method-types.ts";
import { keepDecoys, keepInvisible, keepPublic, readConfig } from "../settings/config.ts";
import { openHome, readProtectionOf } from "./home.ts";
import { lockHome } from "./lock-home.ts";

export interface Offline {
  /** Calls a method. One that needs the network throws `node-not-running`. */
  call<Name extends MethodName>(method: Name, params: Params<Name>): Promise<Result<Name>>;
  close(): Promise<void>;
}

const needsNode = (): never => {
  throw new SottoError("node-not-running", "No node is running.");
};

const transport: Transport = {
  host: "" as HostId,
  addresses: () => [],
  dial: async () => needsNode(),
  onChannel: () => undefined,
  onOffer: () => undefined,
  onAddresses: () => undefined,
};

const controls: Controls = {
  state: needsNode,
  lock: needsNode,
  unlock: needsNode,
  prove: needsNode,
  protect: needsNode,
  stop: needsNode,
};

const rendezvous: Rendezvous = {
  publish: async () => 0,
  lookup: async function* () {},
  peers: () => 0,
  onPeer: () => undefined,
};

/** Throws `no-account`, `node-already-running`, `config-invalid`, and what `openHome` throws. */
export async function openOffline(
  paths: Pick<Paths, "home" | "config">,
  passphrase: string | undefined,
): Promise<Offline> {
  const cleanup = createCleanup();
  try {
    if ((await readProtectionOf(paths.home)) === undefined)
      throw new SottoError("no-account", "There is no account in this home directory.");
    const crypto = await bestCrypto();
    const config = await readConfig(paths.config, {});
    const lock = await lockHome(paths, crypto);
    cleanup.take(() => lock.release());
    const { store } = await openHome(
      { directory: paths.home, crypto, clock: systemClock, log: silent },
      { passphrase: async () => passphrase, account: async () => undefined },
    );
    cleanup.take(() => store.close());
    const messenger = await createMessenger({
      crypto,
      store,
      transport,
      rendezvous,
      clock: systemClock,
      log: silent,
    });
    cleanup.take(() => messenger.stop());
    const dispatch = createDispatch({
      messenger,
      network: {
        peers: () => [],
        rotate: async () => needsNode(),
        check: async () => needsNode(),
        setInvisible: (on) => keepInvisible(paths.config, on),
        setDecoys: (step) => keepDecoys(paths.config, step),
        setPublic: (on) => keepPublic(paths.config, on),
        bootstrap: () =>
          config.bootstrap.map((address) => ({ address, state: "searching", origin: "own" })),
        best: () => config.bootstrap,
        learn: async () => needsNode(),
        addBootstrap: async () => needsNode(),
        removeBootstrap: async () => needsNode(),
      },
      clock: systemClock,
      controls,
      status: needsNode,
      audit: needsNode,
      doctor: { node: needsNode, contact: needsNode },
      words: needsNode,
      check: needsNode,
    });
    return {
      call: async (method, params) => (await dispatch(method, params, inProcessCaller())) as never,
      close: () => cleanup.all(),
    };
  } catch (error) {
    await cleanup.all().catch(() => undefined);
    throw error;
  }
}
