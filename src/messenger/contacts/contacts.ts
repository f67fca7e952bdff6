/** What a user does with contacts: add, rename, block, verify, accept, remove. */
import { accountId, limits, type PositionRange, SottoError } from "../../base/index.ts";
import { safetyNumber, sameSafetyNumber } from "../../crypto/index.ts";
import type { ContactView, Policy } from "../../model/index.ts";
import type { StoreOp } from "../../ports/index.ts";
import { findInvite, type Invite } from "../../wire/index.ts";
import { dropEarlyActions } from "../inbox/early-actions.ts";
import { dropHeld } from "../inbox/held-messages.ts";
import { closeLink } from "../link/live-link.ts";
import {
  blocked,
  type Contact,
  holdInvite,
  newContact,
  placeholderName,
  shownAccount,
} from "../model/contact.ts";
import { type KeptInvite, withAnswer, withNewAccount } from "../model/invite.ts";
import { requireAllowed, scopeOf } from "../model/link-policy.ts";
import { idempotencyKey, type MessageRow, messageKey, placeKey } from "../model/message.ts";
import { chosenName } from "../model/name-keys.ts";
import type { AddOptions, InviteFate } from "../model/options.ts";
import { newPeer, type Peer } from "../model/peer.ts";
import { drop } from "../model/rows.ts";
import { changeContact, commitContact } from "../state/change-contact.ts";
import { dropContact, dropEntry, sessionOps } from "../state/contact-store.ts";
import { type Context, withContactLock, withInviteLock } from "../state/context.ts";
import { draftKey } from "../state/conversations.ts";
import { type Invites, putInvite } from "../state/invites.ts";
import { dropOrder } from "../state/order-index.ts";
import { readableRows } from "../state/readable-rows.ts";
import { replaceSession } from "../state/session-draft.ts";
import { contactEvent, contactRemovedEvent, conversationEvent } from "../state/store-events.ts";
import { changed, changeWithInvites, invitesEndedFor } from "./end-invites.ts";

const refusals = {
  "invite-malformed": "There is no invite link in this text.",
  "invite-truncated": "The invite link is incomplete.",
  "invite-mistyped": "The invite link contains a typing error.",
  "invite-newer": "A newer version of Sotto made this invite.",
} as const;

/**
 * The name as it is stored. One that only looks like another contact's is accepted: the view says
 * so. Throws name-invalid, name-taken.
 */
function checkName(context: Context, name: string, except?: Peer): string {
  const clean = chosenName(name);
  if (context.contactStore.names.taken(clean, except))
    throw new SottoError("name-taken", "Another contact has this name.");
  return clean;
}

/**
 * An address in an invite with a PeerId is a bootstrap host's; one without is the inviter's own.
 */
const isBootstrap = (hint: string): boolean => hint.includes("/p2p/");

/** The invite in a text. Throws invite-malformed, -truncated, -mistyped, -newer. */
function read(link: string): Invite {
  const parsed = findInvite(link);
  if (parsed.kind === "refused") throw new SottoError(parsed.why, refusals[parsed.why]);
  return parsed.invite;
}

/**
 * Throws invite-expired only where no clock that the handshake accepts makes the invite valid: its
 * maker decides by the clock that set the expiry.
 */
function checkExpiry({ clock }: Context, { expiresAt }: Invite): void {
  const now = clock.now();
  if (now <= expiresAt + limits.pairClockSkew) return;
  const day = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16)}Z`;
  throw new SottoError(
    "invite-expired",
    `The invite expired at ${day(expiresAt)}; the clock of this computer shows ${day(now)}.`,
  );
}

/** See `Messenger.bootstrapsIn`. */
export function bootstrapsIn(context: Context, link: string, policy?: Policy): string[] {
  const { account, hints } = read(link);
  const known = context.contactStore.byAccount(accountId.from(account))?.contact;
  if (scopeOf({ policy: policy ?? known?.policy }, context.transport) !== "any") return [];
  return hints.filter(isBootstrap).slice(0, limits.inviteBootstraps);
}

/** See `Messenger.add`. Returns the contact, whose maker is to be looked for. */
export async function add(
  context: Context,
  invites: Invites,
  link: string,
  { as, policy, ...fate }: AddOptions,
): Promise<Peer> {
  const invite = read(link);
  const hints = invite.hints.filter((hint) => !isBootstrap(hint));
  checkExpiry(context, invite);
  const account = accountId.from(invite.account);
  requireAllowed(context, account);
  if (account === context.identity.account)
    throw new SottoError("invite-own", "This is your own invite.");
  const { names } = context.contactStore;
  const known = context.contactStore.byAccount(account);
  const renews = known?.contact.pairing === "confirmed" || known?.contact.invite?.renews === true;
  const held = holdInvite(context.crypto, invite, renews);
  const given = (): Pick<Contact, "name" | "named"> | undefined =>
    as === undefined ? undefined : { name: checkName(context, as, known), named: true };
  if (known === undefined) {
    const contact = newContact(context.crypto, context.clock.now(), {
      account,
      ...(given() ?? { name: names.free(placeholderName(account), {}), named: false }),
      role: "b",
      invite: held,
      addresses: hints,
      ...(policy !== undefined && { policy }),
    });
    const peer = newPeer(contact);
    context.contactStore.add(peer);
    try {
      const events = [contactEvent(context, peer, contact), conversationEvent(context, peer)];
      await commitContact(context, peer, { contact, events });
    } catch (error) {
      context.contactStore.remove(peer);
      throw error;
    }
    return peer;
  }
  if (known.contact.blocked)
    throw new SottoError("contact-blocked", "You blocked the contact who made this invite.");
  if (known.link !== undefined)
    throw new SottoError("contact-exists", `${known.contact.name} is already a contact.`);
  // They may have lost what they knew of us: pair again, and keep the conversation.
  const ended = (): KeptInvite[] =>
    policy === undefined || policy === "any" ? [] : invitesEndedFor(invites, account, fate);
  await changeWithInvites(context, invites, known, ended, (contact) => ({
    contact: {
      ...contact,
      // A request has to share the names of contacts from now on.
      ...(contact.pairing === "requested" && { name: names.free(contact.name, { except: known }) }),
      ...given(),
      ...(policy !== undefined && { policy }),
      conversation: { ...contact.conversation, stream: context.crypto.random(16) },
      pairing: "invited",
      invite: held,
      changedAccount: undefined,
      addresses: [...hints, ...contact.addresses].slice(0, limits.recordAddresses),
    },
  }));
  // What is under way knows nothing of this invite.
  known.attempt?.abort();
  return known;
}

/** See `Messenger.rename`. Throws name-invalid, name-taken, contact-unknown. */
export function rename(context: Context, peer: Peer, name: string): Promise<ContactView> {
  return changeContact(context, peer, (contact) => ({
    contact: { ...contact, name: checkName(context, name, peer), named: true },
  }));
}

/** See `Messenger.block`. */
export async function block(
  context: Context,
  invites: Invites,
  peer: Peer,
  options: InviteFate,
): Promise<ContactView> {
  peer.cancelRetry();
  await changeWithInvites(
    context,
    invites,
    peer,
    () => invitesEndedFor(invites, peer.contact.account, options),
    (contact) => ({ contact: blocked(contact) }),
  );
  peer.attempt?.abort();
  closeLink(peer);
  return context.contactStore.view(peer, { isClosed: true });
}

/** See `Messenger.unblock`. Throws contact-unknown. */
export function unblock(context: Context, peer: Peer): Promise<ContactView> {
  return changeContact(context, peer, (contact) => ({ contact: { ...contact, blocked: false } }));
}

/**
 * See `Messenger.remove`. A contact who used an invite of ours cannot use it again.
 * @param answer what a claimant of that account is answered by an invite that stays open.
 */
export async function remove(
  context: Context,
  invites: Invites,
  peer: Peer,
  { answer = "removed", ...options }: InviteFate & { readonly answer?: "removed" | "denied" },
): Promise<void> {
  peer.cancelRetry();
  await withInviteLock(context, () =>
    withContactLock(context, peer, async () => {
      const { account, conversation } = peer.contact;
      const { ref } = conversation;
      const ops: StoreOp[] = [
        dropContact(peer.contact),
        ...sessionOps(peer.contact.ref, peer.session, undefined),
      ];
      // Rows that cannot be read are deleted, too.
      const onDamage = ({ from, to }: PositionRange): void => {
        const last = Math.min(to, conversation.nextAt - 1);
        for (let at = from; at <= last; at++) ops.push(drop(messageKey(ref, at)));
      };
      const dropped: Pick<MessageRow, "arrival">[] = [];
      for (const { at, row } of await readableRows(context.store, ref, { onDamage })) {
        dropped.push({ ...(row.arrival !== undefined && { arrival: row.arrival }) });
        ops.push(drop(messageKey(ref, at)), drop(placeKey(ref, row.id)));
        if (row.key !== undefined) ops.push(drop(idempotencyKey(ref, row.key)));
      }
      ops.push(...(await dropOrder(context.store, ref)));
      ops.push(drop(draftKey(ref)));
      ops.push(...context.contactStore.names.handles.reserve(peer, context.clock.now()));
      for (const at of peer.outbox.keys()) ops.push(dropEntry(ref, at));
      const spans = context.expiryTimers.places(ref);
      ops.push(...context.expiryTimers.drop(ref, spans));
      ops.push(
        ...dropEarlyActions(ref, conversation.early ?? []),
        ...dropHeld(ref, conversation.held ?? []),
      );
      const kept = changed(invites, invitesEndedFor(invites, account, options), (invite) =>
        withAnswer(invite, account, answer, context.clock.now()),
      );
      const happened = [contactRemovedEvent(peer.contact)];
      const tell = await context.index.forgetAll(ref, (words) =>
        context.eventLog.commit(
          [...ops, ...context.arrivals.drop(dropped), ...words, ...kept.map(putInvite)],
          happened,
        ),
      );
      for (const invite of kept) invites.set(invite);
      context.contactStore.remove(peer);
      context.conversations.forget(ref);
      context.expiryTimers.forget(ref, spans);
      tell();
    }),
  );
  peer.attempt?.abort();
  closeLink(peer);
}

/** See `Messenger.deny`. The invite stays open: others may still ask by it. */
export function deny(context: Context, invites: Invites, peer: Peer): Promise<void> {
  return remove(context, invites, peer, { keepInvites: true, answer: "denied" });
}

/** See `Messenger.accept`. Throws contact-unknown. */
export function accept(context: Context, invites: Invites, peer: Peer): Promise<ContactView> {
  const { account } = peer.contact;
  return changeWithInvites(
    context,
    invites,
    peer,
    () =>
      changed(invites, [], (invite) =>
        withAnswer(invite, account, "accepted", context.clock.now()),
      ),
    (contact) => ({
      contact: {
        ...contact,
        name: context.contactStore.names.free(contact.name, { except: peer }),
        pairing: "handshaken",
      },
    }),
  );
}

/** See `Messenger.safetyNumber`. */
export function numberOf(context: Context, { contact }: Peer): string {
  return safetyNumber(context.crypto, context.identity.accountKey, shownAccount(contact));
}

/** See `Messenger.verify`. */
export async function verify(
  context: Context,
  invites: Invites,
  peer: Peer,
  number: string | undefined,
): Promise<ContactView> {
  const { account, changedAccount } = peer.contact;
  if (number !== undefined && !sameSafetyNumber(number, numberOf(context, peer)))
    throw new SottoError("number-mismatch", "The safety number is different.");
  if (changedAccount !== undefined && number === undefined)
    throw new SottoError("key-changed", `The account key of ${peer.contact.name} has changed.`);
  if (changedAccount === undefined)
    return changeContact(context, peer, (contact) => ({ contact: { ...contact, verified: true } }));
  // The new key gets a session of its own: what was sealed for the old one is sealed again.
  const claims = () =>
    changed(invites, [], (invite) => withNewAccount(invite, account, changedAccount));
  return changeWithInvites(context, invites, peer, claims, (contact) => ({
    contact: { ...contact, account: changedAccount, changedAccount: undefined, verified: true },
    ops: sessionOps(contact.ref, peer.session, undefined),
    applied: () => replaceSession(peer, undefined),
  }));
}

/** See `Messenger.unverify`. Throws contact-unknown. */
export function unverify(context: Context, peer: Peer): Promise<ContactView> {
  return changeContact(context, peer, (contact) => ({ contact: { ...contact, verified: false } }));
}
