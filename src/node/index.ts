/** Sotto on libp2p: streams, rendezvous, discovery. The only room that imports libp2p. */
export type {
  BootstrapConfig,
  BootstrapNode,
  BootstrapState,
  NodeConfig,
  NodeStatus,
  PeerInfo,
  SottoNode,
  Tuning,
} from "./config.ts";
export { createBootstrapNode, createNode } from "./create.ts";
