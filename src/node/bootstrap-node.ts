/**
 * A bootstrap node: a server of both DHTs through which other nodes join. It carries no links and
 * no messages.
 */
import { generateKeyPair, generateKeyPairFromSeed } from "@libp2p/crypto/keys";
import type { Multiaddr } from "@multiformats/multiaddr";
import { limits } from "../base/index.ts";
import { createHost, listen } from "./host/libp2p-host.ts";
import { statusOf } from "./host/status.ts";
import { BootstrapList, bootstrapAddress } from "./links/bootstrap-list.ts";
import { type BootstrapConfig, type BootstrapNode, defaultTuning } from "./model/config.ts";
import type { ConnectionLimits } from "./model/host.ts";
import { serveDialback } from "./nat/dialback.ts";
import { unknownNat } from "./nat/nat-detection.ts";
import { reachabilityUnknown } from "./nat/reachability.ts";
import { serveSignalling } from "./nat/signalling.ts";
import { peerOf } from "./util/address.ts";
import { runStopSteps, systemClock } from "./util/deadline.ts";

const bootstrapConnectionLimits: ConnectionLimits = {
  connections: limits.bootstrapConnections,
  links: 0,
  spare: limits.bootstrapConnectionsSpare,
  connectionsPerSubnet: limits.bootstrapConnectionsPerSubnet,
};

/** See `createBootstrapNode`. */
export async function startBootstrapNode(config: BootstrapConfig): Promise<BootstrapNode> {
  const { clock = systemClock, privateKey: seed } = config;
  const options = {
    privateKey:
      seed === undefined
        ? await generateKeyPair("Ed25519")
        : await generateKeyPairFromSeed("Ed25519", seed),
    listen: config.listen,
    announce: config.announce,
    privateWan: config.privateWan,
    wanServer: true,
    connectionLimits: bootstrapConnectionLimits,
    validator: config.validator,
    network: config.network,
    clock,
    log: config.log,
    tuning: { ...defaultTuning, ...config.tuning },
  };
  const { host, counts, meter, datastore } = await createHost(options);
  const others = (config.bootstrap ?? []).filter(
    (text) => peerOf(bootstrapAddress(text)) !== host.peerId.toString(),
  );
  const dial = (to: Multiaddr, signal: AbortSignal) => host.dial(to, { signal });
  const bootstrapList = new BootstrapList(host, dial, clock, options.tuning, config.log);
  await serveDialback(host, clock, counts, limits.bootstrapDialbacks);
  await serveSignalling({ host, clock, counts, mayForward: () => true, onOffer: () => undefined });
  await listen(host, options);
  config.log("bootstrap.listening");
  for (const address of others) bootstrapList.add(address);
  const status = () =>
    statusOf(host, {
      bootstrap: bootstrapList.states(),
      mdns: false,
      mdnsRefused: [],
      reach: reachabilityUnknown,
      nat: unknownNat,
    });
  let stopping: Promise<void> | undefined;
  return {
    addresses: () => {
      const { addresses, host: peer } = status();
      return addresses.map((address) => `${address}/p2p/${peer}`);
    },
    status,
    metrics: () => ({
      ...counts,
      ...meter.total(),
      listening: host.status === "started",
      connections: host.getConnections().length,
      hosts: host.getPeers().length,
      lanDht: host.services.lan.routingTable.size,
      wanDht: host.services.wan.routingTable.size,
      records: datastore.records(),
    }),
    stop() {
      stopping ??= runStopSteps([() => bootstrapList.stop(), () => host.stop()]);
      return stopping;
    },
  };
}
