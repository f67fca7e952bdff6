/** The node of a user: its current host, host rotation, port mapping, proxy and the public DHT. */
import { limits } from "../base/index.ts";
import type { Channel, OpenOffer } from "../ports/index.ts";
import { currentRendezvous, currentTransport, HostRotation } from "./host-rotation.ts";
import { type HostServices, startHostServices } from "./host-services.ts";
import { bootstrapAddress } from "./links/bootstrap-list.ts";
import { defaultTuning, type NodeConfig, type SottoNode } from "./model/config.ts";
import { reachabilityUnknown } from "./nat/reachability.ts";
import { defaultGateway } from "./port-mapping/default-gateway.ts";
import { PortMapper } from "./port-mapping/port-mapping.ts";
import { SocksProxy } from "./proxy/socks-transport.ts";
import { defaultPublicBootstraps, PublicDhtSwitch } from "./public-dht/public-dht-switch.ts";
import { parseAddress, peerOf, portOf, scopeOf } from "./util/address.ts";
import { runStopSteps, systemClock } from "./util/deadline.ts";

/** Implements `createNode`. Host keys are generated here and never stored. */
export async function startNode(config: NodeConfig): Promise<SottoNode> {
  const { clock = systemClock, log } = config;
  const proxy = config.proxy && new SocksProxy(config.proxy, clock, log);
  const proxyTuning = proxy && { dial: limits.proxyDial, upgrade: limits.proxyUpgrade };
  const tuning = { ...defaultTuning, ...proxyTuning, ...config.tuning };
  // Behind a proxy, everything that learns our own address or opens it to others is off.
  const portMapping = config.portMapping === true && proxy === undefined;
  for (const address of config.bootstrap) bootstrapAddress(address);
  const bootstrapAddresses = new Set(config.bootstrap);
  /** Handlers set by the messenger, for the current and all later hosts. */
  let acceptChannel: ((channel: Channel) => void) | undefined;
  let openOffer: OpenOffer | undefined;
  const addressWatchers: (() => void)[] = [];
  const peerWatchers: (() => void)[] = [];
  const ownPeers = new Set<string>();
  let live: HostServices | undefined;

  const portMap = new PortMapper({
    clock,
    log,
    gateway: defaultGateway,
    port: () => live?.portBehindRouter(),
    changed: () => live?.reachability?.changed(),
  });
  const mappedAddress = (): string | undefined => portMap.state().address;
  const publicRendezvous = new PublicDhtSwitch(
    {
      clock,
      log,
      privateWan: config.privateWan,
      bootstrap: config.publicBootstrap ?? defaultPublicBootstraps,
      addresses: () => live?.transport.addresses() ?? [],
      ports: () => live?.listeners.ports() ?? [],
    },
    config.publicDht === true && proxy === undefined,
  );
  const open = async (): Promise<HostServices> => {
    const services = await startHostServices({
      config,
      clock,
      log,
      tuning,
      own: ownPeers,
      mappedAddress,
      proxy,
    });
    if (acceptChannel !== undefined) services.transport.onChannel(acceptChannel);
    if (openOffer !== undefined) services.transport.onOffer(openOffer);
    services.rendezvous.onPeer(() => {
      if (live === services) for (const notify of peerWatchers) notify();
    });
    return services;
  };
  const onAddressesChanged = (): void => {
    if (portMapping) portMap.renew();
    for (const notify of addressWatchers) notify();
  };
  /** Watches the addresses of a host and connects it to bootstrap nodes, once it listens. */
  const join = (services: HostServices): void => {
    const changed = (): void => {
      services.addressesChanged();
      if (live === services) onAddressesChanged();
    };
    services.transport.onAddresses(changed);
    services.onReturn(changed);
    for (const address of bootstrapAddresses) services.bootstrap.add(address);
  };
  const first = await open();
  live = first;
  await first.listen();
  const rotation = new HostRotation(first, {
    clock,
    log,
    tuning: tuning.rotation,
    fixedPorts: config.listen.some((text) => hasPort(text)),
    open,
    join(next, previous) {
      join(next);
      void previous.knownPeers().then((known) => next.rejoin(known));
    },
    onChanged(next) {
      live = next;
      onAddressesChanged();
    },
  });
  if (portMapping) portMap.renew();
  void proxy?.check();
  join(first);
  const current = (): HostServices => rotation.current;
  let stopping: Promise<void> | undefined;
  return {
    transport: currentTransport(current, {
      proxied: proxy !== undefined,
      onChannel(accept) {
        acceptChannel = accept;
        for (const { transport } of rotation.hosts()) transport.onChannel(accept);
      },
      onOffer(opener) {
        openOffer = opener;
        for (const { transport } of rotation.hosts()) transport.onOffer(opener);
      },
      onAddresses: (changed) => void addressWatchers.push(changed),
    }),
    rendezvous: currentRendezvous(current, (notify) => void peerWatchers.push(notify)),
    publicRendezvous,
    setPublicDht: (on) => publicRendezvous.set(on && proxy === undefined),
    status: () => ({
      ...current().status(portMapping ? portMap.state() : { state: "off" }),
      privateNetwork: config.network !== undefined,
      publicDht: publicRendezvous.state(),
      ...(proxy && { proxy: proxy.state() }),
      hostKey: {
        age: Math.max(0, clock.now() - current().createdAt),
        moving: rotation.hosts().length > 1,
      },
    }),
    peers: () => rotation.hosts().flatMap((services) => services.peers()),
    checkReachability: async () => current().reachability?.check() ?? reachabilityUnknown,
    checkProxy: async () => proxy?.check(),
    rotate: () => rotation.rotate(),
    mayDial: (address) => current().mayDial(address),
    mayShare(text) {
      const address = parseAddress(text);
      if (address === undefined || peerOf(address) === undefined) return false;
      const scope = scopeOf(address);
      if (scope === "public" || config.privateWan) return true;
      return scope === "loopback" && proxy === undefined && current().mayDial(text);
    },
    addBootstrap(address) {
      current().bootstrap.add(address);
      bootstrapAddresses.add(address);
    },
    removeBootstrap(address) {
      bootstrapAddresses.delete(address);
      return current().bootstrap.remove(address);
    },
    knownPeers: () => current().knownPeers(),
    rejoin: (addresses) => current().rejoin(addresses),
    stop() {
      stopping ??= runStopSteps([
        () => proxy?.stop(),
        () => portMap.stop(),
        () => publicRendezvous.stop(),
        () => rotation.stop(),
      ]);
      return stopping;
    },
  };
}

/** Whether an address names a fixed port to listen on. */
function hasPort(text: string): boolean {
  const address = parseAddress(text);
  return address !== undefined && portOf(address) !== 0;
}
