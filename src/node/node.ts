/** A messenger's node, put together. */
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

/** See `createNode`. Host keys are drawn here and kept nowhere. */
export async function startNode(config: NodeConfig): Promise<SottoNode> {
  const { clock = systemClock, log } = config;
  const proxy = config.proxy && new SocksProxy(config.proxy, clock, log);
  const far = proxy && { dial: limits.proxyDial };
  const tuning = { ...defaultTuning, ...far, ...config.tuning };
  // Whatever learns of our own address, or opens it to others, stays off behind a proxy.
  const portMapping = config.portMapping === true && proxy === undefined;
  for (const address of config.bootstrap) bootstrapAddress(address);
  const asked = new Set(config.bootstrap);
  /** What the messenger set, for each host that is and will be. */
  let take: ((channel: Channel) => void) | undefined;
  let openCall: OpenOffer | undefined;
  const readdressed: (() => void)[] = [];
  const appeared: (() => void)[] = [];
  const own = new Set<string>();
  let live: HostServices | undefined;

  const portMap = new PortMapper({
    clock,
    log,
    gateway: defaultGateway,
    port: () => live?.portBehindRouter(),
    changed: () => live?.reach?.changed(),
  });
  const mapped = (): string | undefined => portMap.state().address;
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
    const hosted = await startHostServices({
      config,
      clock,
      log,
      tuning,
      own,
      mappedAddress: mapped,
      proxy,
    });
    if (take !== undefined) hosted.transport.onChannel(take);
    if (openCall !== undefined) hosted.transport.onOffer(openCall);
    hosted.rendezvous.onPeer(() => {
      if (live === hosted) for (const tell of appeared) tell();
    });
    return hosted;
  };
  const readdress = (): void => {
    if (portMapping) portMap.ask();
    for (const tell of readdressed) tell();
  };
  /** Once it listens: watches its addresses, and looks for bootstrap hosts. */
  const settle = (hosted: HostServices): void => {
    hosted.transport.onAddresses(() => {
      hosted.addressesChanged();
      if (live === hosted) readdress();
    });
    for (const address of asked) hosted.bootstrap.add(address);
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
    join(next, before) {
      settle(next);
      void before.knownPeers().then((known) => next.rejoin(known));
    },
    onChanged(next) {
      live = next;
      readdress();
    },
  });
  if (portMapping) portMap.ask();
  void proxy?.check();
  settle(first);
  const current = (): HostServices => rotation.current;
  let stopping: Promise<void> | undefined;
  return {
    transport: currentTransport(current, {
      proxied: proxy !== undefined,
      onChannel(taker) {
        take = taker;
        for (const { transport } of rotation.hosts()) transport.onChannel(taker);
      },
      onOffer(opener) {
        openCall = opener;
        for (const { transport } of rotation.hosts()) transport.onOffer(opener);
      },
      onAddresses: (changed) => void readdressed.push(changed),
    }),
    rendezvous: currentRendezvous(current, (tell) => void appeared.push(tell)),
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
    peers: () => rotation.hosts().flatMap((hosted) => hosted.peers()),
    checkReachability: async () => current().reach?.check() ?? reachabilityUnknown,
    checkProxy: async () => proxy?.check(),
    rotate: () => rotation.rotate(),
    mayDial: (address) => current().mayDial(address),
    mayShare(text) {
      const address = parseAddress(text);
      if (address === undefined || peerOf(address) === undefined) return false;
      const reach = scopeOf(address);
      if (reach === "public" || config.privateWan) return true;
      return reach === "loopback" && proxy === undefined && current().mayDial(text);
    },
    addBootstrap(address) {
      current().bootstrap.add(address);
      asked.add(address);
    },
    removeBootstrap(address) {
      asked.delete(address);
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

/** Whether an address names the port to listen on. */
function hasPort(text: string): boolean {
  const address = parseAddress(text);
  return address !== undefined && portOf(address) !== 0;
}
