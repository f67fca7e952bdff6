/**
 * Somebody comes by one of our invites: told what it is worth, and paired with where it is still
 * good.
 */
import { limits } from "../../base/index.ts";
import type { AnswerBody } from "../../wire/index.ts";
import { type Contact, newContact } from "../model/contact.ts";
import type { HelloKey } from "../model/epoch-keys.ts";
import { admits } from "../model/link-policy.ts";
import { newPeer } from "../model/peer.ts";
import { commitContact } from "../state/change-contact.ts";
import { putSession } from "../state/contact-store.ts";
import { type Context, withContactLock, withInviteLock } from "../state/context.ts";
import { claimOf, type KeptInvite, putInvite, withClaim } from "../state/invites.ts";
import { contactEvent, inviteReusedEvent } from "../state/store-events.ts";
import { type Introduction, introduced, takeUpSession } from "./introduction.ts";
import { establish, inboundStays } from "./live-link.ts";
import { type ResponderHandshake, respondTo, say } from "./responder-handshake.ts";

/** The callee's answer to a hello that was made with an invite of ours. */
export async function redeemInvite(
  visit: ResponderHandshake,
  invite: KeptInvite,
  key: HelloKey,
): Promise<boolean> {
  const { context, invites, body, channel } = visit;
  const before = claimOf(invite, body.id);
  // Whoever was blocked since, or comes over a way that is closed to them, meets what a stranger
  // meets.
  const known = before && context.contactStore.byAccount(before.account)?.contact;
  if (known?.blocked || (known && !admits(known, context.transport, channel))) return false;
  const status = standing(visit, invite);
  const frame = await say(visit, key, { status, id: body.id });
  if (frame === undefined) return false;
  if (status !== "handshake") {
    if (status === "used") {
      context.log("invite-reused");
      const tell = await context.eventLog.commit([], [inviteReusedEvent(invites.view(invite))]);
      tell();
    }
    return false;
  }
  const stream = context.crypto.random(16);
  const done = await respondTo(visit, key, frame, stream);
  if (done === undefined) return false;
  return withInviteLock(context, async () => {
    const current = invites.get(invite.id);
    // Somebody else may have been quicker, or the person has revoked it meanwhile.
    if (current === undefined || standing(visit, current) !== "handshake") return false;
    const made = claimOf(current, body.id);
    if (made !== undefined && made.account !== done.them.account) return false;
    return pairWith(visit, current, done, stream);
  });
}

/** What the invite is worth to this claimant now. */
function standing({ invites, body }: ResponderHandshake, invite: KeptInvite): AnswerBody["status"] {
  const made = claimOf(invite, body.id);
  if (made?.answer === "accepted") return "handshake";
  if (made !== undefined) return made.answer;
  const { state } = invites.view(invite);
  if (state === "used") return "used";
  return state === "open" && invite.claims.length < limits.inviteClaims ? "handshake" : "expired";
}

type Responded = NonNullable<Awaited<ReturnType<typeof respondTo>>>;

/** The claimant becomes a contact, or, by a reusable invite, asks to become one. */
async function pairWith(
  visit: ResponderHandshake,
  invite: KeptInvite,
  { them, madeAt, session, outputs }: Responded,
  stream: Uint8Array,
): Promise<boolean> {
  const { context, invites, channel, body, lost } = visit;
  if (them.account === context.identity.account) return false;
  const known = context.contactStore.byAccount(them.account);
  const peer = known ?? newPeer(newClaimant(context, them));
  const taken = await withContactLock(context, peer, async () => {
    const accepted =
      invite.kind === "once" ||
      claimOf(invite, body.id)?.answer === "accepted" ||
      peer.contact.pairing === "confirmed";
    const claimed = withClaim(invite, {
      claim: body.id,
      account: them.account,
      answer: accepted ? "accepted" : "pending",
    });
    if (peer.contact.blocked || !admits(peer.contact, context.transport, channel)) {
      // Next time the claim tells who it is, and meets silence before anything is computed for it.
      await context.store.commit([putInvite(claimed)]);
      invites.set(claimed);
      return false;
    }
    if (!inboundStays(channel.remote, peer.attempt)) return false;
    const contact: Contact = {
      ...introduced(context, peer.contact, stream, them, { outputs, madeAt }),
      role: "a",
      pairing: accepted ? "handshaken" : "requested",
      invite: undefined,
      changedAccount: undefined,
    };
    peer.attempt?.abort();
    const event = accepted ? "contact.changed" : "contact.request";
    await commitContact(context, peer, {
      contact,
      ops: [putSession(contact.ref, session), putInvite(claimed)],
      events: [contactEvent(context, peer, contact, event)],
      applied: () => {
        invites.set(claimed);
        context.contactStore.add(peer);
        takeUpSession(peer, session);
      },
    });
    if (!accepted) return false;
    await establish(context, peer, channel, lost);
    return true;
  });
  return taken === true;
}

function newClaimant(context: Context, them: Introduction): Contact {
  const name = context.contactStore.freeName(them.name ?? them.account.slice(0, 8));
  return newContact(context.crypto, context.clock.now(), {
    account: them.account,
    name,
    named: false,
    role: "a",
  });
}
