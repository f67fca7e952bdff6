/** The `invite.*` methods. */
import type { InviteMethods } from "../../../api/index.ts";
import { inviteId, limits, SottoError } from "../../../base/index.ts";
import { fittingAfter } from "./fitting.ts";
import type { DispatchParts, Handlers } from "./method-types.ts";

export function inviteHandlers({ messenger, network }: DispatchParts): Handlers<InviteMethods> {
  return {
    "invite.create": ({ kind, expiresIn, hints, bootstrap }) =>
      messenger.createInvite({
        kind: kind ?? "once",
        expiresIn: expiresIn ?? limits.inviteExpiry,
        hints: hints ?? false,
        bootstrap: bootstrap === false ? [] : network.best(),
      }),
    "invite.list": ({ after }) => {
      const { page, more } = fittingAfter(messenger.invites(), ({ id }) => id === after);
      return { invites: page, more };
    },
    "invite.revoke": async ({ id }) => {
      const parsed = inviteId.parse(id);
      if (parsed === undefined) throw new SottoError("invite-unknown", "There is no such invite.");
      await messenger.revokeInvite(parsed);
      return {};
    },
  };
}
