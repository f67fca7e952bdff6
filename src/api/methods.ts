/**
 * The one table of methods: `noun.verb`, parameters by name, plain JSON. Types only, so that a client
 * loads no schema library; the daemon's schemas are held equal to these types by the compiler.
 *
 * `who` is a contact's name, a unique start of it, or an account id (or a start of at least 6 characters).
 */
import type { EventType } from "./events.ts";
import type {
  Account,
  Bootstrap,
  Contact,
  Invite,
  Message,
  NewInvite,
  NodeStatus,
  Peer,
} from "./views.ts";

/** No parameters, or nothing to tell. */
export type Nothing = Readonly<Record<string, never>>;
interface Who {
  readonly who: string;
}
interface OneContact {
  readonly contact: Contact;
}
interface Bootstraps {
  readonly bootstrap: readonly Bootstrap[];
}
interface Method<Params, Result> {
  readonly params: Params;
  readonly result: Result;
}

/**
 * What a send waits for. `live` waits for `delivered` if a link to the contact is up at the call, and for nothing
 * otherwise.
 */
export type SendWait = "sent" | "delivered" | "read" | "live";

export interface SendParams {
  readonly who: string;
  readonly text: string;
  /** The same key again gives the message of the first time. */
  readonly key?: string | undefined;
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

export interface Methods {
  "node.status": Method<Nothing, NodeStatus>;
  "node.stop": Method<Nothing, { readonly stopping: true }>;
  "account.show": Method<Nothing, Account>;

  "invite.create": Method<
    {
      readonly kind?: "once" | "reusable" | undefined;
      /** ms from now. */
      readonly expiresIn?: number | undefined;
      /** Put our present addresses into the link: found at once, but the link tells them. */
      readonly hints?: boolean | undefined;
    },
    NewInvite
  >;
  "invite.list": Method<Nothing, { readonly invites: readonly Invite[] }>;
  "invite.revoke": Method<{ readonly id: string }, Nothing>;

  /** With `wait` (ms): answers when pairing has come further than `invited`, or with the view at the timeout. */
  "contact.add": Method<
    { readonly link: string; readonly as?: string | undefined; readonly wait?: number | undefined },
    OneContact & { readonly timedOut: boolean }
  >;
  "contact.list": Method<Nothing, { readonly contacts: readonly Contact[] }>;
  "contact.show": Method<Who, OneContact>;
  "contact.rename": Method<Who & { readonly name: string }, OneContact>;
  "contact.block": Method<Who, OneContact>;
  "contact.unblock": Method<Who, OneContact>;
  "contact.remove": Method<Who, Nothing>;
  /** 60 digits, in 12 groups of 5. */
  "contact.number": Method<Who, OneContact & { readonly number: string }>;
  "contact.verify": Method<Who & { readonly number?: string | undefined }, OneContact>;
  "contact.unverify": Method<Who, OneContact>;

  "request.list": Method<Nothing, { readonly requests: readonly Contact[] }>;
  "request.accept": Method<Who, OneContact>;
  "request.deny": Method<Who, Nothing>;

  "message.send": Method<SendParams, SendResult>;
  /** Newest `limit` messages, oldest first; fewer where an answer would grow too long, and then `more` is true. */
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
  "message.markRead": Method<Who, Nothing>;
  /** Gives a message up: it is shown as failed and never sent. */
  "message.cancel": Method<{ readonly id: string }, { readonly message: Message }>;

  /** From now on, notifications named `event` follow on this connection. Again: replaces the filter. */
  "event.subscribe": Method<
    {
      readonly from?: string | undefined;
      readonly types?: readonly EventType[] | undefined;
    },
    Nothing
  >;

  "net.peers": Method<Nothing, { readonly peers: readonly Peer[] }>;
  "net.bootstrap.list": Method<Nothing, Bootstraps>;
  /** Kept in the settings, and tried at once. */
  "net.bootstrap.add": Method<{ readonly address: string }, Bootstraps>;
  /** Forgotten in the settings, and looked for no more. */
  "net.bootstrap.remove": Method<{ readonly address: string }, Bootstraps>;
}

export type MethodName = keyof Methods;
export type Params<Name extends MethodName> = Methods[Name]["params"];
export type Result<Name extends MethodName> = Methods[Name]["result"];
