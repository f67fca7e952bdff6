/** Contacts and contact requests. */
import type { Contact, Policy } from "../views.ts";
import type { Method, Nothing, OneContact, Who } from "./method-types.ts";

export interface ContactMethods {
  /** With `wait` (ms): answers when pairing is beyond `invited`, or at the timeout. */
  "contact.add": Method<
    {
      readonly link: string;
      readonly as?: string | undefined;
      /** Applies from the first dial on. */
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
  /** Turns read receipts and typing notices on or off, for both sides. */
  "contact.receipts": Method<Who & { readonly on: boolean }, OneContact>;
  /** Whether the contact can see our IP address; closes a link that the policy forbids. */
  "contact.policy": Method<Who & { readonly policy: Policy }, OneContact>;
  /** After what time new messages disappear on both sides, ms; 0: never. */
  "contact.timer": Method<Who & { readonly ms: number }, OneContact>;
  /** 60 digits, in 12 groups of 5. */
  "contact.number": Method<Who, OneContact & { readonly number: string }>;
  "contact.verify": Method<Who & { readonly number?: string | undefined }, OneContact>;
  "contact.unverify": Method<Who, OneContact>;
  "request.list": Method<Nothing, { readonly requests: readonly Contact[] }>;
  "request.accept": Method<Who, OneContact>;
  "request.deny": Method<Who, Nothing>;
}
