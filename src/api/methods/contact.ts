/** Contacts, and those who ask to become one. */
import type { Contact, Policy } from "../views.ts";
import type { Method, Nothing, OneContact, Who } from "./method-types.ts";

export interface ContactMethods {
  /**
   * With `wait` (ms): answers when pairing has come further than `invited`, or with the view at the
   * timeout.
   */
  "contact.add": Method<
    {
      readonly link: string;
      readonly as?: string | undefined;
      /** Holds from the first dial on. */
      readonly policy?: Policy | undefined;
      readonly wait?: number | undefined;
    },
    OneContact & { readonly timedOut: boolean }
  >;
  "contact.list": Method<Nothing, { readonly contacts: readonly Contact[] }>;
  "contact.show": Method<Who, OneContact>;
  "contact.rename": Method<Who & { readonly name: string }, OneContact>;
  "contact.block": Method<Who, OneContact>;
  "contact.unblock": Method<Who, OneContact>;
  "contact.remove": Method<Who, Nothing>;
  /** Tells them what was read and when we write, and shows theirs; or neither. */
  "contact.receipts": Method<Who & { readonly on: boolean }, OneContact>;
  /** Who may see our address from now on; ends a link at once that it forbids. */
  "contact.policy": Method<Who & { readonly policy: Policy }, OneContact>;
  /** How long messages that either side sends from now on stay on both, ms; 0 for ever. */
  "contact.timer": Method<Who & { readonly ms: number }, OneContact>;
  /** 60 digits, in 12 groups of 5. */
  "contact.number": Method<Who, OneContact & { readonly number: string }>;
  "contact.verify": Method<Who & { readonly number?: string | undefined }, OneContact>;
  "contact.unverify": Method<Who, OneContact>;
  "request.list": Method<Nothing, { readonly requests: readonly Contact[] }>;
  "request.accept": Method<Who, OneContact>;
  "request.deny": Method<Who, Nothing>;
}
