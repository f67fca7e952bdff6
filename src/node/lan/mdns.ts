/**
 * Discovery of other nodes on the LAN by mDNS (RFC 6762), over IPv4 and IPv6. On each interface a
 * node queries for the service and answers with a random name, its current PeerId and its
 * addresses there. No host name is sent.
 */
import type { Multiaddr } from "@multiformats/multiaddr";
import { limits, remainingDelay, toHex } from "../../base/index.ts";
import type { Clock, Log } from "../../ports/index.ts";
import type { Host } from "../model/host.ts";
import { hostOf, scopeOf, withoutPeer } from "../util/address.ts";
import { rankTheirs } from "../util/address-rank.ts";
import { deadline } from "../util/deadline.ts";
import { type InterfaceAddress, interfaceAddresses } from "../util/interfaces.ts";
import { encodeAnswer, encodeQuery, readPacket } from "./mdns-packets.ts";
import { type Family, MulticastSocket } from "./multicast-socket.ts";

const SERVICE = "_sotto";

/** Running discovery. */
export interface LanDiscovery {
  /** Names of the interfaces on which mDNS does not run because of a limit of the system. */
  refused(): readonly string[];
  stop(): void;
}

/** What the parts of discovery share. */
interface Parts {
  readonly host: Host;
  readonly clock: Clock;
  readonly log: Log;
  /** ms for one dial. */
  readonly timeout: number;
}

/**
 * Announces the host and connects to the nodes that it finds, so that the LAN DHT learns them.
 * @param network mDNS name of the service, with an underscore; networks with different names do not
 * find each other.
 */
export function startLanDiscovery(parts: Parts, network = SERVICE): LanDiscovery {
  const service = `${network}._udp.local`;
  const name = toHex(crypto.getRandomValues(new Uint8Array(16)));
  const connect = createDialer(parts);
  const sockets = (["IPv4", "IPv6"] as const).map((family) =>
    discoverOver(family, parts, service, name, connect),
  );
  for (const socket of sockets) socket.start();
  return {
    refused: () => [...new Set(sockets.flatMap((socket) => socket.refused()))],
    stop() {
      for (const socket of sockets) socket.stop();
    },
  };
}

type Connect = (peer: string, addresses: readonly Multiaddr[], from: string) => void;

/** Connects to nodes that answered, unless they are connected or being dialed. */
function createDialer({ host, clock, log, timeout }: Parts): Connect {
  const dialing = new Set<string>();
  return (peer, addresses, from) => {
    // Any machine on the LAN can name any address: dial local ones only, and few at a time.
    const local = addresses.filter(
      (address) => scopeOf(address) !== "public" && host.services.internals.mayDial(address),
    );
    const isKnown =
      peer === host.peerId.toString() ||
      host.getConnections().some(({ remotePeer }) => remotePeer.toString() === peer);
    const isBusy = dialing.has(peer) || dialing.size >= limits.lanDials;
    if (isKnown || isBusy || local.length === 0) return;
    dialing.add(peer);
    const limit = deadline(clock, timeout);
    const best = rankTheirs(local, interfaceAddresses(), from).slice(0, limits.lanDials);
    void host
      .dial(best, { signal: limit.signal })
      .then(
        () => log("lan.connected"),
        () => log("lan.failed"),
      )
      .finally(() => {
        limit.clear();
        dialing.delete(peer);
      });
  };
}

/** The schedule of one interface. */
interface Schedule {
  answeredAt: number;
  /** Cancels the pending answer and the next query. */
  cancelAnswer: (() => void) | undefined;
  cancelQuery: () => void;
}

/** Queries and answers over one address family. */
function discoverOver(
  family: Family,
  { host, clock, log }: Parts,
  service: string,
  name: string,
  connect: Connect,
): MulticastSocket {
  const schedules = new Map<InterfaceAddress, Schedule>();
  const peer = host.peerId.toString();

  /**
   * Sends a query now, another after `wait`, and then doubles the interval up to `limits.lanQuery`
   * (RFC 6762 §5.2). A new address is tested on its link for a second or two (duplicate address
   * detection), and packets sent from it until then are lost.
   */
  const query = (link: InterfaceAddress, schedule: Schedule, wait: number): void => {
    const next = Math.min(limits.lanQuery, wait);
    schedule.cancelQuery = clock.after(next, () => query(link, schedule, 2 * next));
    socket.send(link, encodeQuery(service));
  };
  const answer = (link: InterfaceAddress): void => {
    const addresses = addressesOn(host, link);
    if (addresses.length > 0)
      socket.send(
        link,
        encodeAnswer(
          service,
          name,
          addresses.map((address) => `${address}/p2p/${peer}`),
        ),
      );
  };
  /**
   * Answers at once, or when a second has passed since the last answer, which then serves all
   * queries of that second.
   */
  const answerSoon = (link: InterfaceAddress): void => {
    const schedule = schedules.get(link);
    if (schedule === undefined || schedule.cancelAnswer !== undefined) return;
    const wait = remainingDelay(schedule.answeredAt, limits.mdnsResponseInterval, clock.now());
    schedule.cancelAnswer = clock.after(wait, () => {
      schedule.cancelAnswer = undefined;
      schedule.answeredAt = clock.now();
      answer(link);
    });
  };

  const socket = new MulticastSocket({
    family,
    local: interfaceAddresses,
    clock,
    onJoined(link) {
      const schedule: Schedule = {
        answeredAt: Number.NEGATIVE_INFINITY,
        cancelAnswer: undefined,
        cancelQuery: () => undefined,
      };
      schedules.set(link, schedule);
      query(link, schedule, limits.mdnsFirstQuery);
    },
    onLeft(link) {
      const schedule = schedules.get(link);
      schedules.delete(link);
      schedule?.cancelAnswer?.();
      schedule?.cancelQuery();
    },
    onFull: () => log("lan.membership-refused"),
    onPacket(link, from, bytes) {
      const heard = readPacket(service, name, bytes);
      if (heard?.kind === "query") answerSoon(link);
      if (heard?.kind === "answer") connect(heard.peer, heard.addresses, from);
    },
  });
  return socket;
}

/**
 * The private addresses at which machines on a link reach us, as multiaddr texts: that of the
 * interface, if we listen on it. Otherwise those that we advertise, such as loopback, by which
 * another node of this machine reaches us.
 */
function addressesOn(host: Host, { ip }: InterfaceAddress): string[] {
  const isPrivate = (address: Multiaddr): boolean => scopeOf(address) !== "public";
  const listening = host.services.internals.transportManager.getAddrs();
  const onLink = listening.filter((address) => hostOf(address) === ip && isPrivate(address));
  const told = onLink.length > 0 ? onLink : host.getMultiaddrs().filter(isPrivate);
  return told.slice(0, limits.lanDials).map(withoutPeer);
}
