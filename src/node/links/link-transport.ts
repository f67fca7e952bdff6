/** Implements ports/transport on libp2p: link streams on direct connections. */
import type { Connection, Stream } from "@libp2p/interface";
import { type HostId, limits, remainingDelay } from "../../base/index.ts";
import type { Channel, Clock, DialTarget, OpenOffer, Scope, Transport } from "../../ports/index.ts";
import { isDirect } from "../connections/connection-gater.ts";
import { authenticatedConnections } from "../connections/connection-pruner.ts";
import { watchAddresses } from "../host/libp2p-host.ts";
import type { Tuning } from "../model/config.ts";
import type { Host } from "../model/host.ts";
import type { HolePuncher } from "../nat/hole-punching.ts";
import { type ChannelOptions, StreamChannel } from "../streams/frame-stream.ts";
import { hostOf, parseAddress, proximityOf, subnetOf, withoutPeer } from "../util/address.ts";
import { advertised } from "../util/address-rank.ts";
import { interfaceAddresses } from "../util/interfaces.ts";
import { LINK_PROTOCOL } from "../util/protocols.ts";
import { connect } from "./connect.ts";

/** Tags peers whose connections libp2p prunes last. */
const LINK_TAG = "sotto-link";
const LINK_TAG_VALUE = 100;

/**
 * The link streams of each peer that we have not answered yet. A place stays taken for the time for
 * which a refusal is held back, also where the peer resets its stream: otherwise it could send one
 * hello after the other.
 */
class UnansweredStreams {
  readonly #clock: Clock;
  readonly #counts = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes a place. @returns what frees it, to be called once; `undefined` if none is free. */
  acquire(peer: string): ((reason: "answered" | "ended") => void) | undefined {
    const count = this.#counts.get(peer) ?? 0;
    if (count >= limits.unansweredLinks) return undefined;
    this.#counts.set(peer, count + 1);
    const openedAt = this.#clock.now();
    const free = (): void => {
      const left = (this.#counts.get(peer) ?? 1) - 1;
      if (left > 0) this.#counts.set(peer, left);
      else this.#counts.delete(peer);
    };
    let freed = false;
    return (reason) => {
      if (freed) return;
      freed = true;
      const wait = remainingDelay(openedAt, limits.refusalDelay, this.#clock.now());
      if (reason === "answered" || wait === 0) free();
      else this.#clock.after(wait, free);
    };
  }
}

/** A channel on one of our hosts. */
class LinkChannel extends StreamChannel implements Channel {
  readonly #transport: LinkTransport;

  constructor(transport: LinkTransport, stream: Stream, options: ChannelOptions) {
    super(stream, options);
    this.#transport = transport;
  }

  get local(): HostId {
    return this.#transport.host;
  }

  get draining(): boolean {
    return this.#transport.draining;
  }
}

/** Opens and accepts channels on one host. */
export class LinkTransport implements Transport {
  readonly host: HostId;
  readonly proxied: boolean;
  /** Another host replaces this one: its links move to other channels. */
  draining = false;
  readonly #libp2p: Host;
  readonly #clock: Clock;
  readonly #tuning: Tuning;
  readonly #puncher: HolePuncher | undefined;
  readonly #channels = new Set<LinkChannel>();
  readonly #unanswered: UnansweredStreams;
  readonly #watchers: (() => void)[] = [];
  #accepted: ((channel: Channel) => void) | undefined;
  #stopped = false;

  /** @param puncher absent behind a proxy, where hole punching is off. */
  constructor(libp2p: Host, clock: Clock, tuning: Tuning, puncher: HolePuncher | undefined) {
    this.#libp2p = libp2p;
    this.#clock = clock;
    this.#tuning = tuning;
    this.#puncher = puncher;
    this.#unanswered = new UnansweredStreams(clock);
    this.proxied = puncher === undefined;
    this.host = libp2p.peerId.toString() as HostId;
  }

  /** Accepts link streams. Must be called before the host listens. */
  async serve(): Promise<void> {
    await this.#libp2p.handle(
      LINK_PROTOCOL,
      (stream, connection) => this.#acceptStream(stream, connection),
      {
        maxInboundStreams: limits.linkStreamsPerConnection,
        maxOutboundStreams: limits.linkStreamsPerConnection,
      },
    );
  }

  addresses(scope: Scope = "any", towards?: string): readonly string[] {
    const all = this.#libp2p.getMultiaddrs();
    const fitting = scope === "any" ? all : all.filter((one) => proximityOf(one) !== "wan");
    const peer = towards === undefined ? undefined : parseAddress(towards);
    return advertised(fitting, interfaceAddresses(), peer && hostOf(peer));
  }

  async dial(target: DialTarget, signal: AbortSignal): Promise<Channel> {
    const parts = { host: this.#libp2p, clock: this.#clock, puncher: this.#puncher };
    const { stream, connection } = await connect(parts, target, this.#tuning.dial, signal);
    return this.#open(stream, connection, true);
  }

  onChannel(accept: (channel: Channel) => void): void {
    this.#accepted = accept;
  }

  onOffer(open: OpenOffer): void {
    this.#puncher?.onOffer(open);
  }

  onAddresses(changed: () => void): void {
    this.#watchers.push(watchAddresses(this.#libp2p, this.#clock, changed));
  }

  /** Number of open channels. */
  get open(): number {
    return this.#channels.size;
  }

  /** Closes every channel. */
  async stop(): Promise<void> {
    this.#stopped = true;
    // libp2p's timers may keep a reference to the stopped host for a while, which must not keep the
    // messenger in memory.
    this.#accepted = undefined;
    for (const end of this.#watchers.splice(0)) end();
    await Promise.all([...this.#channels].map((channel) => channel.close()));
  }

  #acceptStream(stream: Stream, connection: Connection): void {
    if (!isDirect(connection) || this.#accepted === undefined || this.#stopped) {
      stream.abort(new Error("links are not accepted"));
      return;
    }
    const free = this.#unanswered.acquire(connection.remotePeer.toString());
    if (free === undefined) stream.abort(new Error("too many unanswered links"));
    else this.#accepted(this.#open(stream, connection, false, free));
  }

  /** @param free is called with the first send, and at the end. */
  #open(
    stream: Stream,
    connection: Connection,
    outbound: boolean,
    free: (reason: "answered" | "ended") => void = () => undefined,
  ): LinkChannel {
    const { remotePeer } = connection;
    // The stream may have ended before its channel is created.
    let opened: LinkChannel | undefined;
    const channel = new LinkChannel(this, stream, {
      remote: remotePeer.toString() as HostId,
      remoteAddress: withoutPeer(connection.remoteAddr),
      subnet: subnetOf(connection.remoteAddr),
      outbound,
      proximity: proximityOf(connection.remoteAddr),
      ephemeral: this.#puncher?.isPunched(connection) ?? false,
      clock: this.#clock,
      drain: this.#tuning.drain,
      ...(outbound ? {} : { firstFrame: this.#tuning.firstFrame }),
      // A link sends nothing before the peer has authenticated, so a peer that we send to is known.
      onSend: () => {
        free("answered");
        if (authenticatedConnections.has(connection)) return;
        authenticatedConnections.add(connection);
        this.#tag(connection, { value: LINK_TAG_VALUE });
      },
      onEnd: () => {
        free("ended");
        if (opened !== undefined) this.#channels.delete(opened);
        this.#tag(connection, undefined);
      },
    });
    opened = channel;
    if (stream.status === "open") this.#channels.add(channel);
    return channel;
  }

  /** Sets the tag of a peer, or removes it unless another channel to that peer is open. */
  #tag({ remotePeer }: Connection, tag: { value: number } | undefined): void {
    const host = remotePeer.toString();
    if (tag === undefined && [...this.#channels].some(({ remote }) => remote === host)) return;
    void this.#libp2p.peerStore
      .merge(remotePeer, { tags: { [LINK_TAG]: tag } })
      .catch(() => undefined);
  }
}
