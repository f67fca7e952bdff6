/**
 * What becomes of our invites when the contact who came by one is blocked or removed, or may not
 * find us from everywhere any more.
 */
import type { AccountId } from "../../base/index.ts";
import type { ContactView } from "../../model/index.ts";
import type { Contact } from "../model/contact.ts";
import { claimBy, endedFor, type KeptInvite } from "../model/invite.ts";
import type { InviteFate } from "../model/options.ts";
import type { Peer } from "../model/peer.ts";
import { type ContactChange, commitContact, withKnownOwner } from "../state/change-contact.ts";
import { type Context, withInviteLock } from "../state/context.ts";
import { type Invites, putInvite } from "../state/invites.ts";

/**
 * The invites that change so that the account cannot find us by one: those for one use are dead,
 * reusable ones are revoked unless the user keeps them.
 */
export function invitesEndedFor(
  invites: Invites,
  account: AccountId,
  { keepInvites = false }: InviteFate,
): KeptInvite[] {
  const once = invites
    .all()
    .filter((invite) => invite.kind === "once" && claimBy(invite, account) !== undefined);
  const revoked = keepInvites ? [] : invites.openOf(account);
  return [
    ...once.map(endedFor),
    ...revoked.map((invite): KeptInvite => ({ ...invite, end: "revoked" })),
  ];
}

/** The invites that are other than before: these, then each after `change`. */
export function changed(
  invites: Invites,
  these: readonly KeptInvite[],
  change: (invite: KeptInvite) => KeptInvite,
): KeptInvite[] {
  const now = new Map(these.map((invite) => [invite.id, invite]));
  return invites
    .all()
    .map((before) => ({ before, after: change(now.get(before.id) ?? before) }))
    .filter(({ before, after }) => after !== before)
    .map(({ after }) => after);
}

/**
 * Changes a contact and invites in one batch. Throws contact-unknown if the contact was removed.
 * @param choose the invites as they are to be; called under the invite lock.
 */
export function changeWithInvites(
  context: Context,
  invites: Invites,
  peer: Peer,
  choose: () => readonly KeptInvite[],
  change: (contact: Contact) => ContactChange,
): Promise<ContactView> {
  return withInviteLock(context, () =>
    withKnownOwner(context, peer, async () => {
      const kept = choose();
      const made = change(peer.contact);
      await commitContact(context, peer, {
        ...made,
        ops: [...(made.ops ?? []), ...kept.map(putInvite)],
        applied: () => {
          for (const invite of kept) invites.set(invite);
          made.applied?.();
        },
      });
      return context.contactStore.view(peer);
    }),
  );
}
