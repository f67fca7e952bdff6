/**
 * Agreeing with a host behind a router, through a host that both are connected to, to dial each
 * other at the same moment.
 */
import type { Connection } from "@libp2p/interface";
import { type HostId, limits } from "../../base/index.ts";
import type { Clock, DialTarget, Log, OpenOffer } from "../../ports/index.ts";
import {
  decodeSignalPayload,
  type Endpoint,
  encodeSignalPayload,
  type SignalPayload,
} from "../../wire/index.ts";
import type { PunchState } from "../model/config.ts";
import type { Host } from "../model/host.ts";
import { subnetOf } from "../util/address.ts";
import { deadline, delay } from "../util/deadline.ts";
import { createRateLimit } from "../util/rate-limit.ts";
import type { NatDetector } from "./nat-detection.ts";
import { punchCandidates } from "./punch-candidates.ts";
import { HolePunchError } from "./punch-error.ts";
import {
  askToForward,
  type ForwardedOffer,
  type SignallingPeers,
  signallingHosts,
} from "./signalling.ts";
import { simultaneousOpen } from "./simultaneous-open.ts";

export interface HolePuncherOptions extends SignallingPeers {
  readonly host: Host;
  readonly clock: Clock;
  readonly log: Log;
  readonly nat: NatDetector;
  readonly privateWan: boolean;
}

type Seal = NonNullable<DialTarget["seal"]>;

/** What both sides agreed on. */
interface Agreement {
  readonly endpoints: readonly Endpoint[];
  readonly inbound: boolean;
  /** Until the other side dials too, ms. */
  readonly wait: number;
}

export class HolePuncher {
  readonly #options: HolePuncherOptions;
  readonly #mayDeliver: (place: string) => boolean;
  readonly #mayCall: (peer: string) => boolean;
  /** Calls of ours that are out, by PeerId. */
  readonly #calling = new Set<string>();
  /** Holes under way, by PeerId: one for both who call each other. */
  readonly #holes = new Map<string, Promise<Connection>>();
  /** Told of a hole with a host whose call we wait for. */
  readonly #awaited = new Map<string, () => void>();
  readonly #through = new WeakSet<Connection>();
  /** Calls that were opened once. */
  readonly #taken = new Set<string>();
  readonly #leaving = new AbortController();
  #open: OpenOffer = () => undefined;
  #made = 0;
  #failed = 0;
  #last: PunchState["lastFailure"];

  constructor(options: HolePuncherOptions) {
    const { clock } = options;
    this.#options = options;
    this.#mayDeliver = createRateLimit(clock, limits.offersPerSubnet, limits.offers);
    this.#mayCall = createRateLimit(clock, limits.offersPerContact, limits.offers);
  }

  /** What opens the calls of those who know us. */
  onOffer(open: OpenOffer): void {
    this.#open = open;
  }

  /** Whether a connection came about through a hole. */
  isHole(connection: Connection): boolean {
    return this.#through.has(connection);
  }

  state(): PunchState {
    const last = this.#last;
    return { made: this.#made, failed: this.#failed, ...(last && { lastFailure: last }) };
  }

  stop(): void {
    this.#leaving.abort();
    this.#open = () => undefined;
  }

  /** A direct connection to `peer` through a hole. Throws `Unpunched`. */
  async connect(peer: HostId, seal: Seal, signal: AbortSignal): Promise<Connection> {
    try {
      const connection = await (this.#holes.get(peer) ?? this.#call(peer, seal, signal));
      this.#made++;
      return connection;
    } catch (error) {
      const failure =
        error instanceof HolePunchError ? error : new HolePunchError("timed out", "timed out");
      // Without a host in common the other side is most likely not there: nothing failed.
      if (!signal.aborted && failure.reason !== "no-signal") {
        this.#failed++;
        this.#last = { reason: failure.reason, at: this.#options.clock.now() };
        this.#options.log("punch.failed", { reason: failure.reason });
      }
      throw failure;
    }
  }

  async #call(peer: HostId, seal: Seal, signal: AbortSignal): Promise<Connection> {
    const { nat } = this.#options;
    const endpoints = nat.endpoints();
    if (endpoints.length === 0) {
      if (nat.kind() === "symmetric")
        throw new HolePunchError("symmetric", "our router gives each connection another port");
      throw new HolePunchError("no-signal", "no host that sees us is connected");
    }
    this.#calling.add(peer);
    try {
      const theirs = await this.#exchange(peer, seal, endpoints, signal);
      // They may have called us meanwhile, and their call goes before ours.
      const unheard = theirs === undefined;
      const agreed = await (this.#holes.get(peer) ?? (unheard && this.#crossing(peer, signal)));
      if (agreed) return agreed;
      if (theirs === undefined)
        throw new HolePunchError("refused", "the other side does not answer");
      return await this.#agreed(peer, theirs, endpoints, signal);
    } finally {
      this.#calling.delete(peer);
    }
  }

  /**
   * Whoever has the greater PeerId does not answer a call that crosses its own; that one may be a
   * moment behind.
   */
  async #crossing(peer: HostId, signal: AbortSignal): Promise<Connection | undefined> {
    const { host, clock } = this.#options;
    if (host.peerId.toString() > peer) return undefined;
    const came = new AbortController();
    const end = (): void => came.abort();
    signal.addEventListener("abort", end, { once: true });
    this.#awaited.set(peer, end);
    await delay(clock, limits.punchMaxDelay, came.signal);
    signal.removeEventListener("abort", end);
    this.#awaited.delete(peer);
    return this.#holes.get(peer);
  }

  /** Dials where their payload say. */
  async #agreed(
    peer: HostId,
    theirs: SignalPayload,
    ours: readonly Endpoint[],
    signal: AbortSignal,
  ): Promise<Connection> {
    try {
      const endpoints = punchCandidates(this.#options, theirs, ours);
      return await this.#punch(peer, { endpoints, inbound: false, wait: 0 }, signal);
    } catch (error) {
      if (!(error instanceof HolePunchError)) throw error;
      throw new HolePunchError(error.reason, error.message, theirs.nat);
    }
  }

  /** Their payload, through the first host that they are connected to as well. */
  async #exchange(peer: HostId, seal: Seal, endpoints: readonly Endpoint[], signal: AbortSignal) {
    const { host, clock, nat } = this.#options;
    const own = host.peerId.toString() as HostId;
    for (const connection of signallingHosts(this.#options, peer)) {
      const payload = { nat: nat.kind(), roundTrip: roundTripOf(connection), endpoints };
      const call = seal(peer, encodeSignalPayload(payload), own);
      const reply = await askToForward(connection, clock, peer, call.envelope, signal);
      if (reply?.outcome === "silent") return undefined;
      if (reply?.outcome !== "forwarded") continue;
      const answer = call.open(reply.envelope);
      return answer && decodeSignalPayload(answer);
    }
    throw new HolePunchError("no-signal", "no host is connected to both of you");
  }

  /**
   * Our answer to a call that was passed on to us; then we dial, as soon as it may have arrived.
   */
  answerOffer({ from, envelope, connection }: ForwardedOffer): Uint8Array | undefined {
    const { host, nat } = this.#options;
    const own = host.peerId.toString() as HostId;
    if (from === own || !this.#mayDeliver(subnetOf(connection.remoteAddr))) return undefined;
    const name = Buffer.from(envelope).toString("base64");
    if (this.#taken.has(name) || this.#holes.size >= limits.punches) return undefined;
    const opened = this.#open(from as HostId, envelope, own);
    const payload = opened && decodeSignalPayload(opened.payload);
    if (opened === undefined || payload === undefined || !this.#mayCall(from)) return undefined;
    this.#remember(name);
    // Two calls that cross: the one stays whose caller has the greater PeerId.
    const crossed = this.#calling.has(from) && own > from;
    if (crossed || this.#holes.has(from)) return undefined;
    const endpoints = nat.endpoints();
    const roundTrip = roundTripOf(connection);
    const wait = Math.min(limits.punchMaxDelay, (roundTrip + payload.roundTrip) / 2);
    try {
      const common = punchCandidates(this.#options, payload, endpoints);
      void this.#punch(from, { endpoints: common, inbound: true, wait }).catch(() => undefined);
    } catch {
      // They read the reason in our answer.
    }
    return opened.seal(encodeSignalPayload({ nat: nat.kind(), roundTrip, endpoints }));
  }

  #punch(
    peer: string,
    { endpoints, inbound, wait }: Agreement,
    signal: AbortSignal = this.#leaving.signal,
  ): Promise<Connection> {
    const { host, clock, nat, log } = this.#options;
    const known = this.#holes.get(peer);
    if (known !== undefined) return known;
    const limit = deadline(clock, 2 * limits.punchTime, signal);
    const follow = (): void => limit.abort();
    this.#leaving.signal.addEventListener("abort", follow, { once: true });
    const hole = delay(clock, wait, limit.signal)
      .then(() => simultaneousOpen({ host, clock, peer, endpoints, nat, inbound }, limit.signal))
      .then((connection) => {
        this.#through.add(connection);
        return connection;
      })
      .catch((error: unknown) => {
        const [first] = error instanceof AggregateError ? error.errors : [error];
        const why = first instanceof Error ? first.message : "timed out";
        throw new HolePunchError(why === "refused" ? "refused" : "timed out", why);
      })
      .finally(() => {
        limit.clear();
        this.#leaving.signal.removeEventListener("abort", follow);
        this.#holes.delete(peer);
      });
    this.#holes.set(peer, hole);
    this.#awaited.get(peer)?.();
    hole.then(
      () => log("punch.made", { inbound }),
      () => undefined,
    );
    return hole;
  }

  #remember(name: string): void {
    this.#taken.add(name);
    for (const oldest of this.#taken) {
      if (this.#taken.size <= limits.offersRemembered) break;
      this.#taken.delete(oldest);
    }
  }
}

/** Round roundTrip to a host in whole ms, as far as two bytes hold it. */
const roundTripOf = ({ rtt }: Connection): number =>
  Math.min(65_535, Math.max(0, Math.round(rtt ?? 0)));
