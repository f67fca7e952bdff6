/**
 * What becomes of the reusable invites by which a contact came, when the contact must not find the
 * user any more: revoked, unless the option or the user's answer keeps them.
 */
import type { Invite } from "../../api/index.ts";
import { joined, safe } from "../../base/index.ts";
import { nameOf } from "../format/format.ts";
import type { Context } from "../runtime/context.ts";
import { askYes } from "../runtime/prompt.ts";

export interface InviteOptions {
  readonly keepInvites?: true;
  /** Revoke without asking. */
  readonly yes?: true;
}

/** The option of `block`, `rm` and `policy`. */
export const keepInvitesOption = [
  "--keep-invites",
  "do not revoke the open reusable invites by which they came",
] as const;

/**
 * Asks, where the user can be asked, and runs `act` with the contact's account id, the answer and
 * the number of these invites; then reports what was revoked.
 */
export async function endingInvites(
  context: Context,
  who: string,
  { keepInvites, yes }: InviteOptions,
  act: (who: string, keepInvites: boolean, open: number) => Promise<void>,
): Promise<void> {
  const { contact, invites } = await context.call("contact.invites", { who });
  const ids = joined(
    invites.map(({ id }: Invite) => id),
    ", ",
  );
  const many = invites.length > 1 ? "invites" : "invite";
  const question = safe`${nameOf(contact)} came by the open reusable ${many} ${ids}. Revoke, too?`;
  const asks = invites.length > 0 && !keepInvites && !yes && context.interactive;
  const keeps = keepInvites === true || (asks && !(await askYes(question, true)));
  await act(contact.account, keeps, invites.length);
  if (invites.length === 0) return;
  context.out.say(
    keeps
      ? safe`They can still find you by the ${many} ${ids}: sotto invite revoke ID`
      : safe`The reusable ${many} ${ids} by which they came: revoked.`,
  );
}
