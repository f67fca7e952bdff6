/** Messages. */
import type { PositionRange } from "../../base/index.ts";
import type { Contact, Message } from "../views.ts";
import type { Method, Nothing, OneContact, Who } from "./method-types.ts";

/** What a send waits for. `live`: for `delivered` if the contact is connected at the call. */
export type SendWait = "sent" | "delivered" | "read" | "live";

export interface SendParams {
  readonly who: string;
  readonly text: string;
  /**
   * A second call with the same key returns the first message; with another text or `replyTo` it
   * fails as `key-reused`, unless that message was edited or deleted.
   */
  readonly key?: string | undefined;
  /** Id of the message that it replies to. */
  readonly replyTo?: string | undefined;
  readonly wait?: SendWait | undefined;
  /** How long to wait, ms. */
  readonly timeout?: number | undefined;
}

export interface SendResult {
  readonly contact: Contact;
  readonly message: Message;
  /**
   * The awaited state was not reached in time, or the account key of the contact has changed
   * (`contact.keyChanged`); the message is kept.
   */
  readonly timedOut: boolean;
  /** From the call to the reported state, ms. */
  readonly elapsed: number;
}

/** What a change waits for. `live`: until it is delivered, if the contact is connected. */
interface ChangeParams {
  readonly id: string;
  /** The contact in whose conversation the message is: several may have one with this id. */
  readonly who?: string | undefined;
  readonly wait?: "live" | undefined;
  /** How long to wait, ms. */
  readonly timeout?: number | undefined;
}

export interface MessageMethods {
  "message.send": Method<SendParams, SendResult>;
  /** The newest `limit` messages, oldest first; fewer, with `more`, if the response is too long. */
  "message.list": Method<
    Who & {
      readonly limit?: number | undefined;
      /** Only messages whose `at` is below. */
      readonly before?: number | undefined;
      /** Only messages whose `at` is above. */
      readonly after?: number | undefined;
      /**
       * Only from the oldest message on that this node stored at or after this time, ms since 1970.
       */
      readonly since?: number | undefined;
    },
    {
      readonly messages: readonly Message[];
      readonly more: boolean;
      /**
       * Where the store is damaged, by `at`: a message that cannot be read (`from` equals `to`), or
       * a range in which messages may be missing or out of date. Absent if there is none.
       */
      readonly damaged?: readonly PositionRange[];
    }
  >;
  /** How many messages of the conversation this node has. */
  "message.count": Method<Who, OneContact & { readonly messages: number }>;
  /** Messages that contain every word of the query, or a word that starts with it, newest first. */
  "message.search": Method<
    {
      readonly query: string;
      readonly from?: string | undefined;
      readonly limit?: number | undefined;
    },
    { readonly messages: readonly Message[]; readonly more: boolean }
  >;
  /** Replaces the text of a message of ours, for both sides. */
  "message.edit": Method<ChangeParams & { readonly text: string }, SendResult>;
  /**
   * Deletes a message of ours for both sides; with `forMe` a message of either side here only,
   * which is returned as it was.
   */
  "message.delete": Method<ChangeParams & { readonly forMe?: boolean | undefined }, SendResult>;
  /** Reacts to a message, replacing an earlier reaction; an empty `emoji` removes it. */
  "message.react": Method<ChangeParams & { readonly emoji: string }, SendResult>;
  /**
   * The message with an id, the first characters of one (at least 4), or `last` for the newest one
   * of a conversation, with `direction` the newest one of that side. `who` or `WHO/` before it
   * names the conversation; without it all of them are searched. With `direction` "out", ours is
   * meant where several fit.
   */
  "message.find": Method<
    {
      readonly ref: string;
      readonly who?: string | undefined;
      readonly direction?: "in" | "out" | undefined;
    },
    { readonly contact: Contact; readonly message: Message }
  >;
  /** Sends a typing notice to a contact who is online; can be called at any rate. */
  "typing.send": Method<Who, Nothing>;
  /**
   * Marks the messages as read that were shown: those at positions `from` to `upTo`; without `from`
   * all older ones too, without `upTo` all newer ones.
   */
  "message.markRead": Method<
    Who & { readonly from?: number | undefined; readonly upTo?: number | undefined },
    Nothing
  >;
  /**
   * Takes back a message of ours that never left: it is shown as cancelled and never sent. Works
   * also for a contact to whom nothing can be sent, as `message.delete` and `message.edit` do then.
   */
  "message.cancel": Method<
    { readonly id: string; readonly who?: string | undefined },
    { readonly contact: Contact; readonly message: Message }
  >;
}
