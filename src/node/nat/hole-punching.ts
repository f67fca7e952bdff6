/**
 * Hole punching: agrees with a peer behind a router, through a host that both are connected to, to
 * dial each other at the same moment.
 */
import type { Connection } from "@libp2p/interface";
import { createRateLimit, type HostId, limits, type RateLimit } from "../../base/index.ts";
import type { Clock, DialTarget, Log, OpenOffer } from "../../ports/index.ts";
import {
  decodeSignalPayload,
  type Endpoint,
  encodeSignalPayload,
  type SignalPayload,
} from "../../wire/index.ts";
import { isDirect } from "../connections/connection-gater.ts";
import type { PunchState } from "../model/config.ts";
import type { Host } from "../model/host.ts";
import { subnetOf } from "../util/address.ts";
import { deadline, delay } from "../util/deadline.ts";
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
  /** Delay until the peer dials too, ms. */
  readonly wait: number;
}

/** Sends and answers offers, and keeps at most one hole punch per peer. */
export class HolePuncher {
  readonly #options: HolePuncherOptions;
  readonly #mayOpen: RateLimit;
  readonly #mayAnswer: RateLimit;
  /** Peers to whom our offer is pending, by PeerId. */
  readonly #offered = new Set<string>();
  /** Hole punches in progress, by PeerId. Both sides' offers share one. */
  readonly #punches = new Map<string, Promise<Connection>>();
  /** Of those, who asked for it (`OpenedOffer.sender`), by PeerId. */
  readonly #askedBy = new Map<string, string>();
  /** Called when the offer of a peer that we wait for has started a hole punch. */
  readonly #awaited = new Map<string, () => void>();
  readonly #punched = new WeakSet<Connection>();
  /** Envelopes that have been opened: each works once. */
  readonly #opened = new Set<string>();
  readonly #stopping = new AbortController();
  #open: OpenOffer = () => undefined;
  #made = 0;
  #failed = 0;
  #last: PunchState["lastFailure"];

  constructor(options: HolePuncherOptions) {
    const { clock } = options;
    this.#options = options;
    this.#mayOpen = createRateLimit(clock, limits.offersPerSubnet, limits.offers);
    this.#mayAnswer = createRateLimit(clock, limits.offersPerContact, limits.offers);
  }

  /** Sets what opens offers. */
  onOffer(open: OpenOffer): void {
    this.#open = open;
  }

  /** Whether a connection was made by hole punching. */
  isPunched(connection: Connection): boolean {
    return this.#punched.has(connection);
  }

  state(): PunchState {
    const last = this.#last;
    return { made: this.#made, failed: this.#failed, ...(last && { lastFailure: last }) };
  }

  stop(): void {
    this.#stopping.abort();
    this.#open = () => undefined;
  }

  /**
   * A direct connection to `peer` by hole punching, or one that was opened in the meantime.
   * Throws `HolePunchError`.
   * @param known IDs of the connections that existed when dialing began.
   */
  async connect(
    peer: HostId,
    seal: Seal,
    known: ReadonlySet<string>,
    signal: AbortSignal,
  ): Promise<Connection> {
    try {
      const connection = await (this.#newest(peer, known) ??
        this.#offer(peer, seal, known, signal));
      this.#made++;
      return connection;
    } catch (error) {
      const failure =
        error instanceof HolePunchError ? error : new HolePunchError("timed out", "timed out");
      // Without a common host the peer is most likely offline: that is no failed punch.
      if (!signal.aborted && failure.reason !== "no-signal") {
        this.#failed++;
        this.#last = { reason: failure.reason, at: this.#options.clock.now() };
        this.#options.log("punch.failed", { reason: failure.reason });
      }
      throw failure;
    }
  }

  /** The running hole punch to a peer, or a direct connection to it that is not a known one. */
  #newest(peer: HostId, known: ReadonlySet<string>): Promise<Connection> | Connection | undefined {
    const opened = (connection: Connection): boolean =>
      connection.remotePeer.toString() === peer &&
      connection.status === "open" &&
      isDirect(connection) &&
      !known.has(connection.id);
    return this.#punches.get(peer) ?? this.#options.host.getConnections().find(opened);
  }

  async #offer(
    peer: HostId,
    seal: Seal,
    known: ReadonlySet<string>,
    signal: AbortSignal,
  ): Promise<Connection> {
    const { nat } = this.#options;
    const endpoints = nat.endpoints();
    if (endpoints.length === 0) {
      if (nat.kind() === "symmetric")
        throw new HolePunchError(
          "symmetric",
          "our router uses a different port for each connection",
        );
      throw new HolePunchError("no-signal", "no connected peer has reported our external address");
    }
    this.#offered.add(peer);
    try {
      const theirs = await this.#exchange(peer, seal, endpoints, signal);
      // An offer of the peer takes precedence over ours. It may have arrived in the meantime, and
      // its hole punch may even have ended: another one from the same port would fail.
      const unanswered = theirs === undefined;
      const punched = await (this.#newest(peer, known) ??
        (unanswered && this.#crossing(peer, signal)));
      if (punched) return punched;
      if (theirs === undefined) throw new HolePunchError("refused", "the peer does not answer");
      return await this.#punchAnswered(peer, theirs, endpoints, signal);
    } finally {
      this.#offered.delete(peer);
    }
  }

  /**
   * Waits for the peer's offer, if ours crossed it: the side with the greater PeerId does not
   * answer an offer that crosses its own, which may arrive a moment later.
   */
  async #crossing(peer: HostId, signal: AbortSignal): Promise<Connection | undefined> {
    const { host, clock } = this.#options;
    if (host.peerId.toString() > peer) return undefined;
    const arrived = new AbortController();
    const end = (): void => arrived.abort();
    signal.addEventListener("abort", end, { once: true });
    this.#awaited.set(peer, end);
    await delay(clock, limits.punchMaxDelay, arrived.signal);
    signal.removeEventListener("abort", end);
    this.#awaited.delete(peer);
    return this.#punches.get(peer);
  }

  /** Dials the endpoints of the peer's answer. */
  async #punchAnswered(
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

  /**
   * The peer's answer, through the first host that it is connected to as well; `undefined` if it
   * gives none.
   */
  async #exchange(peer: HostId, seal: Seal, endpoints: readonly Endpoint[], signal: AbortSignal) {
    const { host, clock, nat } = this.#options;
    const own = host.peerId.toString() as HostId;
    for (const connection of signallingHosts(this.#options, peer)) {
      const payload = { nat: nat.kind(), roundTrip: roundTripOf(connection), endpoints };
      const offer = seal(peer, encodeSignalPayload(payload), own);
      const reply = await askToForward(connection, clock, peer, offer.envelope, signal);
      if (reply?.outcome === "silent") return undefined;
      if (reply?.outcome !== "forwarded") continue;
      const answer = offer.open(reply.envelope);
      return answer && decodeSignalPayload(answer);
    }
    throw new HolePunchError("no-signal", "no common bootstrap node for signalling");
  }

  /**
   * Answers an offer that was forwarded to us, and dials as soon as the answer may have arrived;
   * `undefined` for offers that are not answered.
   */
  answerOffer({ from, envelope, connection }: ForwardedOffer): Uint8Array | undefined {
    const { host, nat } = this.#options;
    const own = host.peerId.toString() as HostId;
    if (from === own || !this.#mayDeliver(connection)) return undefined;
    const name = Buffer.from(envelope).toString("base64");
    if (this.#opened.has(name) || this.#punches.size >= limits.punches) return undefined;
    const opened = this.#open(from as HostId, envelope, own);
    const payload = opened && decodeSignalPayload(opened.payload);
    if (opened === undefined || payload === undefined || !this.#mayPunchFor(opened.sender))
      return undefined;
    this.#remember(name);
    // If two offers cross, that of the side with the greater PeerId counts.
    const crossed = this.#offered.has(from) && own > from;
    if (crossed || this.#punches.has(from)) return undefined;
    const endpoints = nat.endpoints();
    const roundTrip = roundTripOf(connection);
    const wait = Math.min(limits.punchMaxDelay, (roundTrip + payload.roundTrip) / 2);
    try {
      const common = punchCandidates(this.#options, payload, endpoints);
      this.#askedBy.set(from, opened.sender);
      void this.#punch(from, { endpoints: common, inbound: true, wait }).catch(() => undefined);
    } catch {
      // The peer learns the reason from our answer.
    }
    return opened.seal(encodeSignalPayload({ nat: nat.kind(), roundTrip, endpoints }));
  }

  /**
   * Whether we try to open an envelope that came over this connection. Strangers that dial us must
   * not keep out what our bootstrap nodes forward.
   */
  #mayDeliver({ remotePeer, remoteAddr, direction }: Connection): boolean {
    const peer = remotePeer.toString();
    return this.#mayOpen(subnetOf(remoteAddr), this.#options.isBootstrap(peer) ? peer : direction);
  }

  /** Whether we dial for a contact or for the holders of an invite, under whatever PeerIds. */
  #mayPunchFor(sender: string): boolean {
    const running = [...this.#askedBy.values()].filter((one) => one === sender).length;
    return running < limits.punchesPerContact && this.#mayAnswer(sender);
  }

  #punch(
    peer: string,
    { endpoints, inbound, wait }: Agreement,
    signal: AbortSignal = this.#stopping.signal,
  ): Promise<Connection> {
    const { host, clock, nat, log } = this.#options;
    const running = this.#punches.get(peer);
    if (running !== undefined) return running;
    const limit = deadline(clock, 2 * limits.punchTime, signal);
    const abort = (): void => limit.abort();
    this.#stopping.signal.addEventListener("abort", abort, { once: true });
    const punch = delay(clock, wait, limit.signal)
      .then(() => simultaneousOpen({ host, clock, peer, endpoints, nat, inbound }, limit.signal))
      .then((connection) => {
        this.#punched.add(connection);
        return connection;
      })
      .catch((error: unknown) => {
        const [first] = error instanceof AggregateError ? error.errors : [error];
        const why = first instanceof Error ? first.message : "timed out";
        throw new HolePunchError(why === "refused" ? "refused" : "timed out", why);
      })
      .finally(() => {
        limit.clear();
        this.#stopping.signal.removeEventListener("abort", abort);
        this.#punches.delete(peer);
        this.#askedBy.delete(peer);
      });
    this.#punches.set(peer, punch);
    this.#awaited.get(peer)?.();
    punch.then(
      () => log("punch.made", { inbound }),
      () => undefined,
    );
    return punch;
  }

  #remember(name: string): void {
    this.#opened.add(name);
    for (const oldest of this.#opened) {
      if (this.#opened.size <= limits.offersRemembered) break;
      this.#opened.delete(oldest);
    }
  }
}

/** Round-trip time to a host in whole ms, at most what two bytes hold. */
const roundTripOf = ({ rtt }: Connection): number =>
  Math.min(65_535, Math.max(0, Math.round(rtt ?? 0)));
