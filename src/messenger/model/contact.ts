/** A contact as it is kept: one immutable value, replaced whole when something changes. */
import { type AccountId, accountId, type MessageId, toBase32 } from "../../base/index.ts";
import type { CryptoProvider } from "../../crypto/index.ts";
import type { Direction, RootChain } from "../../dht/index.ts";
import { emptySet, type Invite, type ReceivedSet } from "../../wire/index.ts";
import type { Stamp } from "./actions.ts";
import type { Pairing, Policy } from "./views.ts";

/** The invite that we were given, kept until the first frame of its maker proves the pairing. */
export interface HeldInvite {
  /** 16 bytes. */
  readonly secret: Uint8Array;
  readonly expiresAt: number;
  /** 32 random bytes that tell our claim of the invite from anybody else's. */
  readonly claim: Uint8Array;
  /** We were paired with them before: should this come to nothing, we still are. */
  readonly renews: boolean;
}

export interface Contact {
  /** Names the contact in our own store, whatever its keys become: base32 of 16 random bytes. */
  readonly ref: string;
  readonly account: AccountId;
  readonly name: string;
  /** The person chose the name; a profile name does not replace it. */
  readonly named: boolean;
  readonly addedAt: number;
  readonly pairing: Pairing;
  readonly verified: boolean;
  readonly blocked: boolean;
  /** The account key that they showed instead of the pinned one. */
  readonly changedAccount: AccountId | undefined;

  /** Our side of the rendezvous: "a" made the invite, "b" was invited. */
  readonly role: Direction;
  readonly chain: RootChain | undefined;
  readonly device: Uint8Array | undefined;
  readonly invite: HeldInvite | undefined;
  /** Where they were last reached, multiaddr texts without /p2p. */
  readonly addresses: readonly string[];

  /** 16 random bytes that name this very record of ours: the peer counts our sequence within it. */
  readonly stream: Uint8Array;
  readonly theirStream: Uint8Array | undefined;
  /** Sequence of our newest message. */
  readonly sequence: number;
  /** Every sequence of ours up to here was delivered or given up. */
  readonly settled: number;
  readonly lamport: number;
  /** Newest messages that no other one names as its parent. */
  readonly heads: readonly MessageId[];
  /** Sequences of theirs that we have. */
  readonly received: ReceivedSet;
  /** Highest sequence of theirs that the person read, and of ours that theirs did. */
  readonly readUpTo: number;
  readonly peerReadUpTo: number;
  /** Place of the next message in the conversation. */
  readonly nextAt: number;
  readonly unread: number;

  /** Whether we tell what was read, and show what they read; absent: as the node's settings say. */
  readonly receipts?: boolean | undefined;
  /** Who may see our address; absent: they may. */
  readonly policy?: Policy | undefined;
  /** When they were last linked, ms since 1970, where that is kept. */
  readonly lastSeen?: number;
  /** How long new messages are kept, by the newest timer act of either side; absent: for ever. */
  readonly timer?: Stamp & { readonly ms: number };
  /** Bootstrap hosts of theirs, by the newest act that told of them. */
  readonly learned?: Learned | undefined;
  /** What we told them of ours, when (ms since 1970), and the place of that act in the outbox. */
  readonly toldHosts?:
    | { readonly at: number; readonly hosts: readonly string[]; readonly place: number }
    | undefined;
  /** Place up to which the person was given what came. */
  readonly seenTo?: number;
  /** Lowest place of a message of theirs whose time will run once it is read. */
  readonly timedFrom?: number;
  /** Acts of theirs on messages that are not here yet, oldest first, at most `limits.earlyActs`. */
  readonly early?: readonly EarlyPlace[];
}

/** Bootstrap hosts that a contact told us of (hosts.ts), at most `limits.toldHosts`. */
export interface Learned extends Stamp {
  readonly hosts: readonly {
    readonly address: string;
    /** When we were told, ms since 1970. */
    readonly at: number;
    /** When it was asked first since it last answered. */
    readonly silentSince?: number;
  }[];
  /** What our person does not want of those that they name. */
  readonly unwanted: readonly string[];
}

/** Where an early act is kept (early.ts). */
export interface EarlyPlace {
  readonly at: number;
  readonly id: MessageId;
  readonly target: MessageId;
}

/** A contact at its first moment. */
export function newContact(
  crypto: CryptoProvider,
  now: number,
  fields: Pick<Contact, "account" | "name" | "named" | "role"> & Partial<Contact>,
): Contact {
  return {
    ref: toBase32(crypto.random(16)),
    addedAt: now,
    pairing: "invited",
    verified: false,
    blocked: false,
    changedAccount: undefined,
    chain: undefined,
    device: undefined,
    invite: undefined,
    addresses: [],
    stream: crypto.random(16),
    theirStream: undefined,
    sequence: 0,
    settled: 0,
    lamport: 0,
    heads: [],
    received: emptySet,
    readUpTo: 0,
    peerReadUpTo: 0,
    nextAt: 1,
    unread: 0,
    ...fields,
  };
}

/** The claim that we make on a parsed invite. */
export function holdInvite(
  crypto: CryptoProvider,
  { secret, expiresAt }: Invite,
  renews: boolean,
): HeldInvite {
  return { secret, expiresAt, claim: crypto.random(32), renews };
}

/** The contact once its person is blocked: what it told of its hosts is forgotten. */
export function blocked(contact: Contact): Contact {
  return { ...contact, blocked: true, learned: undefined };
}

/** Whether pairing ended without success. */
export function pairingEnded(pairing: Pairing): boolean {
  return pairing === "denied" || pairing === "used" || pairing === "expired";
}

/**
 * Whether links with this contact are wanted: not blocked, no open key change, no request without
 * an answer, no end.
 */
export function reachable({ blocked, changedAccount, pairing }: Contact): boolean {
  return (
    !blocked && changedAccount === undefined && pairing !== "requested" && !pairingEnded(pairing)
  );
}

/** Whether the two tell each other what was read, and when they write. */
export function shares({ receipts }: Contact, byDefault: boolean): boolean {
  return receipts ?? byDefault;
}

/** The account key that safety numbers are made of: the new one while a change is open. */
export function shownAccount(contact: Contact): Uint8Array {
  return accountId.bytes(contact.changedAccount ?? contact.account);
}
