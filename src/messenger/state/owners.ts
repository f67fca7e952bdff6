/**
 * The owners of conversations: contacts, and groups as the group folder holds them. A text means a
 * group only where it begins with `group:`.
 */
import { type AccountId, SottoError } from "../../base/index.ts";
import { unreadCount } from "../model/conversation.ts";
import {
  type ConversationOwner,
  conversationOf,
  type GroupOwner,
  shownRef,
} from "../model/owner.ts";
import type { ContactStore } from "./contact-store.ts";

/** The groups of this node. */
export interface GroupDirectory {
  all(): readonly GroupOwner[];
  /** @param ref of its row. */
  byRef(ref: string): GroupOwner | undefined;
  /** The group of an alias or id, without `group:`; `undefined` where there is none. */
  named(name: string): GroupOwner | undefined;
}

/** What names a group, and never a contact. */
const GROUP = /^\s*group:(.*)$/is;

/** Whether a text means a group and no contact, whether there is one or not. */
export function meansGroup(who: string): boolean {
  return GROUP.test(who);
}

export class Owners {
  readonly #contacts: ContactStore;
  readonly #groups: GroupDirectory | undefined;

  /** @param groups absent where no group is to be found. */
  constructor(contacts: ContactStore, groups?: GroupDirectory) {
    this.#contacts = contacts;
    this.#groups = groups;
  }

  all(): ConversationOwner[] {
    return [...this.#contacts.peers(), ...(this.#groups?.all() ?? [])];
  }

  /** All that are found; absent where all conversations of the node are. */
  get only(): ConversationOwner[] | undefined {
    return this.#contacts.only && this.all();
  }

  /** @param ref of the contact or of the group in our own store. */
  byRef(ref: string): ConversationOwner | undefined {
    return this.#contacts.byRef(ref) ?? this.#groups?.byRef(ref);
  }

  /** @param ref of the conversation, which keys the rows of its messages. */
  byConversation(ref: string): ConversationOwner | undefined {
    return this.#contacts.byConversation(ref) ?? this.#groups?.byRef(ref);
  }

  /** @param ref as clients name the conversation (`shownRef`). */
  shownAs(ref: string): ConversationOwner | undefined {
    return (
      this.#contacts.byAccount(ref as AccountId) ??
      this.#groups?.all().find((group) => shownRef(group) === ref)
    );
  }

  /**
   * The contact or group that a text means: `group:` and an alias or an id, or what names a contact
   * (ContactNames). Throws group-unknown, contact-unknown, contact-ambiguous.
   */
  find(who: string): ConversationOwner {
    const name = GROUP.exec(who)?.[1]?.trim();
    if (name === undefined) return this.#contacts.find(who);
    return requireGroup(this.#groups?.named(name));
  }

  /** Unread messages of a conversation, or of all. */
  unread(who?: string): number {
    const owners = who === undefined ? this.all() : [this.find(who)];
    return owners.reduce((sum, owner) => sum + unreadCount(conversationOf(owner)), 0);
  }
}

/** Throws group-unknown. */
export function requireGroup<Group>(group: Group | undefined): Group {
  if (group === undefined)
    throw new SottoError("group-unknown", "There is no group with this name.");
  return group;
}
