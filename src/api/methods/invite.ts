/** Invites: made, listed, revoked. */
import type { Invite, NewInvite } from "../views.ts";
import type { Method, Nothing } from "./method-types.ts";

export interface InviteMethods {
  "invite.create": Method<
    {
      readonly kind?: "once" | "reusable" | undefined;
      /** ms from now. */
      readonly expiresIn?: number | undefined;
      /** Put our present addresses into the link: found at once, but the link tells them. */
      readonly hints?: boolean | undefined;
      /**
       * Name up to two of our bootstrap hosts, for somebody who knows none; so it is unless this is
       * false.
       */
      readonly bootstrap?: boolean | undefined;
    },
    NewInvite
  >;
  "invite.list": Method<Nothing, { readonly invites: readonly Invite[] }>;
  "invite.revoke": Method<{ readonly id: string }, Nothing>;
}
