/** Sotto on libp2p: streams, rendezvous, discovery. The only room that imports libp2p. */
export { addressReach } from "./address.ts";
export type {
  BootstrapConfig,
  BootstrapNode,
  BootstrapState,
  HostFigures,
  HostStatus,
  NatState,
  NodeConfig,
  NodeStatus,
  PeerInfo,
  PrivateNetwork,
  ProxyState,
  PublicState,
  PunchReason,
  SottoNode,
} from "./config.ts";
export { createBootstrapNode, createNode } from "./create.ts";
export { parseProxy } from "./proxy-place.ts";
export type { ProxyPlace } from "./socks.ts";
export type { Tuning } from "./tuning.ts";
