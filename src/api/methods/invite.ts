/** Invites. */
import { limits } from "../../base/index.ts";
import { invite, newInvite } from "../schema/contact.ts";
import { flag, list, object, oneOf, optional, short, whole } from "../schema/fields.ts";
import { type MethodTypes, method, nothing, sample } from "./method.ts";

export const inviteMethods = {
  "invite.create": method({
    row: "manage",
    summary: "Makes an invite: a link that another user adds with `contact.add`.",
    errors: ["expiry-invalid", "too-many-invites"],
    params: object({
      kind: optional(oneOf(["once", "reusable"], "`once` by default.")),
      expiresIn: optional(whole("ms from now; 24 hours by default.", 1, limits.inviteExpiryMax)),
      hints: optional(
        flag("Include our current addresses: connects at once, but the link reveals them."),
      ),
      bootstrap: optional(flag("Include up to two of our bootstrap nodes; true by default.")),
    }),
    result: newInvite,
    example: { kind: "once", hints: true },
  }),
  "invite.list": method({
    row: "manage",
    summary: "The invites of this node.",
    errors: ["cursor-unknown"],
    params: object({
      after: optional(short("Begins after the invite with this id: the next page.")),
    }),
    result: object({
      invites: list(invite),
      more: flag("The response would be too long: call again with `after`."),
    }),
    example: {},
  }),
  "invite.revoke": method({
    row: "manage",
    summary: "Ends an invite.",
    errors: ["invite-unknown"],
    params: object({ id: short("The id of an invite.") }),
    result: nothing,
    example: { id: sample.invite },
  }),
};

export type InviteMethods = MethodTypes<typeof inviteMethods>;
