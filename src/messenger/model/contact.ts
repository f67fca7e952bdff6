/** A contact as it is stored: one immutable value, replaced whole when something changes. */
import { type AccountId, accountId, toBase32 } from "../../base/index.ts";
import type { CryptoProvider } from "../../crypto/index.ts";
import type { Direction, RootChain } from "../../dht/index.ts";
import type { Pairing, Policy } from "../../model/index.ts";
import { commonFeatures, type Feature, type Invite } from "../../wire/index.ts";
import type { Stamp } from "./actions.ts";
import { newPairConversation, type PairConversation } from "./conversation.ts";

/** The invite that we were given, kept until the first frame of its maker proves the pairing. */
export interface HeldInvite {
  /** 16 bytes. */
  readonly secret: Uint8Array;
  readonly expiresAt: number;
  /** 32 random bytes that distinguish our claim of the invite from others. */
  readonly claim: Uint8Array;
  /** We were paired with them before: should this come to nothing, we still are. */
  readonly renews: boolean;
}

export interface Contact {
  /** Names the contact in our own store, whatever its keys become: base32 of 16 random bytes. */
  readonly ref: string;
  readonly account: AccountId;
  /** What this node calls them; unique among contacts, and changed by the user only. */
  readonly name: string;
  /** The user chose the name; else it comes from the first handshake. */
  readonly named: boolean;
  /** Derived once from the first name, for programs; absent before there is one. */
  readonly handle?: string;
  /** What they called themselves in the last handshake that had a valid name. */
  readonly profileName?: string | undefined;
  /** What the user noted of the contact. */
  readonly note?: string;
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
  /** What their version offers, as stated in the last handshake; absent before the first. */
  readonly capabilities?: number;
  readonly invite: HeldInvite | undefined;
  /**
   * Where they were last reached, or said that they can be, multiaddr texts without /p2p: the
   * newest first.
   */
  readonly addresses: readonly string[];

  /** The messages that we exchange: their order, delivery and unread count. */
  readonly conversation: PairConversation;

  /** Whether we tell what was read, and show what they read; absent: as the node's settings say. */
  readonly receipts?: boolean | undefined;
  /** Who may see our address; absent: they may. */
  readonly policy?: Policy | undefined;
  /** When they were last linked, ms since 1970, where that is kept. */
  readonly lastSeen?: number;
  /** Their bootstrap nodes, as the newest action of theirs states them. */
  readonly receivedBootstraps?: ReceivedBootstraps | undefined;
  /** Our bootstrap nodes that we sent them, when (ms since 1970), and their place in the outbox. */
  readonly sentBootstraps?:
    | { readonly at: number; readonly hosts: readonly string[]; readonly place: number }
    | undefined;
}

/** Bootstrap nodes that a contact shared (share-bootstraps.ts), at most `limits.toldHosts`. */
export interface ReceivedBootstraps extends Stamp {
  readonly hosts: readonly {
    readonly address: string;
    /** When the contact named it, ms since 1970. */
    readonly at: number;
    /** When it was asked first since it last answered. */
    readonly silentSince?: number;
  }[];
  /** What our person does not want of those that they name. */
  readonly unwanted: readonly string[];
}

/** A contact that was just added, with an empty conversation. */
export function newContact(
  crypto: CryptoProvider,
  now: number,
  fields: Pick<Contact, "account" | "name" | "named" | "role"> &
    Partial<Omit<Contact, "conversation">>,
): Contact {
  const ref = fields.ref ?? toBase32(crypto.random(16));
  return {
    addedAt: now,
    pairing: "invited",
    verified: false,
    blocked: false,
    changedAccount: undefined,
    chain: undefined,
    device: undefined,
    invite: undefined,
    addresses: [],
    conversation: newPairConversation(crypto, ref),
    ...fields,
    ref,
  };
}

/** The contact with this conversation; the same object where it has it already. */
export function withConversation(contact: Contact, conversation: PairConversation): Contact {
  return contact.conversation === conversation ? contact : { ...contact, conversation };
}

/** The claim that we make on a parsed invite. */
export function holdInvite(
  crypto: CryptoProvider,
  { secret, expiresAt }: Invite,
  renews: boolean,
): HeldInvite {
  return { secret, expiresAt, claim: crypto.random(32), renews };
}

/** The contact once it is blocked: the bootstrap nodes that it shared are forgotten. */
export function blocked(contact: Contact): Contact {
  return { ...contact, blocked: true, receivedBootstraps: undefined };
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

/** Features that a contact and this node have in common; none before the first handshake. */
export function featuresOf(
  { capabilities }: Contact,
  ours: ReadonlySet<Feature> = new Set(),
): ReadonlySet<Feature> {
  return commonFeatures(ours, capabilities ?? 0);
}

/** Whether the two tell each other what was read, and when they write. */
export function shares({ receipts }: Contact, byDefault: boolean): boolean {
  return receipts ?? byDefault;
}

/** The name of a contact that has none of its own yet: the first characters of its account id. */
export function placeholderName(account: AccountId): string {
  return account.slice(0, 8);
}

/**
 * The name by which a contact may be taken for another one: the user's choice, else their own.
 */
export function shownName({ name, named, profileName }: Contact): string {
  return named ? name : (profileName ?? name);
}

/** The account key that safety numbers are made of: the new one while a change is open. */
export function shownAccount(contact: Contact): Uint8Array {
  return accountId.bytes(contact.changedAccount ?? contact.account);
}
