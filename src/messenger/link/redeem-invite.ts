/**
 * A dialer with an invite of ours: what the invite is worth to it, and how it becomes a contact.
 */
import { limits } from "../../base/index.ts";
import type { Channel } from "../../ports/index.ts";
import { type Contact, newContact, placeholderName } from "../model/contact.ts";
import {
  answerTo,
  type Claim,
  claimBy,
  claimOf,
  endedFor,
  type KeptInvite,
  withClaim,
} from "../model/invite.ts";
import { admits, mayFindUs } from "../model/link-policy.ts";
import { newPeer, type Peer } from "../model/peer.ts";
import { commitContact } from "../state/change-contact.ts";
import { sessionOps } from "../state/contact-store.ts";
import { type Context, withContactLock, withInviteLock } from "../state/context.ts";
import { type Invites, putInvite } from "../state/invites.ts";
import { inviteReusedEvent } from "../state/store-events.ts";
import {
  handshakeEvents,
  type Introduction,
  introduced,
  type ProvenPeer,
  takeUpSession,
  wipeHandshake,
} from "./introduction.ts";
import { establish, inboundStays } from "./live-link.ts";

/** A dialer whose hello proved an invite of ours. */
export interface Claimant {
  readonly context: Context;
  readonly invites: Invites;
  readonly channel: Channel;
  /** 32 bytes: names this claim, the same in every attempt of the claimant. */
  readonly claim: Uint8Array;
  readonly onLinkClosed: (peer: Peer) => void;
}

/**
 * Whether the claim is answered at all: a claimant that was blocked since, or whose path the policy
 * forbids, is treated as an unknown peer.
 */
export function mayRedeem({ context, channel, claim }: Claimant, invite: KeptInvite): boolean {
  const before = claimOf(invite, claim);
  const known = before && context.contactStore.byAccount(before.account)?.contact;
  return known === undefined || (!known.blocked && admits(known, context.transport, channel));
}

/** Reports that a second claimant has used an invite for one, at most once a day. */
export function noteReuse({ context, invites }: Claimant, { id }: KeptInvite): Promise<void> {
  context.log("invite-reused");
  return withInviteLock(context, async () => {
    const invite = invites.get(id);
    const now = context.clock.now();
    if (invite === undefined || !isEventDue(invite, now)) return;
    const noted = { ...invite, reusedAt: now };
    const event = inviteReusedEvent(invites.view(noted));
    const emit = await context.eventLog.commit([putInvite(noted)], [event]);
    invites.set(noted);
    emit();
  });
}

function isEventDue({ reusedAt }: KeptInvite, now: number): boolean {
  return reusedAt === undefined || Math.abs(now - reusedAt) >= limits.reuseEvent;
}

/**
 * Pairs with a claimant that has proven its keys, if the invite is still good.
 * @param stream 16 bytes: our own stream, as we named it in the handshake.
 * @returns whether the channel is now the contact's link.
 */
export function redeemInvite(
  claimant: Claimant,
  { id }: KeptInvite,
  proven: ProvenPeer,
  stream: Uint8Array,
): Promise<boolean> {
  const { context, invites, claim } = claimant;
  return withInviteLock(context, async () => {
    try {
      const invite = invites.get(id);
      // Another claimant may have been faster, or the user has revoked the invite since.
      const now = context.clock.now();
      if (invite === undefined || answerTo(invite, claim, now) !== "handshake") return false;
      const made = claimOf(invite, claim);
      if (made !== undefined && made.account !== proven.them.account) return false;
      return await pairWith(claimant, invite, proven, stream);
    } finally {
      wipeHandshake(context.contactStore.byAccount(proven.them.account), proven);
    }
  });
}

/** The claimant becomes a contact, or, by a reusable invite, asks to become one. */
async function pairWith(
  { context, invites, channel, claim, onLinkClosed }: Claimant,
  invite: KeptInvite,
  { them, madeAt, session, outputs }: ProvenPeer,
  stream: Uint8Array,
): Promise<boolean> {
  if (them.account === context.identity.account) return false;
  const known = context.contactStore.byAccount(them.account);
  const peer = known ?? newPeer(newClaimant(context, them));
  const linked = await withContactLock(context, peer, async () => {
    const answer = answerFor(invite, peer.contact);
    const accepted = answer === "accepted";
    const at = context.clock.now();
    const made = withClaim(invite, { claim, account: them.account, answer, at });
    const claimed = mayFindUs(peer.contact) ? made : endedFor(made);
    const refused = answer === "denied" || answer === "removed" || peer.contact.blocked;
    if (refused || !admits(peer.contact, context.transport, channel)) {
      // With the claim stored, the next attempt is refused before anything is computed for it.
      await context.store.commit([putInvite(claimed)]);
      invites.set(claimed);
      return false;
    }
    if (!inboundStays(channel.remote, peer.attempt)) return false;
    const contact: Contact = {
      ...introduced(context, peer.contact, stream, them, { outputs, madeAt }, !accepted),
      role: "a",
      pairing: accepted ? "handshaken" : "requested",
      invite: undefined,
      changedAccount: undefined,
    };
    peer.attempt?.abort();
    const event = accepted ? "contact.changed" : "contact.request";
    await commitContact(context, peer, {
      contact,
      ops: [...sessionOps(contact.ref, peer.session, session), putInvite(claimed)],
      events: handshakeEvents(context, peer, contact, event),
      applied: () => {
        invites.set(claimed);
        context.contactStore.add(peer);
        takeUpSession(peer, session);
      },
    });
    if (!accepted) return false;
    await establish(context, peer, channel, onLinkClosed, true);
    return true;
  });
  return linked === true;
}

/**
 * How this account is answered. One that was denied asks again by another claim, which is denied,
 * too: the user decides once about an account and an invite.
 */
function answerFor(invite: KeptInvite, { account, pairing }: Contact): Claim["answer"] {
  if (invite.kind === "once" || pairing === "confirmed") return "accepted";
  return claimBy(invite, account)?.answer ?? "pending";
}

function newClaimant(context: Context, them: Introduction): Contact {
  return newContact(context.crypto, context.clock.now(), {
    account: them.account,
    name: placeholderName(them.account),
    named: false,
    role: "a",
  });
}
