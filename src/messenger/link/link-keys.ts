/** Which keys prove a dialer to us, and us to a listener. */
import type { Channel } from "../../ports/index.ts";
import { reachable } from "../model/contact.ts";
import { acceptedHelloKeys, type EpochSecret, type HelloKey } from "../model/epoch-keys.ts";
import type { KeptInvite } from "../model/invite.ts";
import { admits, allowed } from "../model/link-policy.ts";
import type { Peer } from "../model/peer.ts";
import type { Context } from "../state/context.ts";
import { mayLink } from "../state/invisible.ts";
import type { Invites } from "../state/invites.ts";

/** A contact or an invite of ours, with one key by which a dialer proves that it knows it. */
export type Candidate =
  | { readonly kind: "contact"; readonly peer: Peer; readonly key: HelloKey }
  | { readonly kind: "invite"; readonly invite: KeptInvite; readonly key: HelloKey };

/**
 * The secret that proves us to this contact: the invite until pairing is confirmed, then the pair's
 * own. Once keys are agreed both are tried in turn, since each may be the only one that the inviter
 * still answers.
 */
export function linkSecretOf({ contact, byPair }: Peer): EpochSecret | undefined {
  const { invite, chain } = contact;
  if (invite !== undefined && !(byPair && contact.pairing === "handshaken"))
    return { kind: "invite", secret: invite.secret };
  return chain && { kind: "pair", chain };
}

/** Everyone who may dial us, once for each key that proves it. */
export function* candidates(context: Context, invites: Invites): Iterable<Candidate> {
  const { crypto, clock } = context;
  const now = clock.now();
  for (const peer of context.contactStore.peers()) {
    const { chain } = peer.contact;
    if (chain === undefined || !reachable(peer.contact)) continue;
    for (const key of acceptedHelloKeys(crypto, { kind: "pair", chain }, now))
      yield { kind: "contact", peer, key };
  }
  for (const invite of invites.answering())
    for (const key of acceptedHelloKeys(crypto, { kind: "invite", secret: invite.secret }, now))
      yield { kind: "invite", invite, key };
}

/**
 * Whether a dialer that proved to know us gets more than an unknown peer: a contact only over a
 * path that its policy allows, and of an invisible node only a contact that we are connecting to.
 */
export function mayAnswer(
  context: Context,
  dialer: Candidate,
  via: Pick<Channel, "outbound" | "proximity">,
): boolean {
  if (dialer.kind === "contact" && !admits(dialer.peer.contact, context.transport, via))
    return false;
  if (dialer.kind === "contact" && !allowed(context, dialer.peer.contact.account)) return false;
  if (!context.presence.invisible) return true;
  return dialer.kind === "contact" && mayLink(context, dialer.peer);
}

/** Names a contact or an invite among all of them: what is limited for each. */
export function nameOf(dialer: Candidate): string {
  return dialer.kind === "contact" ? dialer.peer.contact.ref : dialer.invite.id;
}
