/**
 * Conversations as clients list them: the last message and the start of the draft of each are kept
 * in memory, so that a list of all costs no reads.
 */
import { cutText, limits, type MessageId, never } from "../../base/index.ts";
import type { ConversationView } from "../../model/index.ts";
import type { RowKey, Store } from "../../ports/index.ts";
import { type Conversation, unreadCount } from "../model/conversation.ts";
import { type MessageRow, messageView, storedAt } from "../model/message.ts";
import {
  type ConversationOwner,
  conversationOf,
  type OwnerChange,
  shownRef,
} from "../model/owner.ts";
import {
  comparePositions,
  lineOf,
  type Position,
  positionOf,
  rankOfShown,
} from "../model/position.ts";
import { decodeRow, rowKey } from "../model/rows.ts";
import type { ContactNames } from "./contact-names.ts";
import { readLines } from "./order-index.ts";
import { readableRows } from "./readable-rows.ts";

/** The message that is last in the order of its conversation. */
export interface LastMessage {
  readonly at: number;
  /** With the start of its text only. */
  readonly row: MessageRow;
  readonly position: Position;
}

/** A row as a batch leaves it; `undefined` where it is deleted. */
interface ChangedRow {
  readonly at: number;
  readonly row: MessageRow | undefined;
}

export function draftKey(ref: string): RowKey {
  return rowKey("draft", ref);
}

/** A draft as it is stored. */
export interface DraftRow {
  /** Of its conversation. */
  readonly ref: string;
  readonly text: string;
  readonly replyTo?: MessageId;
  /** ms since 1970. */
  readonly savedAt: number;
}

export class Conversations {
  readonly #store: Store;
  readonly #names: ContactNames;
  /** By the ref of the conversation. `undefined`: it has no messages. */
  readonly #last = new Map<string, LastMessage | undefined>();
  readonly #drafts = new Map<string, string>();
  #isDue = (_owner: ConversationOwner, _at: number, _row: MessageRow): boolean => false;

  private constructor(store: Store, names: ContactNames) {
    this.#store = store;
    this.#names = names;
  }

  static async load(store: Store, names: ContactNames): Promise<Conversations> {
    const conversations = new Conversations(store, names);
    for (const bytes of await store.all("draft")) {
      const { ref, text } = decodeRow<DraftRow>(bytes);
      conversations.setDraft(ref, text);
    }
    return conversations;
  }

  /** Hides messages that no running node deletes in time. Set once. */
  hideDue(isDue: (owner: ConversationOwner, at: number, row: MessageRow) => boolean): void {
    this.#isDue = isDue;
  }

  /** Reads the last message of a conversation, once. `view` requires it. */
  async load(owner: ConversationOwner): Promise<void> {
    const { ref } = conversationOf(owner);
    if (this.#last.has(ref)) return;
    const last = await this.#read(owner, new Set());
    // A batch that was committed in the meantime knows better.
    if (!this.#last.has(ref) && !owner.removed) this.#last.set(ref, last);
  }

  /** What is last once some rows have changed. Requires the owner's lock. */
  async lastAfter(
    owner: ConversationOwner,
    changes: readonly ChangedRow[],
  ): Promise<LastMessage | undefined> {
    await this.load(owner);
    const { ref } = conversationOf(owner);
    const before = this.#last.get(ref);
    const shown = changes.flatMap(({ at, row }) => (row && !row.hidden ? [lastOf(at, row)] : []));
    let last = before;
    if (before !== undefined && changes.some(({ at }) => at === before.at)) {
      const now = shown.find(({ at }) => at === before.at);
      const isStill = now !== undefined && comparePositions(now.position, before.position) >= 0;
      last = isStill ? now : await this.#read(owner, new Set(changes.map(({ at }) => at)));
    }
    for (const one of shown)
      if (last === undefined || comparePositions(one.position, last.position) > 0) last = one;
    return last;
  }

  last(owner: ConversationOwner): LastMessage | undefined {
    return this.#last.get(conversationOf(owner).ref);
  }

  /** Once the batch is committed. */
  setLast(owner: ConversationOwner, last: LastMessage | undefined): void {
    this.#last.set(conversationOf(owner).ref, last);
  }

  /** Once it is stored. @param text empty: there is no draft. */
  setDraft(ref: string, text: string): void {
    if (text === "") this.#drafts.delete(ref);
    else this.#drafts.set(ref, cutText(text, limits.previewLength));
  }

  hasDraft(ref: string): boolean {
    return this.#drafts.has(ref);
  }

  /** The contact or group was removed. */
  forget(ref: string): void {
    this.#last.delete(ref);
    this.#drafts.delete(ref);
  }

  /**
   * Forgets every text, once the node has stopped: the process of a locked node runs on, and
   * timers and promises may still refer to this object.
   */
  clear(): void {
    this.#last.clear();
    this.#drafts.clear();
  }

  /** A conversation whose last message was loaded. */
  view(owner: ConversationOwner): ConversationView {
    const conversation = conversationOf(owner);
    const { ref, muted, pinned, archived } = conversation;
    const last = this.#last.get(ref);
    const draft = this.#drafts.get(ref);
    return {
      ref: shownRef(owner),
      ...this.#named(owner),
      ...(last !== undefined && {
        last: messageView(owner, last.at, last.row),
        lastAt: storedAt(last.row),
      }),
      unread: unreadCount(conversation),
      muted: muted === true,
      pinned: pinned === true,
      archived: archived === true,
      ...(draft !== undefined && { draft }),
    };
  }

  #named(owner: ConversationOwner): Pick<ConversationView, "kind" | "handle" | "name"> {
    switch (owner.kind) {
      case "contact": {
        const { name } = owner.contact;
        return { kind: "contact", handle: this.#names.handles.of(owner), name };
      }
      case "group":
        return { kind: "group", name: owner.row.alias };
      default:
        return never(owner);
    }
  }

  /** The last message in the store, but for those at some positions. */
  async #read(
    owner: ConversationOwner,
    except: ReadonlySet<number>,
  ): Promise<LastMessage | undefined> {
    const { ref } = conversationOf(owner);
    const limit = except.size + 1;
    for (let beyond: Position | undefined; ; ) {
      const lines = await readLines(this.#store, ref, {
        reverse: true,
        limit,
        beyond,
        onDamage: () => undefined,
      });
      for (const { at } of lines) {
        if (except.has(at)) continue;
        const [found] = await readableRows(this.#store, ref, { from: at, to: at });
        if (found !== undefined && !this.#isDue(owner, at, found.row)) return lastOf(at, found.row);
      }
      // None of these can be shown.
      beyond = lines.at(-1)?.position;
      if (lines.length < limit) return undefined;
    }
  }
}

function lastOf(at: number, { missing: _, text, ...row }: MessageRow): LastMessage {
  const short = { ...row, text: cutText(text, limits.previewLength) };
  return { at, row: short, position: positionOf(rankOfShown(short, at), lineOf(short, at)) };
}

/**
 * Whether a conversation is shown differently: by its last message, but not by the delivery of that
 * or by a reaction to it, which have events of their own.
 */
export function lastDiffers(
  before: LastMessage | undefined,
  after: LastMessage | undefined,
): boolean {
  const { at, row } = after ?? {};
  return (
    before?.at !== at ||
    before?.row.text !== row?.text ||
    before?.row.deleted !== row?.deleted ||
    before?.row.edited?.id !== row?.edited?.id
  );
}

/** Whether a conversation is shown differently once a change of its owner is committed. */
export function conversationDiffers(change: OwnerChange): boolean {
  switch (change.kind) {
    case "contact": {
      const { next } = change;
      const { contact } = change.owner;
      return (
        contact.account !== next.account ||
        contact.name !== next.name ||
        contact.handle !== next.handle ||
        contact.pairing !== next.pairing ||
        isShownDifferently(contact.conversation, next.conversation)
      );
    }
    case "group": {
      const { next } = change;
      const { row } = change.owner;
      return row.alias !== next.alias || isShownDifferently(row.conversation, next.conversation);
    }
    default:
      return never(change);
  }
}

function isShownDifferently(one: Conversation, other: Conversation): boolean {
  return (
    unreadCount(one) !== unreadCount(other) ||
    one.muted !== other.muted ||
    one.pinned !== other.pinned ||
    one.archived !== other.archived
  );
}
