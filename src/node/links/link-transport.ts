/** ports/transport on libp2p: link streams on direct connections. */
import type { Connection, Stream } from "@libp2p/interface";
import { type HostId, limits } from "../../base/index.ts";
import type { Channel, Clock, DialTarget, OpenOffer, Scope, Transport } from "../../ports/index.ts";
import { isDirect } from "../connections/connection-gater.ts";
import { authenticatedConnections } from "../connections/connection-pruner.ts";
import { watchAddresses } from "../host/libp2p-host.ts";
import type { Tuning } from "../model/config.ts";
import type { Host } from "../model/host.ts";
import type { HolePuncher } from "../nat/hole-punching.ts";
import { type ChannelOptions, StreamChannel } from "../streams/frame-stream.ts";
import { advertised, proximityOf, withoutPeer } from "../util/address.ts";
import { LINK_PROTOCOL } from "../util/protocols.ts";
import { connect } from "./connect.ts";

/** Marks hosts whose connections are spared when there are too many. */
export const LINK_TAG = "sotto-link";
const LINK_TAG_VALUE = 100;

/** A stream of frames on one of our hosts. */
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

export class LinkTransport implements Transport {
  readonly host: HostId;
  readonly proxied: boolean;
  /** Another host takes the place of this one: its links are to move. */
  draining = false;
  readonly #libp2p: Host;
  readonly #clock: Clock;
  readonly #tuning: Tuning;
  readonly #puncher: HolePuncher | undefined;
  readonly #channels = new Set<LinkChannel>();
  readonly #watchers: (() => void)[] = [];
  #take: ((channel: Channel) => void) | undefined;
  #stopped = false;

  /**
   * @param puncher makes holes through routers; where there is none, everything goes through a
   * proxy.
   */
  constructor(libp2p: Host, clock: Clock, tuning: Tuning, puncher: HolePuncher | undefined) {
    this.#libp2p = libp2p;
    this.#clock = clock;
    this.#tuning = tuning;
    this.#puncher = puncher;
    this.proxied = puncher === undefined;
    this.host = libp2p.peerId.toString() as HostId;
  }

  /** Takes link streams from now on. Called before the host listens. */
  async serve(): Promise<void> {
    await this.#libp2p.handle(
      LINK_PROTOCOL,
      (stream, connection) => this.#accept(stream, connection),
      {
        maxInboundStreams: limits.linkStreamsPerConnection,
        maxOutboundStreams: limits.linkStreamsPerConnection,
      },
    );
  }

  addresses(scope: Scope = "any"): readonly string[] {
    const all = this.#libp2p.getMultiaddrs();
    return advertised(scope === "any" ? all : all.filter((one) => proximityOf(one) !== "wan"));
  }

  async dial(target: DialTarget, signal: AbortSignal): Promise<Channel> {
    const parts = { host: this.#libp2p, clock: this.#clock, puncher: this.#puncher };
    const { stream, connection } = await connect(parts, target, this.#tuning.dial, signal);
    return this.#open(stream, connection, true);
  }

  onChannel(take: (channel: Channel) => void): void {
    this.#take = take;
  }

  onOffer(open: OpenOffer): void {
    this.#puncher?.onOffer(open);
  }

  onAddresses(changed: () => void): void {
    this.#watchers.push(watchAddresses(this.#libp2p, this.#clock, changed));
  }

  /** Channels that are open. */
  get open(): number {
    return this.#channels.size;
  }

  /** Ends every channel. */
  async stop(): Promise<void> {
    this.#stopped = true;
    // Timers inside libp2p may hold the stopped host for a while, and must not hold the messenger
    // with it.
    this.#take = undefined;
    for (const end of this.#watchers.splice(0)) end();
    await Promise.all([...this.#channels].map((channel) => channel.close()));
  }

  #accept(stream: Stream, connection: Connection): void {
    if (!isDirect(connection) || this.#take === undefined || this.#stopped) {
      stream.abort(new Error("no link here"));
      return;
    }
    this.#take(this.#open(stream, connection, false));
  }

  #open(stream: Stream, connection: Connection, outbound: boolean): LinkChannel {
    const { remotePeer } = connection;
    // A stream may have ended before its channel is there.
    let opened: LinkChannel | undefined;
    const channel = new LinkChannel(this, stream, {
      remote: remotePeer.toString() as HostId,
      remoteAddress: withoutPeer(connection.remoteAddr),
      outbound,
      proximity: proximityOf(connection.remoteAddr),
      ephemeral: this.#puncher?.isPunched(connection) ?? false,
      clock: this.#clock,
      drain: this.#tuning.drain,
      ...(outbound ? {} : { firstFrame: this.#tuning.firstFrame }),
      // Strangers hear nothing on a link: whoever does is known to us.
      onSend: () => {
        if (authenticatedConnections.has(connection)) return;
        authenticatedConnections.add(connection);
        this.#spare(connection, { value: LINK_TAG_VALUE });
      },
      onEnd: () => {
        if (opened !== undefined) this.#channels.delete(opened);
        this.#spare(connection, undefined);
      },
    });
    opened = channel;
    if (stream.status === "open") this.#channels.add(channel);
    return channel;
  }

  /**
   * Sets or removes the mark that spares a connection; it stays while another channel runs to that
   * host.
   */
  #spare({ remotePeer }: Connection, tag: { value: number } | undefined): void {
    const host = remotePeer.toString();
    if (tag === undefined && [...this.#channels].some(({ remote }) => remote === host)) return;
    void this.#libp2p.peerStore
      .merge(remotePeer, { tags: { [LINK_TAG]: tag } })
      .catch(() => undefined);
  }
}
