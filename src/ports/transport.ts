/** Direct, encrypted streams to other hosts, as the messenger sees them. */
import type { HostId } from "../base/index.ts";

/** How far a link with somebody may lead: anywhere, or over our own network alone. */
export type Scope = "any" | "lan";

/**
 * Where the other end of a channel is, by its address: on this machine, on our own network, or
 * farther away.
 */
export type Proximity = "self" | "lan" | "wan";

/** A stream of frames to one host. Frames arrive whole, in order, unpadded. */
export interface Channel {
  /** Our own host at this end. */
  readonly local: HostId;
  /**
   * Our host at this end goes soon: a link on it should move to another channel. May change while
   * the channel lives.
   */
  readonly draining?: boolean;
  /** The host at the other end, proven by the connection's own handshake. */
  readonly remote: HostId;
  /** The address that this channel runs over, as multiaddr text without /p2p. */
  readonly remoteAddress: string;
  /** Whether we opened it. */
  readonly outbound: boolean;
  /** Absent: as far away as can be. */
  readonly proximity?: Proximity;
  /** The address led there this once, through a hole in a router: nobody is found there again. */
  readonly ephemeral?: boolean;
  /**
   * Sends frames in order, together. Resolves when the stream has taken them, which is no proof of
   * arrival. Throws `link-closed` once the channel has ended, or when the peer reads too slowly.
   * @param frames each at most `frameCapacity` bytes (wire/frame).
   */
  send(frames: readonly Uint8Array[]): Promise<void>;
  /** Every frame that has arrived, at least one; an empty list once the channel has ended. */
  receive(): Promise<readonly Uint8Array[]>;
  /** Ends the channel after what was sent has gone out. Safe to call twice. */
  close(): Promise<void>;
  /** Ends the channel at once, and tells the peer nothing. Safe to call twice. */
  abort(): void;
}

/** Where a host may be reached. */
export interface DialTarget {
  /** Multiaddr texts without /p2p. */
  readonly addresses: readonly string[];
  /** The host expected there; absent for cached addresses, where the hello decides who answers. */
  readonly host?: HostId;
  /**
   * `lan`: no address but those of our own network is dialled, and nobody else is asked for help;
   * absent: any.
   */
  readonly scope?: Scope;
  /** Names whom this is for: where there is a proxy, each gets a way of its own through it. */
  readonly isolationKey?: string;
  /**
   * Seals words that only that host can open: for agreeing on a moment and a place where nothing
   * else gets through.
   * @param own our host, which calls.
   */
  readonly seal?: (host: HostId, words: Uint8Array, own: HostId) => SealedOffer;
}

/** Words for one host, which others pass on and cannot read. */
export interface SealedOffer {
  readonly envelope: Uint8Array;
  /** The words of the answer to this very call, or `undefined` where it is none. */
  open(answer: Uint8Array): Uint8Array | undefined;
}

/** Words that somebody who knows us sealed for us. */
export interface OpenedOffer {
  readonly payload: Uint8Array;
  /** Seals the answer to this very call. */
  seal(answer: Uint8Array): Uint8Array;
}

export type OpenOffer = (
  from: HostId,
  envelope: Uint8Array,
  own: HostId,
) => OpenedOffer | undefined;

export interface Transport {
  /** Our own host of now: new at each start, and exchanged for another one while the node runs. */
  readonly host: HostId;
  /**
   * Everything that is dialled goes through a proxy, so that nobody there sees our address; absent:
   * it does not.
   */
  readonly proxied?: boolean;
  /**
   * Multiaddr texts, without /p2p, under which others may reach us now; with `lan` those of our own
   * network alone.
   */
  addresses(scope?: Scope): readonly string[];
  /** Opens a channel. Throws `peer-unreachable`, whose message says why each address failed. */
  dial(target: DialTarget, signal: AbortSignal): Promise<Channel>;
  /** Takes channels that others open. Set once. */
  onChannel(take: (channel: Channel) => void): void;
  /**
   * Opens calls that others pass on to our host `own`; `undefined` for those of strangers. Set
   * once.
   */
  onOffer(open: OpenOffer): void;
  /** Told when our addresses change, or our host does. */
  onAddresses(changed: () => void): void;
}
