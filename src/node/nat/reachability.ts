/**
 * Determines whether other nodes can dial us, by asking a few of them. Until that is proven, the
 * WAN DHT is a client; then it becomes a server, and the address is advertised. Only nodes that we
 * dialed are asked: any stranger can connect to us and answer as it likes.
 */
import type { Connection, IdentifyResult } from "@libp2p/interface";
import { type Multiaddr, multiaddr } from "@multiformats/multiaddr";
import { limits } from "../../base/index.ts";
import type { Clock, Log } from "../../ports/index.ts";
import type { AddressReachability, ReachabilityState } from "../model/config.ts";
import type { Host } from "../model/host.ts";
import {
  hostOf,
  isLinkLocal,
  parseAddress,
  portOf,
  scopeOf,
  subnetOf,
  withoutPeer,
} from "../util/address.ts";
import { rankOwn } from "../util/address-rank.ts";
import { type InterfaceAddress, interfaceAddresses } from "../util/interfaces.ts";
import { DIALBACK_PROTOCOL } from "../util/protocols.ts";
import { askDialback, type DialbackResult } from "./dialback.ts";

/** The state before any check, and behind a proxy. */
export const reachabilityUnknown: ReachabilityState = {
  verdict: "unknown",
  addresses: [],
  asked: 0,
  seenAs: [],
};

export interface ReachabilityOptions {
  readonly host: Host;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether private addresses count like public ones. */
  readonly privateWan: boolean;
  /** The external address of our port mapping. */
  readonly mappedAddress: () => string | undefined;
  /** Asked first, since the user chose them. */
  readonly isBootstrap: (peer: string) => boolean;
}

/** Repeats the checks over time and when addresses change. */
export class Reachability {
  readonly #options: ReachabilityOptions;
  /** Peers that we dialed and that serve dial-back, by PeerId. */
  readonly #helpers = new Set<string>();
  /** IP addresses at which connected nodes that we dialed see us, by their subnet, newest last. */
  readonly #seen = new Map<string, { readonly ip: string; readonly peer: string }>();
  #state: Omit<ReachabilityState, "seenAs"> = { verdict: "unknown", addresses: [], asked: 0 };
  #cancel = (): void => undefined;
  #checking: Promise<void> | undefined;
  /**
   * The running check is out of date: a port was mapped, for example, or a new helper connected.
   */
  #again = false;
  /** All helpers of the last check were busy. */
  #busy = false;
  #stopped = false;

  constructor(options: ReachabilityOptions) {
    this.#options = options;
    const { host } = options;
    host.addEventListener("peer:identify", this.#identified);
    host.addEventListener("peer:disconnect", this.#disconnected);
  }

  state(): ReachabilityState {
    return { ...this.#state, seenAs: this.#seenAs() };
  }

  /** Checks now. */
  async check(): Promise<ReachabilityState> {
    this.#cancel();
    await this.#checkOnce();
    return this.state();
  }

  /** To be called when our addresses have changed, which makes the last result obsolete. */
  changed(): void {
    this.#soon(limits.reachabilityDelay);
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
    this.#options.host.removeEventListener("peer:identify", this.#identified);
    this.#options.host.removeEventListener("peer:disconnect", this.#disconnected);
  }

  readonly #identified = ({ detail }: CustomEvent<IdentifyResult>): void => {
    const { connection, observedAddr, peerId, protocols } = detail;
    if (connection.direction !== "outbound") return;
    if (observedAddr !== undefined) {
      const subnet = subnetOf(connection.remoteAddr);
      this.#seen.delete(subnet);
      this.#seen.set(subnet, { ip: hostOf(observedAddr), peer: peerId.toString() });
    }
    if (!protocols.includes(DIALBACK_PROTOCOL)) return;
    const known = this.#helpers.has(peerId.toString());
    this.#helpers.add(peerId.toString());
    // Check with the first helper, and again with those that can confirm or contradict a single
    // one.
    if (!known && this.#state.asked < limits.dialbackHelpers) this.#soon(limits.reachabilityDelay);
  };

  readonly #disconnected = ({ detail }: CustomEvent<{ toString(): string }>): void => {
    const gone = detail.toString();
    this.#helpers.delete(gone);
    for (const [subnet, { peer }] of this.#seen) if (peer === gone) this.#seen.delete(subnet);
  };

  #soon(ms: number): void {
    if (this.#stopped) return;
    if (this.#checking !== undefined) {
      this.#again = true;
      return;
    }
    this.#cancel();
    this.#cancel = this.#options.clock.after(ms, () => void this.#checkOnce());
  }

  async #checkOnce(): Promise<void> {
    if (this.#stopped) return;
    if (this.#checking !== undefined) return this.#checking;
    this.#again = false;
    this.#checking = this.#ask();
    try {
      await this.#checking;
    } finally {
      this.#checking = undefined;
      const later =
        this.#state.verdict === "reachable"
          ? limits.reachabilityRecheck
          : limits.reachabilityRecheck / 3;
      const next = this.#busy ? limits.reachabilityBusy : later;
      this.#soon(this.#again ? limits.reachabilityDelay : next);
    }
  }

  async #ask(): Promise<void> {
    this.#busy = false;
    const { clock, log } = this.#options;
    const addresses = this.#candidates();
    const helpers = this.#chooseHelpers();
    if (addresses.length === 0 || helpers.length === 0) {
      // Without any candidate address we are unreachable; no peer needs to be asked.
      const verdict = addresses.length === 0 ? "unreachable" : "unknown";
      if (helpers.length > 0) await this.#conclude({ verdict, addresses: [], asked: 0 });
      return;
    }
    const answers = await Promise.all(
      helpers.map((connection) => askDialback(connection, addresses, clock)),
    );
    if (this.#stopped) return;
    // A busy helper tried nothing, which says nothing about us.
    const results = answers.flatMap((answer) => (answer && !isBusy(answer) ? answer : []));
    this.#busy = results.length === 0 && answers.some((answer) => answer && isBusy(answer));
    const found = addresses.map((address) => judge(address, results));
    const reachable = found.some(isReachable);
    log("reach.checked", { reachable, asked: results.length });
    if (results.length === 0) return;
    await this.#conclude({
      verdict: reachable ? "reachable" : "unreachable",
      addresses: found,
      asked: results.length,
      checkedAt: clock.now(),
    });
  }

  async #conclude(state: Omit<ReachabilityState, "seenAs">): Promise<void> {
    const { host } = this.#options;
    const { addressManager, transportManager } = host.services.internals;
    this.#state = state;
    const own = new Set(transportManager.getAddrs().map(withoutPeer));
    for (const one of state.addresses) {
      // Addresses of our own interfaces are advertised anyway.
      if (own.has(one.address)) continue;
      const address = multiaddr(one.address);
      if (isReachable(one)) {
        addressManager.addObservedAddr(address);
        addressManager.confirmObservedAddr(address, { type: "observed" });
      } else addressManager.removeObservedAddr(address);
    }
    await host.services.wan.setMode(state.verdict === "reachable" ? "server" : "client");
  }

  /** See `dialbackCandidates`. */
  #candidates(): string[] {
    const { host, privateWan, mappedAddress } = this.#options;
    return dialbackCandidates({
      listening: host.services.internals.transportManager.getAddrs(),
      mapped: mappedAddress(),
      seenAs: this.#seenAs(),
      privateWan,
      local: interfaceAddresses(),
    });
  }

  /** Our IP addresses as others report them, that of most subnets first. */
  #seenAs(): string[] {
    const counts = new Map<string, number>();
    for (const { ip } of [...this.#seen.values()].reverse())
      counts.set(ip, (counts.get(ip) ?? 0) + 1);
    return [...counts].sort(([, a], [, b]) => b - a).map(([ip]) => ip);
  }

  /** Connections to some helpers, each of another subnet, bootstrap nodes first. */
  #chooseHelpers(): Connection[] {
    const { host, privateWan, isBootstrap } = this.#options;
    const rank = ({ remotePeer }: Connection): number =>
      isBootstrap(remotePeer.toString()) ? 0 : 1;
    const dialed = host
      .getConnections()
      .filter(({ direction, status }) => direction === "outbound" && status === "open")
      .filter(({ remotePeer }) => this.#helpers.has(remotePeer.toString()))
      .sort((a, b) => rank(a) - rank(b));
    const bySubnet = new Map<string, Connection>();
    for (const connection of dialed) {
      const { remoteAddr, remotePeer } = connection;
      const subnet = privateWan ? remotePeer.toString() : subnetOf(remoteAddr);
      if (!bySubnet.has(subnet)) bySubnet.set(subnet, connection);
    }
    return [...bySubnet.values()].slice(0, limits.dialbackHelpers);
  }
}

/** What is known of our addresses. */
export interface KnownAddresses {
  /** The addresses that we listen on. */
  readonly listening: readonly Multiaddr[];
  /** The external address of our port mapping, as multiaddr text. */
  readonly mapped: string | undefined;
  /** IP addresses at which others see us, the likeliest first. */
  readonly seenAs: readonly string[];
  /** Whether private addresses count like public ones. */
  readonly privateWan: boolean;
  readonly local: readonly InterfaceAddress[];
}

/**
 * Our addresses that peers on the internet could dial, as multiaddr texts, at most
 * `limits.dialbackAddresses`: that of the port mapping, those of our interfaces, and the IP
 * addresses at which others see us with the ports that we listen on.
 */
export function dialbackCandidates({
  listening,
  mapped,
  seenAs,
  privateWan,
  local,
}: KnownAddresses): string[] {
  const ports = new Set(listening.map(portOf));
  const seen = seenAs.flatMap((ip) =>
    [...ports].map((port) => `/${ip.includes(":") ? "ip6" : "ip4"}/${ip}/tcp/${port}`),
  );
  const texts = [...(mapped === undefined ? [] : [mapped]), ...listening.map(withoutPeer), ...seen];
  const usable = [...new Set(texts)]
    .flatMap((text) => parseAddress(text) ?? [])
    .filter(
      (address) =>
        !isLinkLocal(address) &&
        // Nodes do not dial back ports of services.
        portOf(address) >= limits.punchPortMin &&
        (privateWan || scopeOf(address) === "public"),
    );
  return rankOwn(usable, local).slice(0, limits.dialbackAddresses).map(withoutPeer);
}

function isBusy(answer: ReadonlyMap<string, DialbackResult>): boolean {
  return [...answer.values()].every((result) => result === "busy");
}

function judge(
  address: string,
  answers: readonly ReadonlyMap<string, DialbackResult>[],
): AddressReachability {
  const verdicts = answers.flatMap((answer) => answer.get(address) ?? []);
  const tried = verdicts.filter((verdict) => verdict !== "busy" && verdict !== "foreign");
  const failures = tried.filter((verdict) => verdict !== "reached");
  return {
    address,
    reached: tried.length - failures.length,
    failed: failures.length,
    failures: [...new Set(failures)],
  };
}

/**
 * Whether at least as many reach it as do not: a single lying peer is outvoted if there are others.
 */
function isReachable({ reached, failed }: AddressReachability): boolean {
  return reached > 0 && reached >= failed;
}
