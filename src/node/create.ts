/**
 * The way in. Loads libp2p only when a node is made: it costs some hundred ms that most commands
 * need not pay.
 */
import type { BootstrapConfig, BootstrapNode, NodeConfig, SottoNode } from "./model/config.ts";

/**
 * Starts a node under a fresh host key. Resolves when it listens; bootstrap hosts are looked for
 * afterwards. Throws `address-invalid`, `port-in-use`, `listen-failed`.
 */
export async function createNode(config: NodeConfig): Promise<SottoNode> {
  applyPolyfill();
  const { startNode } = await import("./node.ts");
  return startNode(config);
}

/**
 * Starts a host that others bootstrap from: a server of both DHTs, with no account and no messages.
 * Throws as `createNode` does.
 */
export async function createBootstrapNode(config: BootstrapConfig): Promise<BootstrapNode> {
  applyPolyfill();
  const { startBootstrapNode } = await import("./bootstrap-node.ts");
  return startBootstrapNode(config);
}

// What libp2p 3 expects of the platform and Node 20 lacks.

/**
 * Defines `Promise.withResolvers` (ES2024) where it is missing. Must run before libp2p is loaded:
 * without it yamux dies on the first ping, which shows as a misleading `ECONNRESET`. Node 22 needs
 * nothing.
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
