/** A messenger's node, put together. */
import { generateKeyPair } from "@libp2p/crypto/keys";
import type { Connection } from "@libp2p/interface";
import type { Multiaddr } from "@multiformats/multiaddr";
import { limits } from "../base/index.ts";
import { hostOf, portOf, reachOf, withoutPeer } from "./address.ts";
import { assemble, bootstrapAddress, type Host, listen, nodeBounds } from "./assemble.ts";
import { BootstrapList } from "./bootstrap-list.ts";
import { defaultTuning, type NodeConfig, type SottoNode } from "./config.ts";
import { systemClock } from "./deadline.ts";
import { serveDialback } from "./dialback.ts";
import type { Lan } from "./lan.ts";
import { freePort, Nat, noNat } from "./nat.ts";
import { neighboursOf, rejoin } from "./neighbours.ts";
import { defaultGateway, PortMap } from "./portmap.ts";
import { SocksProxy } from "./proxy.ts";
import { publicHosts } from "./public-list.ts";
import { Puncher } from "./punch.ts";
import { notAsked, Reachability } from "./reach.ts";
import { DhtRendezvous } from "./rendezvous.ts";
import { serveSignal } from "./signal.ts";
import { TurnedSignpost } from "./signpost.ts";
import { members, peersOf, statusOf } from "./status.ts";
import { stopWithin } from "./stop.ts";
import { LinkTransport } from "./transport.ts";

/** See `createNode`. The host key is drawn here and kept nowhere. */
export async function startNode(config: NodeConfig): Promise<SottoNode> {
  const { clock = systemClock, log, validator } = config;
  const proxy = config.proxy && new SocksProxy(config.proxy, clock, log);
  const far = proxy && { dial: limits.proxyDial };
  const tuning = { ...defaultTuning, ...far, ...config.tuning };
  for (const address of config.bootstrap) bootstrapAddress(address);
  const assembly = {
    privateKey: await generateKeyPair("Ed25519"),
    listen: config.listen,
    announce: config.announce,
    privateWan: config.privateWan,
    wanServer: false,
    bounds: nodeBounds,
    validator,
    clock,
    tuning,
    proxy,
  };
  const { host, counts } = await assemble(assembly);
  const { privateWan } = config;
  // A proxy has no port of ours, and whatever learns of our own address, or opens it to others, stays off behind one.
  const nat = proxy ? undefined : new Nat({ host, clock, privateWan, port: await freePort() });
  const dialHost = (to: Multiaddr, signal: AbortSignal): Promise<Connection> =>
    nat === undefined ? host.dial(to, { signal }) : nat.dial(to, signal);
  const bootstrap = new BootstrapList(host, dialHost, clock, tuning, log);
  const isBootstrap = (peer: string): boolean => bootstrap.has(peer);
  const lanMembers = members(host.services.lan.routingTable);
  const wanMembers = members(host.services.wan.routingTable);
  const isServer = (peer: string): boolean => wanMembers.has(peer);
  const puncher = nat && new Puncher({ host, clock, log, nat, privateWan, isBootstrap, isServer });
  const transport = new LinkTransport(host, clock, tuning, puncher);
  const rendezvous = new DhtRendezvous({ host, validator, clock, timeout: tuning.dht });
  const signpost = new TurnedSignpost(
    {
      clock,
      log,
      privateWan,
      bootstrap: config.publicHosts ?? publicHosts,
      addresses: () => transport.addresses(),
      ports: () => host.services.inside.transportManager.getAddrs().map(portOf),
    },
    config.publicDht === true && proxy === undefined,
  );
  await transport.serve();
  await serveDialback(host, clock, counts);
  const portMapping = config.portMapping === true && proxy === undefined;
  const portMap = new PortMap({
    clock,
    log,
    gateway: defaultGateway,
    port: () => portBehindRouter(host),
    changed: () => reach?.changed(),
  });
  const mapped = (): string | undefined => portMap.state().address;
  const reach = proxy ? undefined : new Reachability({ host, clock, log, privateWan, mapped });
  const passes = (): boolean => reach?.state().verdict === "reachable";
  await serveSignal({ host, clock, counts, passes, take: (call) => puncher?.take(call) });
  await listen(host, assembly);
  transport.onAddresses(() => {
    reach?.changed();
    nat?.changed();
    if (portMapping) portMap.ask();
  });
  if (portMapping) portMap.ask();
  void proxy?.check();
  const lan: Lan | undefined =
    config.mdns && proxy === undefined
      ? // Loaded only where it is used: mDNS brings a DNS codec along.
        await (await import("./lan.ts")).startLan(host, clock, tuning.dial, log)
      : undefined;
  for (const address of config.bootstrap) bootstrap.add(address);
  const leaving = new AbortController();
  let stopping: Promise<void> | undefined;
  return {
    transport,
    rendezvous,
    signpost,
    turnPublic: (on) => signpost.turn(on && proxy === undefined),
    status: () =>
      statusOf(host, {
        bootstrap: bootstrap.states(),
        mdns: lan !== undefined,
        publicDht: signpost.state(),
        reach: reach?.state() ?? notAsked,
        nat: nat
          ? {
              kind: nat.kind(),
              ...mappedOf(nat),
              punches: puncher?.state() ?? noNat.punches,
              portMap: portMapping ? portMap.state() : noNat.portMap,
            }
          : noNat,
        ...(proxy && { proxy: proxy.state() }),
      }),
    peers: () =>
      peersOf(host, {
        lan: lanMembers,
        wan: wanMembers,
        isBootstrap,
      }),
    checkReach: async () => reach?.check() ?? notAsked,
    checkProxy: async () => proxy?.check(),
    addBootstrap: (address) => bootstrap.add(address),
    removeBootstrap: (address) => bootstrap.remove(address),
    neighbours: () => neighboursOf(host, new Set([...lanMembers, ...wanMembers])),
    rejoin: (addresses) =>
      rejoin(
        host,
        clock,
        log,
        addresses,
        () => rendezvous.peers() >= limits.neighboursEnough,
        leaving.signal,
      ),
    stop() {
      leaving.abort();
      stopping ??= stopWithin([
        () => proxy?.stop(),
        () => puncher?.stop(),
        () => nat?.stop(),
        () => reach?.stop(),
        () => portMap.stop(),
        () => bootstrap.stop(),
        () => lan?.stop(),
        () => signpost.stop(),
        () => rendezvous.stop(),
        () => transport.stop(),
        () => host.stop(),
      ]);
      return stopping;
    },
  };
}

function mappedOf(nat: Nat): { readonly mapped?: string } {
  const mapped = nat.mapped();
  return mapped === undefined ? {} : { mapped: withoutPeer(mapped) };
}

/** The port that we listen on at a private IPv4 address, where we have no public one. */
function portBehindRouter(host: Host): number | undefined {
  const four = host.services.inside.transportManager
    .getAddrs()
    .filter((address) => !hostOf(address).includes(":"));
  if (four.some((address) => reachOf(address) === "public")) return undefined;
  const inside = four.find((address) => reachOf(address) === "private");
  return inside && portOf(inside);
}
