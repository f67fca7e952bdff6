/** Direct, encrypted streams of frames to other hosts. */
import type { HostId } from "../base/index.ts";

/** Which networks a link may use: any, or only the local network. */
export type Scope = "any" | "lan";

/**
 * Where the remote end of a channel is, by its address: on this machine, on the local network, or
 * beyond it.
 */
export type Proximity = "self" | "lan" | "wan";

/**
 * A stream of frames to one host. Frames arrive whole, in order and without padding. A channel ends
 * once, by `close`, `abort`, the peer or the network; after that `receive` yields the frames that
 * had arrived and then empty lists.
 */
export interface Channel {
  /** Our host on this channel. */
  readonly local: HostId;
  /**
   * Our host on this channel is about to stop: move the link to another channel. May become true
   * while the channel is open.
   */
  readonly draining?: boolean;
  /** The remote host, authenticated by the connection's own handshake. */
  readonly remote: HostId;
  /** The remote address, as multiaddr text without /p2p. */
  readonly remoteAddress: string;
  /** Names the subnet of the remote address, by which requests are limited; absent: the address. */
  readonly subnet?: string;
  /** Whether we dialed; `false` if the remote host did. */
  readonly outbound: boolean;
  /** Absent means `wan`. */
  readonly proximity?: Proximity;
  /**
   * The address was opened by hole punching for this connection only, and cannot be dialed later.
   */
  readonly ephemeral?: boolean;
  /**
   * Sends frames in order, as one unit. Resolves when the stream has accepted them, which does not
   * prove arrival. Throws `link-closed` if the channel has ended or the peer reads too slowly.
   * @param frames each at most `frameCapacity` bytes (wire/frame).
   */
  send(frames: readonly Uint8Array[]): Promise<void>;
  /**
   * Waits for frames and returns all that have arrived, at least one; an empty list once the
   * channel has ended. Never throws.
   */
  receive(): Promise<readonly Uint8Array[]>;
  /** Closes the channel after everything sent has been written. Safe to call twice. */
  close(): Promise<void>;
  /** Resets the channel at once; frames not yet received are dropped. Safe to call twice. */
  abort(): void;
}

/** What to dial: a host's candidate addresses, and how. */
export interface DialTarget {
  /** Multiaddr texts without /p2p. */
  readonly addresses: readonly string[];
  /**
   * The host expected there; absent for cached addresses, where the hello authenticates the peer.
   */
  readonly host?: HostId;
  /**
   * `lan`: only addresses of the local network are dialed, and no third host is asked for help.
   * Absent: any.
   */
  readonly scope?: Scope;
  /**
   * Names the contact that is dialed. Behind a proxy, dials with different keys share no Tor
   * circuit.
   */
  readonly isolationKey?: string;
  /**
   * Seals a signalling payload that only the host `host` can open. Needed for hole punching;
   * without it only direct dials are tried.
   * @param own our host, which sends the offer.
   */
  readonly seal?: (host: HostId, payload: Uint8Array, own: HostId) => SealedOffer;
}

/** A sealed offer for one host. The hosts that forward it cannot read it. */
export interface SealedOffer {
  readonly envelope: Uint8Array;
  /** The payload of the answer to this offer, or `undefined` if `answer` is none. */
  open(answer: Uint8Array): Uint8Array | undefined;
}

/** An offer that a contact, or the holder of an invite, sealed for us. */
export interface OpenedOffer {
  readonly payload: Uint8Array;
  /** Names that contact or invite: a sender may have many PeerIds. */
  readonly sender: string;
  /** Seals the answer to this offer. */
  seal(answer: Uint8Array): Uint8Array;
}

/**
 * Opens an offer that `from` sent to our host `own`; `undefined` unless a contact or the holder of
 * an open invite sealed it.
 */
export type OpenOffer = (
  from: HostId,
  envelope: Uint8Array,
  own: HostId,
) => OpenedOffer | undefined;

/** Opens and accepts channels. */
export interface Transport {
  /** Our current host. It is new at each start and is rotated while the node runs. */
  readonly host: HostId;
  /** Whether everything is dialed through a proxy, so that no peer sees our address; absent: no. */
  readonly proxied?: boolean;
  /**
   * The addresses at which others may reach us now, as multiaddr texts without /p2p, the likeliest
   * first: a list may be cut. With `lan` only those of the local network.
   * @param towards address of a peer, as multiaddr text: those on its network come first.
   */
  addresses(scope?: Scope, towards?: string): readonly string[];
  /**
   * Opens a channel by the first way that works: an existing connection, a direct dial or hole
   * punching. Throws `peer-unreachable`; its message gives each address and why it failed.
   */
  dial(target: DialTarget, signal: AbortSignal): Promise<Channel>;
  /** Sets the handler of channels that others open; until then they are refused. Call once. */
  onChannel(accept: (channel: Channel) => void): void;
  /**
   * Sets what opens the offers that other hosts forward to us; until then none is answered. Call
   * once.
   */
  onOffer(open: OpenOffer): void;
  /**
   * Calls `changed` when our addresses change, our host is rotated, or this node is back on the
   * network after a while.
   */
  onAddresses(changed: () => void): void;
}
