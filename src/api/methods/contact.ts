/** Contacts and contact requests. */
import type { Contact, Invite, Policy } from "../views.ts";
import type { Method, Nothing, OneContact, Who } from "./method-types.ts";

/**
 * What becomes of our invites by which the contact came: one for one use is dead in any case;
 * reusable ones are revoked.
 */
interface InviteFate {
  /** Reusable invites stay open: others may use them, and the contact can find us by them. */
  readonly keepInvites?: boolean | undefined;
}

export interface ContactMethods {
  /** With `wait` (ms): answers when pairing is beyond `invited`, or at the timeout. */
  "contact.add": Method<
    {
      /** A text that contains the link; at most `limits.pastedInvite` characters. */
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
  /** Blocks the contact, who cannot find us by our invites either: see `InviteFate`. */
  "contact.block": Method<Who & InviteFate, OneContact>;
  "contact.unblock": Method<Who, OneContact>;
  /** Deletes the contact, its keys and messages, and ends invites: see `InviteFate`. */
  "contact.remove": Method<Who & InviteFate, Nothing>;
  /** Our open reusable invites by which the contact came. */
  "contact.invites": Method<Who, OneContact & { readonly invites: readonly Invite[] }>;
  /** Turns read receipts and typing notices on or off, for both sides. */
  "contact.receipts": Method<Who & { readonly on: boolean }, OneContact>;
  /**
   * Whether the contact can see our IP address; closes a link that the policy forbids, and ends
   * invites under lan and hidden: see `InviteFate`.
   */
  "contact.policy": Method<Who & InviteFate & { readonly policy: Policy }, OneContact>;
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
