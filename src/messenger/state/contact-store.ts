/**
 * The contacts of this node: loaded once, found by what a user types, written in batches by the
 * use cases.
 */
import { type AccountId, limits } from "../../base/index.ts";
import type { ContactView } from "../../model/index.ts";
import type { Clock, Store, StoreOp, Transport } from "../../ports/index.ts";
import { changedRows, type Session, sessionOfRows } from "../../ratchet/index.ts";
import { type Contact, reachable, shares, shownName } from "../model/contact.ts";
import { eraseChain } from "../model/epoch-keys.ts";
import { awaits, policyOf, routeOf } from "../model/link-policy.ts";
import {
  type GroupEntry,
  newPeer,
  type OutboxEntry,
  type Peer,
  pendingCount,
} from "../model/peer.ts";
import { decodeRow, drop, encodeRow, put, rowKey } from "../model/rows.ts";
import { ContactNames } from "./contact-names.ts";
import { replaceSession } from "./session-draft.ts";

/** What the views of contacts depend on besides the contacts. */
interface Shown {
  readonly clock: Clock;
  /** Whether receipts are shared where the contact says nothing. */
  readonly receipts: boolean;
  readonly transport: Pick<Transport, "proxied">;
}

/** What a store and those limited to some contacts share. */
interface Held {
  readonly names: ContactNames;
  readonly peers: Map<string, Peer>;
  readonly byConversation: Map<string, Peer>;
  revision: number;
}

export class ContactStore {
  readonly #held: Held;
  readonly #shown: Shown;
  /** The only accounts whose contacts are found; absent: all. */
  readonly #only: ReadonlySet<AccountId> | undefined;

  private constructor(shown: Shown, held: Held, only?: ReadonlySet<AccountId>) {
    this.#shown = shown;
    this.#held = held;
    this.#only = only;
  }

  get names(): ContactNames {
    return this.#held.names;
  }

  /**
   * Grows whenever a contact is added or removed, its root chain is replaced, or links with it are
   * wanted again or no more.
   */
  get revision(): number {
    return this.#held.revision;
  }

  /**
   * The same contacts, of which only these are found: every other one is as unknown, in whatever
   * way it is asked for.
   */
  limitedTo(accounts: ReadonlySet<AccountId>): ContactStore {
    return new ContactStore(this.#shown, this.#held, accounts);
  }

  /** The contacts that this store is limited to; absent where it is not. */
  get only(): Peer[] | undefined {
    return this.#only && this.peers();
  }

  /** The contact, unless this store is limited to others. */
  #found(peer: Peer | undefined): Peer | undefined {
    return peer !== undefined && this.#finds(peer) ? peer : undefined;
  }

  readonly #finds = ({ contact }: Peer): boolean => this.#only?.has(contact.account) ?? true;

  /** Reads every contact, session and outbox. */
  static async load(store: Store, shown: Shown): Promise<ContactStore> {
    const contactStore = new ContactStore(shown, {
      names: new ContactNames(),
      peers: new Map(),
      byConversation: new Map(),
      revision: 0,
    });
    await contactStore.names.handles.load(store, shown.clock.now());
    for (const bytes of await store.all("contact")) {
      const contact = decodeRow<Contact>(bytes);
      const peer = newPeer(contact);
      const rows = await store.list("session", contact.ref);
      peer.session = sessionOfRows(rows);
      // What cannot be read must not be taken for a part of the next session.
      if (peer.session === undefined && rows.length > 0)
        await store.commit(rows.map(({ at }) => drop(rowKey("session", contact.ref, at))));
      for (const { at, value } of await store.list("outbox", contact.conversation.ref))
        peer.outbox.set(at, { ...decodeRow<KeptEntry>(value), at, transit: undefined });
      contactStore.add(peer);
    }
    return contactStore;
  }

  peers(): Peer[] {
    return [...this.#held.peers.values()].filter(this.#finds);
  }

  add(peer: Peer): void {
    this.#held.revision++;
    this.#held.peers.set(peer.contact.ref, peer);
    this.#held.byConversation.set(peer.contact.conversation.ref, peer);
    this.names.set(peer);
  }

  /** Forgets a contact, and overwrites its session's keys and the root of its epochs. */
  remove(peer: Peer): void {
    peer.removed = true;
    this.#held.revision++;
    replaceSession(peer, undefined);
    if (peer.contact.chain !== undefined) eraseChain(peer.contact.chain);
    this.#held.peers.delete(peer.contact.ref);
    this.#held.byConversation.delete(peer.contact.conversation.ref);
    this.names.delete(peer);
  }

  /** Takes up a changed contact, with its name if it is stored here. */
  update(peer: Peer, contact: Contact): void {
    const before = peer.contact;
    if (before.chain !== contact.chain || reachable(before) !== reachable(contact))
      this.#held.revision++;
    peer.contact = contact;
    if (this.#held.peers.has(contact.ref)) this.names.set(peer);
  }

  byRef(ref: string): Peer | undefined {
    return this.#found(this.#held.peers.get(ref));
  }

  /** @param ref of a conversation, which keys the rows of its messages. */
  byConversation(ref: string): Peer | undefined {
    return this.#found(this.#held.byConversation.get(ref));
  }

  byAccount(account: AccountId): Peer | undefined {
    return this.peers().find(({ contact }) => contact.account === account);
  }

  /** The contact that a text means (ContactNames). Throws contact-unknown, contact-ambiguous. */
  find(who: string): Peer {
    return this.names.contact(who, this.#finds);
  }

  /** @param isClosed whether its link was just closed, which the reader has yet to notice. */
  view(peer: Peer, { isClosed = false } = {}): ContactView {
    const { contact, outbox, recordTime } = peer;
    const link = isClosed ? undefined : peer.link;
    const { clock, receipts, transport } = this.#shown;
    const age = clock.now() - (recordTime ?? Number.NEGATIVE_INFINITY);
    const why = link === undefined ? awaits(contact, transport) : undefined;
    const alike = this.names.alike(shownName(contact), { except: peer }, this.#finds);
    return {
      account: contact.account,
      name: contact.name,
      handle: this.names.handles.of(peer),
      named: contact.named,
      ...(contact.profileName !== undefined && { profileName: contact.profileName }),
      ...(alike !== undefined && {
        looksLike: { account: alike.contact.account, name: alike.contact.name },
      }),
      ...(contact.note !== undefined && { note: contact.note }),
      pairing: contact.pairing,
      verified: contact.verified,
      blocked: contact.blocked,
      keyChanged: contact.changedAccount !== undefined,
      online: link !== undefined,
      ...(link !== undefined && { route: routeOf(transport, link.channel) }),
      recentlySeen: age < limits.recordAge,
      waiting: pendingCount({ contact, outbox }),
      timer: contact.conversation.timer?.ms ?? 0,
      receipts: shares(contact, receipts),
      policy: policyOf(contact),
      ...(why !== undefined && { awaits: why }),
      ...(contact.invite !== undefined && { inviteExpiresAt: contact.invite.expiresAt }),
      ...(contact.lastSeen !== undefined && { lastSeen: contact.lastSeen }),
      addedAt: contact.addedAt,
    };
  }
}

/** What of an outbox entry is kept. */
type KeptEntry = Pick<OutboxEntry, "id" | "sequence" | "act" | "sealed" | "session">;

export function putContact(contact: Contact): StoreOp {
  return put(rowKey("contact", contact.ref), encodeRow(contact));
}

export function dropContact(contact: Contact): StoreOp {
  return drop(rowKey("contact", contact.ref));
}

/**
 * The operations after which the store has session `after` of a contact where it has `before`;
 * `undefined` for no session.
 */
export function sessionOps(
  ref: string,
  before: Session | undefined,
  after: Session | undefined,
): StoreOp[] {
  const { written, deleted } = changedRows(before, after);
  return [
    ...written.map(({ at, value }) => put(rowKey("session", ref, at), value)),
    ...deleted.map((at) => drop(rowKey("session", ref, at))),
  ];
}

export function putEntry(ref: string, at: number, entry: KeptEntry): StoreOp {
  const { id, sequence, act, sealed, session } = entry;
  return put(rowKey("outbox", ref, at), encodeRow({ id, sequence, act, sealed, session }));
}

/** @param ref of the conversation of a group. */
export function putGroupEntry(ref: string, entry: GroupEntry): StoreOp {
  return put(rowKey("outbox", ref, entry.at), encodeRow(entry));
}

export function dropEntry(ref: string, at: number): StoreOp {
  return drop(rowKey("outbox", ref, at));
}
