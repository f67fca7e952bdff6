/** Sotto on libp2p: streams, rendezvous and discovery. The only module that imports libp2p. */

export { createBootstrapNode, createNode, probeListen } from "./create.ts";
export type {
  BootstrapConfig,
  BootstrapNode,
  BootstrapState,
  HostMetrics,
  HostStatus,
  NatState,
  NodeConfig,
  NodeStatus,
  PeerInfo,
  PrivateNetwork,
  ProxyAddress,
  ProxyState,
  PublicState,
  PunchReason,
  SottoNode,
  Tuning,
} from "./model/config.ts";
export { parseProxy } from "./proxy/proxy-address.ts";
export { addressScope } from "./util/address.ts";
