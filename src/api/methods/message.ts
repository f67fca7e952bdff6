/** Messages: sent, read back, changed, given up. */
import type { Contact, Message } from "../views.ts";
import type { Method, Nothing, Who } from "./method-types.ts";

/**
 * What a send waits for. `live` waits for `delivered` if a link to the contact is up at the call,
 * and for nothing otherwise.
 */
export type SendWait = "sent" | "delivered" | "read" | "live";

export interface SendParams {
  readonly who: string;
  readonly text: string;
  /** The same key again gives the message of the first time. */
  readonly key?: string | undefined;
  /** Id of the message that it answers. */
  readonly replyTo?: string | undefined;
  readonly wait?: SendWait | undefined;
  /** How long to wait, ms. */
  readonly timeout?: number | undefined;
}

export interface SendResult {
  readonly contact: Contact;
  readonly message: Message;
  /** The awaited state did not come in time; the message is kept all the same. */
  readonly timedOut: boolean;
  /** From the call to the state that is told, ms. */
  readonly elapsed: number;
}

/**
 * What a change waits for: with `live`, until it has reached a contact who is online at the call.
 */
interface ChangeParams {
  readonly id: string;
  readonly wait?: "live" | undefined;
  /** How long to wait, ms. */
  readonly timeout?: number | undefined;
}

export interface MessageMethods {
  "message.send": Method<SendParams, SendResult>;
  /**
   * Newest `limit` messages, oldest first; fewer where an answer would grow too long, and then
   * `more` is true.
   */
  "message.list": Method<
    Who & {
      readonly limit?: number | undefined;
      /** Only messages whose `at` is below. */
      readonly before?: number | undefined;
      /** Only messages whose `at` is above. */
      readonly after?: number | undefined;
      /** Only messages whose sender dated them at or after this, ms since 1970. */
      readonly since?: number | undefined;
    },
    { readonly messages: readonly Message[]; readonly more: boolean }
  >;
  /** Messages that have every word asked for, whole or as the start of a word, newest first. */
  "message.search": Method<
    {
      readonly query: string;
      readonly from?: string | undefined;
      readonly limit?: number | undefined;
    },
    { readonly messages: readonly Message[]; readonly more: boolean }
  >;
  /** Replaces the text of a message of ours, for both. */
  "message.edit": Method<ChangeParams & { readonly text: string }, SendResult>;
  /**
   * Deletes a message of ours for both; with `forMe`, one of either side here alone, and gives it a
   * last time.
   */
  "message.delete": Method<ChangeParams & { readonly forMe?: boolean | undefined }, SendResult>;
  /** Reacts to a message in place of an earlier reaction; an empty `emoji` takes it back. */
  "message.react": Method<ChangeParams & { readonly emoji: string }, SendResult>;
  /**
   * The message that a person means: an id, a start of one of at least 4 characters, `WHO/START`,
   * or `WHO/last` for the newest, with `direction` the newest of one side.
   */
  "message.find": Method<
    { readonly ref: string; readonly direction?: "in" | "out" | undefined },
    { readonly contact: Contact; readonly message: Message }
  >;
  /** Tells a contact who is online that the person is writing. Call it as often as you like. */
  "typing.send": Method<Who, Nothing>;
  /**
   * What the person was given is read: up to the place `upTo`, or everything. With `only` the
   * message at `upTo` was given and no other: nothing is marked while an older one is unread, since
   * it would count as read, too.
   */
  "message.markRead": Method<
    Who & { readonly upTo?: number | undefined; readonly only?: boolean | undefined },
    Nothing
  >;
  /** Gives a message up: it is shown as failed and never sent. */
  "message.cancel": Method<{ readonly id: string }, { readonly message: Message }>;
}
