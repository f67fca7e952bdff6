/** The way in. Loads libp2p only when a node is made: it costs some hundred ms that most commands need not pay. */
import type { BootstrapConfig, BootstrapNode, NodeConfig, SottoNode } from "./model/config.ts";
import { applyPolyfill } from "./part-polyfill.ts";

/**
 * Starts a node under a fresh host key. Resolves when it listens; bootstrap hosts are looked for afterwards.
 * Throws `address-invalid`, `port-in-use`, `listen-failed`.
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
