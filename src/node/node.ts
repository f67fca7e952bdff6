/** A messenger's node, put together. */
import { generateKeyPair } from "@libp2p/crypto/keys";
import { limits } from "../base/index.ts";
import { assemble, bootstrapAddress, listen } from "./assemble.ts";
import { BootstrapList } from "./bootstrap-list.ts";
import { defaultTuning, type NodeConfig, type SottoNode } from "./config.ts";
import { systemClock } from "./deadline.ts";
import { serveDialback } from "./dialback.ts";
import type { Lan } from "./lan.ts";
import { neighboursOf, rejoin } from "./neighbours.ts";
import { Reachability } from "./reach.ts";
import { DhtRendezvous } from "./rendezvous.ts";
import { members, peersOf, statusOf } from "./status.ts";
import { stopWithin } from "./stop.ts";
import { LinkTransport } from "./transport.ts";

/** See `createNode`. The host key is drawn here and kept nowhere. */
export async function startNode(config: NodeConfig): Promise<SottoNode> {
  const { clock = systemClock, log, validator } = config;
  const tuning = { ...defaultTuning, ...config.tuning };
  for (const address of config.bootstrap) bootstrapAddress(address);
  const assembly = {
    privateKey: await generateKeyPair("Ed25519"),
    listen: config.listen,
    announce: config.announce,
    privateWan: config.privateWan,
    wanServer: false,
    validator,
    clock,
    tuning,
  };
  const host = await assemble(assembly);
  const transport = new LinkTransport(host, clock, tuning);
  const rendezvous = new DhtRendezvous({ host, validator, clock, timeout: tuning.dht });
  const lanMembers = members(host.services.lan.routingTable);
  const wanMembers = members(host.services.wan.routingTable);
  await transport.serve();
  await serveDialback(host, clock);
  const reach = new Reachability({ host, clock, log, privateWan: config.privateWan });
  await listen(host, assembly);
  transport.onAddresses(() => reach.changed());
  const lan: Lan | undefined = config.mdns
    ? // Loaded only where it is used: mDNS brings a DNS codec along.
      await (await import("./lan.ts")).startLan(host, clock, tuning.dial, log)
    : undefined;
  const bootstrap = new BootstrapList(host, clock, tuning, log);
  for (const address of config.bootstrap) bootstrap.add(address);
  const leaving = new AbortController();
  let stopping: Promise<void> | undefined;
  return {
    transport,
    rendezvous,
    status: () =>
      statusOf(host, {
        bootstrap: bootstrap.states(),
        mdns: lan !== undefined,
        reach: reach.state(),
      }),
    peers: () =>
      peersOf(host, {
        lan: lanMembers,
        wan: wanMembers,
        isBootstrap: (peer) => bootstrap.has(peer),
      }),
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
        () => reach.stop(),
        () => bootstrap.stop(),
        () => lan?.stop(),
        () => rendezvous.stop(),
        () => transport.stop(),
        () => host.stop(),
      ]);
      return stopping;
    },
  };
}
