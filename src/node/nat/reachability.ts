/**
 * Whether others can reach us, found out by asking a few of them. Until that is proven the wide DHT
 * only asks; once it is, it answers too, and the address is told to others.
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
  scopeOf,
  subnetOf,
  withoutPeer,
} from "../util/address.ts";
import { DIALBACK_PROTOCOL } from "../util/protocols.ts";
import { askDialback, type DialbackResult } from "./dialback.ts";

/** Nobody was asked. */
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
  /** Addresses that count: of the internet, or in a private mesh any. */
  readonly privateWan: boolean;
  /** An address that a router opened for us. */
  readonly mappedAddress: () => string | undefined;
}

export class Reachability {
  readonly #options: ReachabilityOptions;
  /** Hosts that dial back, by PeerId. */
  readonly #helpers = new Set<string>();
  /** IP addresses under which others see us, newest last. */
  readonly #seen = new Map<string, string>();
  #state: Omit<ReachabilityState, "seenAs"> = { verdict: "unknown", addresses: [], asked: 0 };
  #cancel = (): void => undefined;
  #asking: Promise<void> | undefined;
  /** What is being asked is out of date already: a port was opened, say, or a helper came. */
  #again = false;
  #stopped = false;

  constructor(options: ReachabilityOptions) {
    this.#options = options;
    const { host } = options;
    host.addEventListener("peer:identify", this.#identified);
    host.addEventListener("peer:disconnect", this.#gone);
  }

  state(): ReachabilityState {
    return { ...this.#state, seenAs: [...new Set(this.#seen.values())] };
  }

  /** Asks now, whatever was told before. */
  async check(): Promise<ReachabilityState> {
    this.#cancel();
    await this.#check();
    return this.state();
  }

  /** Our addresses changed: what was proven is not any more. */
  changed(): void {
    this.#soon(limits.reachabilityDelay);
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
    this.#options.host.removeEventListener("peer:identify", this.#identified);
    this.#options.host.removeEventListener("peer:disconnect", this.#gone);
  }

  readonly #identified = ({ detail }: CustomEvent<IdentifyResult>): void => {
    const { connection, observedAddr, peerId, protocols } = detail;
    if (observedAddr !== undefined && connection.direction === "outbound")
      this.#seen.set(subnetOf(connection.remoteAddr), hostOf(observedAddr));
    if (!protocols.includes(DIALBACK_PROTOCOL)) return;
    const known = this.#helpers.has(peerId.toString());
    this.#helpers.add(peerId.toString());
    // The first who can be asked, and those who can confirm or contradict a single voice.
    if (!known && this.#state.asked < limits.dialbackHelpers) this.#soon(limits.reachabilityDelay);
  };

  readonly #gone = ({ detail }: CustomEvent<{ toString(): string }>): void => {
    this.#helpers.delete(detail.toString());
  };

  #soon(ms: number): void {
    if (this.#stopped) return;
    if (this.#asking !== undefined) {
      this.#again = true;
      return;
    }
    this.#cancel();
    this.#cancel = this.#options.clock.after(ms, () => void this.#check());
  }

  async #check(): Promise<void> {
    if (this.#stopped) return;
    if (this.#asking !== undefined) return this.#asking;
    this.#again = false;
    this.#asking = this.#ask();
    try {
      await this.#asking;
    } finally {
      this.#asking = undefined;
      const later =
        this.#state.verdict === "reachable"
          ? limits.reachabilityRecheck
          : limits.reachabilityRecheck / 3;
      this.#soon(this.#again ? limits.reachabilityDelay : later);
    }
  }

  async #ask(): Promise<void> {
    const { clock, log } = this.#options;
    const addresses = this.#candidates();
    const helpers = this.#chosen();
    if (addresses.length === 0 || helpers.length === 0) {
      // No address that could be reached: that needs nobody's word.
      const verdict = addresses.length === 0 ? "unreachable" : "unknown";
      if (helpers.length > 0) await this.#conclude({ verdict, addresses: [], asked: 0 });
      return;
    }
    const answers = await Promise.all(
      helpers.map((connection) => askDialback(connection, addresses, clock)),
    );
    if (this.#stopped) return;
    const heard = answers.flatMap((answer) => answer ?? []);
    const found = addresses.map((address) => judge(address, heard));
    const reachable = found.some(isReachable);
    log("reach.checked", { reachable, asked: heard.length });
    if (heard.length === 0) return;
    await this.#conclude({
      verdict: reachable ? "reachable" : "unreachable",
      addresses: found,
      asked: heard.length,
      checkedAt: clock.now(),
    });
  }

  async #conclude(state: Omit<ReachabilityState, "seenAs">): Promise<void> {
    const { host } = this.#options;
    const { addressManager, transportManager } = host.services.internals;
    this.#state = state;
    const own = new Set(transportManager.getAddrs().map(withoutPeer));
    for (const one of state.addresses) {
      // Those of our own interfaces are told anyway.
      if (own.has(one.address)) continue;
      const address = multiaddr(one.address);
      if (isReachable(one)) {
        addressManager.addObservedAddr(address);
        addressManager.confirmObservedAddr(address, { type: "observed" });
      } else addressManager.removeObservedAddr(address);
    }
    await host.services.wan.setMode(state.verdict === "reachable" ? "server" : "client");
  }

  /**
   * Our addresses that somebody far away could mean by ours: of our interfaces, and where others
   * see us at the ports that we listen on.
   */
  #candidates(): string[] {
    const { host, privateWan } = this.#options;
    const own = host.services.internals.transportManager.getAddrs().map(withoutPeer);
    const counts = (address: Multiaddr | undefined): boolean =>
      address !== undefined &&
      !isLinkLocal(address) &&
      (privateWan || scopeOf(address) === "public");
    const mapped = this.#options.mappedAddress();
    const given = [...(mapped === undefined ? [] : [mapped]), ...own];
    const found = new Set(given.filter((text) => counts(parseAddress(text))));
    const ports = new Set(own.flatMap((text) => /\/tcp\/(\d+)/.exec(text)?.[1] ?? []));
    for (const ip of this.#seen.values())
      for (const port of ports) {
        const text = `/${ip.includes(":") ? "ip6" : "ip4"}/${ip}/tcp/${port}`;
        if (counts(parseAddress(text))) found.add(text);
      }
    return [...found].slice(0, limits.dialbackAddresses);
  }

  /** A few who can be asked, each from another place. */
  #chosen(): Connection[] {
    const places = new Map<string, Connection>();
    for (const connection of this.#options.host.getConnections()) {
      const place = this.#options.privateWan
        ? connection.remotePeer.toString()
        : subnetOf(connection.remoteAddr);
      if (this.#helpers.has(connection.remotePeer.toString()) && !places.has(place))
        places.set(place, connection);
    }
    return [...places.values()].slice(0, limits.dialbackHelpers);
  }
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

/** More reach it than do not: a single host that lies is outvoted where there are others. */
function isReachable({ reached, failed }: AddressReachability): boolean {
  return reached > 0 && reached >= failed;
}
