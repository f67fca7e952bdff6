/** A node over an open store: network, messenger, and the methods that need them. */
import type { NetState, NodeEvent, NodeState, NodeStatus } from "../../api/index.ts";
import type { SottoError } from "../../base/index.ts";
import { RecordValidator } from "../../dht/index.ts";
import { createMessenger, recoveryWords } from "../../messenger/index.ts";
import { createNode } from "../../node/index.ts";
import type { HomeParts, OpenHome } from "../home/home.ts";
import { loadTokens } from "../home/tokens.ts";
import { createCleanup } from "../process/cleanup.ts";
import { createDispatch, type Dispatch } from "../rpc/dispatch.ts";
import { createEventRing } from "../rpc/event-ring.ts";
import type { Controls } from "../rpc/methods/method-types.ts";
import type { Config } from "../settings/config.ts";
import { readNetworkKey } from "../settings/network-key.ts";
import { audit } from "./audit.ts";
import { BootstrapNodes } from "./bootstrap-nodes.ts";
import { diskSpaceOf } from "./disk-space.ts";
import { createDoctor } from "./doctor.ts";
import { createNetwork, watchNetwork } from "./network.ts";
import { keepPeerCache } from "./peer-cache.ts";
import { connectSharedBootstraps } from "./shared-bootstraps.ts";
import { shredRegularly } from "./shred-schedule.ts";
import { statusOf } from "./status.ts";

export interface RunningNodeOptions extends HomeParts {
  readonly config: Config;
  /** Path of the settings file. */
  readonly settings: string;
  /** Receives every event, for all clients. */
  readonly offer: (event: NodeEvent) => void;
  /** The state of the HTTP endpoint; `undefined` where it is off. */
  readonly http: () => NodeStatus["http"];
  /** Closes the connections that are restricted to a token. */
  readonly revoke: (token: string) => void;
  /** Starts to stop the node because of an error of the store; returns at once. */
  readonly fail: (fault: SottoError) => void;
}

export interface RunningNode {
  readonly dispatch: Dispatch;
  /** Starts to publish, dial and accept links. */
  start(): void;
  /** Ends waiting calls, then messenger, network and store, in this order. */
  shutDown(): Promise<void>;
}

/**
 * Starts a node over an open home, which it takes over: on an error the store is closed. Throws
 * `port-in-use`, `listen-failed`, and what the messenger throws.
 */
export async function startRunningNode(
  parts: RunningNodeOptions,
  { store }: Pick<OpenHome, "store">,
  controls: Controls,
  state: () => NodeState,
): Promise<RunningNode> {
  const { crypto, clock, log, config } = parts;
  const cleanup = createCleanup();
  cleanup.take(() => store.close());
  cleanup.take(shredRegularly({ store, clock, log }));
  try {
    const { networkKey } = config;
    const network = networkKey && (await readNetworkKey(networkKey, crypto));
    const node = await createNode({
      ...(network && { network }),
      listen: config.listen,
      announce: config.announce,
      bootstrap: config.bootstrap,
      mdns: config.mdns,
      portMapping: config.portMapping,
      publicDht: config.publicDht,
      ...(config.publicHosts && { publicBootstrap: config.publicHosts }),
      privateWan: config.privateWan,
      ...(config.proxy !== undefined && { proxy: config.proxy }),
      validator: new RecordValidator(crypto.verify, clock.now),
      log,
      clock,
    });
    cleanup.take(() => node.stop());
    const neighbours = keepPeerCache({ node, store, clock, log });
    cleanup.take(neighbours);
    const { transport, rendezvous, publicRendezvous } = node;
    const { receipts, history, retention, invisible, lastSeen, decoys } = config;
    const own = new BootstrapNodes(node, config);
    const hosts = { own: () => own.shared(), mayAsk: (address: string) => own.mayAsk(address) };
    const kept = { history, ...(retention !== undefined && { retention }) };
    const ports = {
      crypto,
      store,
      transport,
      rendezvous,
      publicRendezvous,
      clock,
      log,
      diskSpace: () => diskSpaceOf(parts.directory),
      breathe: () => new Promise<void>((resolve) => setImmediate(resolve)),
      receipts,
      invisible,
      lastSeen,
      ...(config.allow && { allow: new Set(config.allow) }),
      decoys,
      ...(config.shareBootstrap && { hosts }),
      ...kept,
    };
    const messenger = await createMessenger(ports);
    cleanup.take(() => messenger.stop());
    const status = () =>
      statusOf({
        ...{ state: state(), config, messenger, node, store },
        ...{ engine: crypto.engine, http: parts.http() },
      });
    const ring = createEventRing(crypto);
    cleanup.take(() => ring.clear());
    const net = createNetwork(node, messenger, own, parts.settings);
    const dispatch = createDispatch({
      messenger,
      network: net,
      tokens: await loadTokens({ store, crypto, clock, closed: parts.revoke }),
      clock,
      controls,
      ring,
      status,
      doctor: createDoctor({ messenger, clock, status, checkProxy: () => node.checkProxy() }),
      audit: () => audit({ messenger, status, home: parts.directory, lastSeen }),
      words: () => recoveryWords(store),
      check: () => store.check(),
    });
    // Fail-stop: the state of the disk is unknown, so the node must not accept messages any more.
    void store.failed.then((fault) => {
      log("store.failed", { code: fault.code });
      parts.fail(fault);
    });
    const calls = endable(dispatch);
    cleanup.take(() => calls.end());
    return {
      dispatch: calls.dispatch,
      start() {
        cleanup.take(messenger.subscribe((event) => parts.offer(ring.add(event))));
        // A state, not an event of the past: a client that missed some needs the last one only.
        const onNet = (state: NetState) => parts.offer({ type: "net.changed", net: state });
        cleanup.take(watchNetwork(net, clock, onNet));
        messenger.start();
        cleanup.take(connectSharedBootstraps({ node, messenger, own, clock, log }));
      },
      shutDown: () => cleanup.all(),
    };
  } catch (error) {
    // Errors of the cleanup follow from the first one.
    await cleanup.all().catch(() => undefined);
    throw error;
  }
}

/** A dispatch whose waiting calls can be ended. */
function endable(dispatch: Dispatch): { readonly dispatch: Dispatch; end(): void } {
  const running = new Set<AbortController>();
  return {
    async dispatch(method, params, caller) {
      const call = new AbortController();
      const end = () => call.abort();
      running.add(call);
      if (caller.signal.aborted) end();
      caller.signal.addEventListener("abort", end, { once: true });
      try {
        return await dispatch(method, params, { ...caller, signal: call.signal });
      } finally {
        caller.signal.removeEventListener("abort", end);
        running.delete(call);
      }
    },
    end() {
      for (const call of running) call.abort();
    },
  };
}
