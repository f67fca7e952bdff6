/** A contact while the node runs: its stored value, and what is only in memory. */
import { type HostId, limits, type MessageId } from "../../base/index.ts";
import type { StreamId } from "../../group/index.ts";
import type { MessageView } from "../../model/index.ts";
import type { Channel } from "../../ports/index.ts";
import type { Session } from "../../ratchet/index.ts";
import type { Action } from "./actions.ts";
import type { Contact } from "./contact.ts";
import type { SearchTrace } from "./diagnosis.ts";
import { Intake } from "./intake.ts";

/** A message or action of ours that is not settled yet. */
export interface QueuedEntry {
  readonly id: MessageId;
  /** Place in the conversation; names its rows. */
  readonly at: number;
  /**
   * What an action does, stamped once it was sealed; a text is in its message's row, as it is now.
   */
  act?: Action;
}

/** Where a message of ours is among those that we sealed for a group. */
export interface SealedPlace {
  readonly stream: StreamId;
  /** From 1. */
  readonly seq: number;
}

/** One to a group: it stays until another member has proven to have it. */
export interface GroupEntry extends QueuedEntry {
  /** 16 random bytes that travel, from which every member derives the id. */
  readonly rawId: Uint8Array;
  /** Absent before it was sealed. */
  readonly sealed?: SealedPlace;
}

/** One to a contact. */
export interface OutboxEntry extends QueuedEntry {
  sequence: number;
  /** The ratchet message, once sealed: a retransmission sends these very bytes. */
  sealed: Uint8Array | undefined;
  /** Id of the session that it was sealed under. */
  session: Uint8Array | undefined;
  /** Where the sealed bytes are (delivery-state.ts); absent: with no link. */
  transit: Transit | undefined;
}

/** The sealed bytes of an entry on their way. */
export interface Transit {
  /** The link that was given them. */
  readonly link: Link;
  /** Its stream accepted them. */
  accepted: boolean;
}

/** An authenticated channel with one contact. */
export interface Link {
  readonly channel: Channel;
  /** ms since 1970, by our clock, at which the sides agreed on it. */
  readonly since: number;
  /** ms since 1970 of the last frame that arrived. */
  heardAt: number;
  /** The peer proved that it holds our session by a frame that opened. */
  heardSession: boolean;
  /** We have sent our settings on it (docs/SPEC.md §8, Settings). */
  sentSettings: boolean;
  /** The peer has sent its settings, or need not before we seal: see `maySeal`. */
  heardSettings: boolean;
  /** The key of our group frames on this link, 32 random bytes: stated in our settings. */
  readonly groupKey: Uint8Array;
  /** The key of the peer's group frames, once its settings stated it. */
  theirGroupKey: Uint8Array | undefined;
  /** Both keys are known to both sides: the link carries group frames. */
  carriesGroups: boolean;
  /** Bytes handed to the channel and not yet taken by it. */
  posting: number;
  pumping: boolean;
  cancelQuiet: () => void;
  /** Ends the pause before the next frames are read, if there is one. */
  endPause: () => void;
  /** We have closed it: frames that have arrived and are not read yet are dropped. */
  closed: boolean;
  /** It ends soon, for it has brought what it was made for. */
  leaving: boolean;
  /** Callbacks that wait for a pong. */
  readonly pings: Set<() => void>;
}

/** A live link that another one is about to replace. */
export interface Move {
  readonly link: Link;
  /** Resolves when it was replaced, or the attempt failed. */
  readonly over: Promise<void>;
  readonly end: () => void;
}

/** A link in the making, so that two that cross can be told apart. */
export interface Attempt {
  readonly outbound: boolean;
  /**
   * Our own host, while a hello of it is out: as long as it is the crossing rule decides, not who
   * is first.
   */
  caller: HostId | undefined;
  /** The link that this attempt is to replace, from its hello to its end. */
  moves: Move | undefined;
  readonly abort: () => void;
}

/** A text that was given to send and waits for the contact's turn. */
export interface PendingText {
  readonly text: string;
  readonly replyTo: MessageId | undefined;
  /** The caller's idempotency key. */
  readonly key: string | undefined;
  readonly resolve: (message: MessageView) => void;
  readonly reject: (error: unknown) => void;
}

/** What a conversation has yet to send. */
export interface SendQueue<Entry extends QueuedEntry = QueuedEntry> {
  /** By position in the conversation, oldest first. */
  readonly outbox: Map<number, Entry>;
  /** Texts that wait for the lock, before they are stored. */
  readonly pendingTexts: PendingText[];
}

export interface Peer extends SendQueue<OutboxEntry> {
  readonly kind: "contact";
  contact: Contact;
  session: Session | undefined;
  /** The two sides cannot read each other any more: the next link makes a new session. */
  desynced: boolean;
  link: Link | undefined;
  attempt: Attempt | undefined;
  /** The contact's host on the last link of this run. */
  linkedHost: HostId | undefined;
  /** When the last link of this run that has ended began, ms since 1970. */
  linkedAt: number | undefined;
  /** Time in the newest record of theirs that we found. */
  recordTime: number | undefined;
  /** The next attempt of a pairing that is not confirmed proves the pair, not the invite. */
  byPair: boolean;
  /** Failed attempts since the last success, and the timer of the next one. */
  failures: number;
  cancelRetry: () => void;
  /** When that timer fires, ms since 1970. */
  retryAt: number | undefined;
  /** When the user last did something that needs a link with the contact, ms since 1970. */
  linkNeededAt: number;
  /**
   * Searches on the public DHT since the last link, and when the next one is due, ms since 1970.
   */
  publicSearches: number;
  publicSearchDueAt: number;
  /** The trace of the last search. */
  searchTrace: SearchTrace | undefined;
  /** When we last sent a typing indicator, and last accepted one, ms since 1970. */
  typingSentAt: number;
  typingReceivedAt: number;
  /** Until when the contact is shown as typing, ms since 1970. */
  typingUntil: number;
  /** What the contact may make this node read and write. */
  readonly intake: Intake;
  /** The contact was removed: jobs that wait for its lock do nothing. */
  removed: boolean;
}

export function newPeer(contact: Contact, session?: Session): Peer {
  return {
    kind: "contact",
    contact,
    session,
    desynced: false,
    outbox: new Map(),
    pendingTexts: [],
    link: undefined,
    attempt: undefined,
    linkedHost: undefined,
    linkedAt: undefined,
    recordTime: undefined,
    byPair: false,
    failures: 0,
    cancelRetry: () => undefined,
    retryAt: undefined,
    linkNeededAt: Number.NEGATIVE_INFINITY,
    publicSearches: 0,
    publicSearchDueAt: 0,
    searchTrace: undefined,
    typingSentAt: Number.NEGATIVE_INFINITY,
    typingReceivedAt: Number.NEGATIVE_INFINITY,
    typingUntil: Number.NEGATIVE_INFINITY,
    intake: new Intake(),
    removed: false,
  };
}

/**
 * How many messages and actions of the user are queued. News of our bootstrap nodes do not count.
 */
export function pendingCount({ contact, outbox }: Pick<Peer, "contact" | "outbox">): number {
  const told = contact.sentBootstraps;
  return outbox.size - (told !== undefined && outbox.has(told.place) ? 1 : 0);
}

/**
 * Whether the user waits for a link with this contact at this moment: for a minute, or for longer
 * where it completes a pairing.
 */
export function isUrgent({ contact, linkNeededAt }: Peer, now: number): boolean {
  const wait = contact.pairing === "confirmed" ? limits.urgency : limits.pairingWait;
  return Math.abs(now - linkNeededAt) < wait;
}
