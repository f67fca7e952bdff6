/**
 * Entry points of the module. libp2p is loaded only when a node is created: loading takes some
 * hundred ms that most commands do not need.
 */
import type { BootstrapConfig, BootstrapNode, NodeConfig, SottoNode } from "./model/config.ts";

/**
 * Starts a node under a fresh host key. Resolves when it listens; it connects to bootstrap nodes
 * afterwards. Throws `address-invalid`, `port-in-use` or `listen-failed`.
 */
export async function createNode(config: NodeConfig): Promise<SottoNode> {
  applyPolyfill();
  const { startNode } = await import("./node.ts");
  return startNode(config);
}

/**
 * Starts a bootstrap node: a server of both DHTs, without account and messages. Throws what
 * `createNode` throws.
 */
export async function createBootstrapNode(config: BootstrapConfig): Promise<BootstrapNode> {
  applyPolyfill();
  const { startBootstrapNode } = await import("./bootstrap-node.ts");
  return startBootstrapNode(config);
}

/**
 * Listens on the addresses as a node does, and stops at once. Throws `port-in-use` or
 * `listen-failed`, which name the address.
 */
export async function probeListen(addresses: readonly string[]): Promise<void> {
  applyPolyfill();
  const probe = await import("./host/listen-probe.ts");
  await probe.probeListen(addresses);
}

/**
 * Defines `Promise.withResolvers` (ES2024), which libp2p 3 needs and Node 20 lacks. Must run before
 * libp2p is loaded: without it yamux fails at the first ping, which shows as a misleading
 * `ECONNRESET`. Does nothing on Node 22.
 */
export function applyPolyfill(): void {
  if ("withResolvers" in Promise) return;
  Object.defineProperty(Promise, "withResolvers", {
    configurable: true,
    writable: true,
    value: <Value>() => {
      let resolve: ((value: Value | PromiseLike<Value>) => void) | undefined;
      let reject: ((reason?: unknown) => void) | undefined;
      const promise = new Promise<Value>((fulfil, refuse) => {
        resolve = fulfil;
        reject = refuse;
      });
      return { promise, resolve, reject };
    },
  });
}
