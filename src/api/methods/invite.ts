/** Invites. */
import type { Invite, NewInvite } from "../views.ts";
import type { Method, Nothing } from "./method-types.ts";

export interface InviteMethods {
  "invite.create": Method<
    {
      readonly kind?: "once" | "reusable" | undefined;
      /** ms from now. */
      readonly expiresIn?: number | undefined;
      /** Include our current addresses: connects at once, but the link reveals them. */
      readonly hints?: boolean | undefined;
      /** Include up to two of our bootstrap nodes; true by default. */
      readonly bootstrap?: boolean | undefined;
    },
    NewInvite
  >;
  "invite.list": Method<Nothing, { readonly invites: readonly Invite[] }>;
  "invite.revoke": Method<{ readonly id: string }, Nothing>;
}
