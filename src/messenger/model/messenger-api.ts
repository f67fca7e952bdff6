/** The interface of the messenger: use cases, options and events. */
import type { AccountId, DeviceId, InviteId, MessageId } from "../../base/index.ts";
import type {
  ContactView,
  ConversationView,
  DraftView,
  GroupInvitationView,
  GroupView,
  InviteView,
  MessageChange,
  MessageView,
  NewInvite,
  Policy,
} from "../../model/index.ts";
import type { Diagnosis, Health } from "./diagnosis.ts";
import type { GroupsApi } from "./groups-api.ts";
import type {
  AddOptions,
  ArrivalOptions,
  ConversationFilter,
  ConversationFlags,
  Draft,
  FindOptions,
  HistoryOptions,
  InviteFate,
  InviteOptions,
  MarkRead,
  MessagePage,
  PageOptions,
  SearchOptions,
  SearchResult,
  SendOptions,
} from "./options.ts";
import type { SharedBootstraps } from "./ports.ts";
/** What a live link said of itself; `silent`: not within `limits.stepTimeout`. */
export type Ping =
  | { readonly outcome: "no-link" }
  | { readonly outcome: "silent" }
  | { readonly outcome: "answered"; readonly rttMs: number };

/** An event that durable subscriptions keep: it reports a change of the store. */
export type KeptEvent =
  | { readonly type: "message.new"; readonly message: MessageView }
  | { readonly type: "message.state"; readonly message: MessageView }
  /** It was edited, deleted or reacted to, or such a change of ours has reached them. */
  | {
      readonly type: "message.changed";
      readonly message: MessageView;
      readonly what: MessageChange;
    }
  /** A message is gone from this node. */
  | {
      readonly type: "message.removed";
      /** The contact; absent in a group. */
      readonly account?: AccountId;
      /** Of the conversation. */
      readonly ref: string;
      readonly id: MessageId;
    }
  /**
   * Its last message, unread count, name, draft or a flag is another one. What happens to the last
   * message without changing its text (delivery, reactions) has only events of the message.
   */
  | { readonly type: "conversation.changed"; readonly conversation: ConversationView }
  | { readonly type: "contact.changed"; readonly contact: ContactView }
  /** The contact calls itself something else (`profileName`); its `name` here stays. */
  | { readonly type: "contact.renamed"; readonly contact: ContactView }
  | { readonly type: "contact.removed"; readonly account: AccountId }
  | { readonly type: "contact.request"; readonly contact: ContactView }
  | { readonly type: "key.changed"; readonly contact: ContactView }
  /** Another claim of an invite for one use was made after it was used; at most once a day. */
  | { readonly type: "invite.reused"; readonly invite: InviteView }
  /** A contact asks us to join a group. */
  | { readonly type: "group.invited"; readonly invitation: GroupInvitationView }
  /** A contact that we invited declined. */
  | { readonly type: "group.declined"; readonly group: GroupView; readonly account: AccountId }
  /** Its members, their roles, its settings or our own standing are other ones. */
  | { readonly type: "group.changed"; readonly group: GroupView };

/** `cursor` is present where a durable subscription will find the event under it. */
export type MessengerEvent =
  | (KeptEvent & { readonly cursor?: number })
  | { readonly type: "presence"; readonly contact: ContactView }
  /** The contact is typing until that time, ms since 1970; it has stopped where that is past. */
  | { readonly type: "typing"; readonly contact: ContactView; readonly until: number };

export type LoggedType = KeptEvent["type"];

/**
 * An event of a durable subscription: its contact, invite or message as it is when the event is
 * read, except for the state in `message.state`. An event about a message or contact that was
 * removed since becomes its removal. `resync`: older events were dropped.
 */
export type LoggedEvent = (KeptEvent | { readonly type: "resync" }) & { readonly cursor: number };

export interface FollowOptions {
  /** All where absent. */
  readonly types?: readonly LoggedType[];
  /** Only events about this contact or group. */
  readonly from?: string;
}

export interface FollowerView {
  readonly name: string;
  /** Every event up to here was acknowledged. */
  readonly cursor: number;
  /** Entries of the log that it has not acknowledged, wanted or not. */
  readonly behind: number;
  readonly types?: readonly LoggedType[];
  /** The contact or group whose events alone it wants (`ConversationView.ref`). */
  readonly from?: string;
}

/**
 * The use cases of one node. `who` is an account id, which always means its account, or a contact's
 * name or handle, a start of an account id of at least `limits.accountStart` characters, or a
 * unique start of a name or handle, in this order (docs/SPEC.md, Names). Names of unanswered
 * requests mean no contact, and `group:NAME` never does. Throws `contact-unknown`,
 * `contact-ambiguous` or `group-unknown`.
 */
export interface Messenger extends SharedBootstraps {
  /** The groups of this node; a client that is limited to contacts is given none of them. */
  readonly groups: GroupsApi;
  self(): { readonly account: AccountId; readonly device: DeviceId; readonly name: string };
  /**
   * The same messenger with these contacts only: every other one, and its messages, is answered as
   * an unknown one. Events, invites and what concerns the node as a whole are not limited.
   */
  limitedTo(accounts: ReadonlySet<AccountId>): Messenger;
  /** Publishes, dials, and takes links from now on. */
  start(): void;
  /** Ends links and timers, and waits until every turn has ended. The store stays open. */
  stop(): Promise<void>;
  /** Returns the function that ends the subscription. */
  subscribe(listener: (event: MessengerEvent) => void): () => void;
  /**
   * Keeps events for a follower from now on, until it acknowledges them; under a name that follows
   * already only the options change. Throws name-invalid, too-many-followers.
   */
  follow(name: string, options: FollowOptions): Promise<FollowerView>;
  /** Throws follower-unknown. */
  unfollow(name: string): Promise<void>;
  followers(): FollowerView[];
  /**
   * The oldest events that the follower has not acknowledged, in their order. Throws
   * follower-unknown.
   */
  readEvents(
    name: string,
    options: { readonly limit: number },
  ): Promise<{ readonly events: LoggedEvent[]; readonly more: boolean }>;
  /**
   * Every event up to the cursor need not be given again. Throws follower-unknown, cursor-unknown.
   */
  acknowledge(name: string, cursor: number): Promise<void>;

  createInvite(options: InviteOptions): Promise<NewInvite>;
  invites(): InviteView[];
  revokeInvite(id: InviteId): Promise<void>;
  /**
   * Takes an invite and starts to look for its maker. Throws invite-malformed, -truncated,
   * -mistyped, -newer, -expired, -own, contact-exists, contact-blocked, name-invalid, name-taken.
   */
  add(link: string, options?: AddOptions): Promise<ContactView>;

  /**
   * Bootstrap hosts that an invite names and that may be asked under this policy (absent: the one
   * that its maker has here already), with their /p2p part: who names a host may run it, and sees
   * who comes. Throws as `add` does where the link is none.
   */
  bootstrapsIn(link: string, policy?: Policy): string[];

  contacts(): ContactView[];
  contact(who: string): ContactView;
  /** The contact with this account now, `undefined` if it was removed. */
  contactOf(account: AccountId): ContactView | undefined;
  rename(who: string, name: string): Promise<ContactView>;
  /**
   * Notes something of the contact, on this node only; an empty text deletes the note. Throws
   * `note-invalid`.
   */
  setNote(who: string, note: string): Promise<ContactView>;
  /**
   * Blocks the contact. It cannot find us by an invite either: one for one use by which it came is
   * dead, and reusable ones are revoked, unless `keepInvites` is set.
   */
  block(who: string, options?: InviteFate): Promise<ContactView>;
  unblock(who: string): Promise<ContactView>;
  /**
   * Deletes the contact, its keys, its messages and what is queued for it; invites end as for
   * `block`.
   */
  remove(who: string, options?: InviteFate): Promise<void>;
  /** The open reusable invites by which the contact came. */
  invitesOf(who: string): InviteView[];
  /**
   * Answers a request made through a reusable invite: `who` is the name or account of a request
   * that has no answer yet. Throws request-unknown, contact-ambiguous.
   */
  accept(who: string): Promise<ContactView>;
  deny(who: string): Promise<void>;

  /** 60 digits in 12 groups; of the new key while a key change is open. */
  safetyNumber(who: string): string;
  /**
   * Marks the contact verified, and accepts a changed key. With `number`, only if it is the safety
   * number: throws number-mismatch. After a key change `number` is required: throws key-changed
   * without it.
   */
  verify(who: string, number?: string): Promise<ContactView>;
  unverify(who: string): Promise<ContactView>;

  /**
   * Stores the message and its outbox entry in one batch, then returns; delivery goes on by itself.
   * The same `key` again returns the message of the first time, also where nothing can be sent any
   * more. Throws key-reused where that message has another text or answers another message (not
   * known once it was edited or deleted), message-empty, message-too-long, message-not-text,
   * contact-blocked, key-changed, invite-denied, invite-used, invite-expired, outbox-full; in a
   * group group-ended, group-reader; message-unknown and message-deleted of the message that it
   * answers.
   */
  send(who: string, text: string, options?: SendOptions): Promise<MessageView>;
  /** Whether a message to this contact or group can leave now: there is a live link. */
  isLive(who: string): boolean;
  /**
   * Replaces the text of a message of ours, here and there; of one that never left, here only, and
   * whatever forbids to send to the contact. Throws what `send` throws, message-unknown,
   * message-not-yours, message-deleted, message-failed. A contact may repeat the id of any message
   * that it has received: ours is meant wherever it is; `who` limits the search to one
   * conversation.
   */
  edit(id: MessageId, text: string, who?: string): Promise<MessageView>;
  /** Deletes a message of ours, here and there. Finds it and throws as `edit` does. */
  delete(id: MessageId, who?: string): Promise<MessageView>;
  /**
   * Removes a message from this node only. Throws message-unknown, message-ambiguous where several
   * conversations have one with this id and `who` is absent, and message-waiting while it is on its
   * way to the contact.
   */
  hide(id: MessageId, who?: string): Promise<void>;
  /**
   * Reacts to a message of either side, replacing an earlier reaction; "" removes it. Throws as
   * `edit` does, reaction-invalid, and message-ambiguous as `hide` does.
   */
  react(id: MessageId, emoji: string, who?: string): Promise<MessageView>;
  /** Sends a typing indicator to a linked contact, at most one in `limits.typingPause`. */
  typing(who: string): Promise<void>;
  /**
   * Sets for both sides how long messages that are sent from now on are kept, in ms, 0 for forever.
   * Throws timer-invalid, and what `send` throws of the contact.
   */
  setTimer(who: string, ms: number): Promise<ContactView>;
  /**
   * Exchanges receipts and typing indicators with this contact, or neither sends nor shows them.
   */
  shareReceipts(who: string, on: boolean): Promise<ContactView>;
  /**
   * Sets who may see our address: a link that the policy forbids is closed at once. What the
   * contact knows already, and published records, which are valid for up to `limits.recordAge`, are
   * not taken back. Under lan and hidden, invites end as for `block`.
   */
  setPolicy(who: string, policy: Policy, options?: InviteFate): Promise<ContactView>;
  /** Measures the round trip of a live link. */
  ping(who: string): Promise<Ping>;
  /**
   * Searches for the contact now where it is not linked, and reports every step: within
   * `limits.diagnosis`.
   */
  diagnose(who: string): Promise<Diagnosis>;
  /**
   * Invisible mode: no record is published, dialers are answered as unknown peers are, and links
   * are made only where there is something to send; they close once it has arrived. Published
   * records are valid for up to `limits.recordAge`.
   */
  setInvisible(on: boolean): void;
  /**
   * Publishes at least this many tags, cover records included, and twice, four times and so on as
   * many where there are more contacts and invites; 0: no cover records.
   * @param step a whole number up to `limits.decoyStep`.
   */
  setDecoys(step: number): Promise<void>;
  /** What this node itself knows of its clock and its records. */
  health(): Health;
  /**
   * Takes a message of ours back that never left this node, so that it is shown as cancelled and
   * never sent, whatever forbids to send to the contact. Finds it as `edit` does. Throws
   * message-unknown, message-not-yours; message-sent once it was sealed for a link, since it may
   * have arrived then. Where this node was restored from an older copy, a deletion is queued as
   * well.
   */
  cancel(id: MessageId, who?: string): Promise<MessageView>;
  /**
   * Queues a message of ours again that was given up (`failed`): with the same id, so that the
   * contact never shows it twice, at a new position by arrival, and in the order where it was if it
   * was sealed before, else last. Finds it as `edit` does. Throws message-unknown,
   * message-not-yours, message-deleted, message-not-failed, contact-blocked, key-changed,
   * invite-denied, invite-used, invite-expired, outbox-full. In a group nothing that was sealed
   * fails, so the message is queued as a new one, with another id.
   */
  resend(id: MessageId, who?: string): Promise<MessageView>;
  /** The message with this id. Throws message-ambiguous as `hide` does. */
  message(id: MessageId, who?: string): Promise<MessageView | undefined>;
  /**
   * The message that a user means: an id, a start of one of at least 4 characters (of the newest
   * messages), or `last`, the newest of a conversation. `WHO/` before it, or `who`, names the
   * conversation: without it an id is searched for in all of them. Throws message-unknown,
   * message-ambiguous, contact-unknown.
   */
  find(ref: string, options?: FindOptions): Promise<MessageView>;
  /** How many messages of the conversation are here. */
  count(who: string): Promise<number>;
  /** Conversations, pinned ones first, then by their last messages, newest first. */
  conversations(filter?: ConversationFilter): Promise<ConversationView[]>;
  conversation(who: string): Promise<ConversationView>;
  /** Unread messages of a conversation, or of all. */
  unread(who?: string): number;
  setConversation(who: string, flags: ConversationFlags): Promise<ConversationView>;
  /** Shows the conversation as unread until it is marked as read; sends nothing. */
  markUnread(who: string): Promise<ConversationView>;
  /**
   * Keeps a text that is not sent yet, at most `limits.textBytes`; an empty one deletes it, and so
   * does a message that is sent. Throws message-too-long, message-not-text.
   */
  setDraft(who: string, draft: Draft): Promise<DraftView>;
  draft(who: string): Promise<DraftView | undefined>;
  /**
   * A page of the conversation in its order, oldest first. Messages that cannot be read are left
   * out. Throws `cursor-unknown` for a cursor that is no position; `message-unknown` and
   * `message-ambiguous` for `around`.
   */
  page(who: string, options: PageOptions): Promise<MessagePage<string>>;
  /**
   * A page of all conversations, or of one, in the order in which messages arrived on this node,
   * oldest first: nothing is ever inserted before a number that was shown.
   */
  arrivals(options: ArrivalOptions): Promise<MessagePage<number>>;
  /** Newest `limit` messages that can be read, in the order of arrival, oldest first. */
  history(who: string, options: HistoryOptions): Promise<MessageView[]>;
  /**
   * Messages that have every word of the question, whole or as the start of a word; case and
   * accents do not matter. Throws search-empty.
   */
  search(question: string, options: SearchOptions): Promise<SearchResult>;
  /**
   * Marks the messages of this contact that the user has seen: those with the `ids`, or those that
   * arrived at positions `from` to `upTo`, without `from` all older ones too, without `upTo` all
   * newer ones. Starts their expiry timers,
   * and sends a receipt where receipts are shared: up to the oldest message that was not seen.
   */
  markRead(who: string, options?: MarkRead): Promise<void>;

  /**
   * The contacts and invites of this account, encrypted so that the 24 words open them
   * (docs/SPEC.md, Backup): no messages and no sessions.
   * @param bootstrap multiaddr texts that are included.
   */
  backup(bootstrap: readonly string[]): Promise<Uint8Array>;
}
