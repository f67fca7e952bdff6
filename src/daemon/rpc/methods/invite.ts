/** The `invite.*` methods. */
import * as v from "valibot";
import type { InviteMethods } from "../../../api/index.ts";
import { inviteId, limits, SottoError } from "../../../base/index.ts";
import type { DispatchParts, Handlers, Schemas } from "./method-types.ts";
import { nothing, short, whole } from "./param-schemas.ts";

export const inviteSchemas: Schemas<InviteMethods> = {
  "invite.create": v.strictObject({
    kind: v.optional(v.picklist(["once", "reusable"])),
    expiresIn: v.optional(v.pipe(whole, v.minValue(1), v.maxValue(limits.inviteExpiryMax))),
    hints: v.optional(v.boolean()),
    bootstrap: v.optional(v.boolean()),
  }),
  "invite.list": nothing,
  "invite.revoke": v.strictObject({ id: short }),
};

export function inviteHandlers({ messenger, network }: DispatchParts): Handlers<InviteMethods> {
  return {
    "invite.create": ({ kind, expiresIn, hints, bootstrap }) =>
      messenger.createInvite({
        kind: kind ?? "once",
        expiresIn: expiresIn ?? limits.inviteExpiry,
        hints: hints ?? false,
        bootstrap: bootstrap === false ? [] : network.best(),
      }),
    "invite.list": () => ({ invites: messenger.invites() }),
    "invite.revoke": async ({ id }) => {
      const parsed = inviteId.parse(id);
      if (parsed === undefined) throw new SottoError("invite-unknown", "There is no such invite.");
      await messenger.revokeInvite(parsed);
      return {};
    },
  };
}
