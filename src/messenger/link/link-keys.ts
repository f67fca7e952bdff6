/** Which keys prove a dialer to us, and us to a listener. */
import { never } from "../../base/index.ts";
import type { Channel } from "../../ports/index.ts";
import { reachable } from "../model/contact.ts";
import { acceptedHelloKeys, type EpochSecret, type HelloKey } from "../model/epoch-keys.ts";
import type { KeptInvite } from "../model/invite.ts";
import { admits, allowed } from "../model/link-policy.ts";
import type { Peer } from "../model/peer.ts";
import type { Context } from "../state/context.ts";
import { mayLink } from "../state/invisible.ts";
import type { Invites } from "../state/invites.ts";
import type { GroupCandidates, GroupSecret } from "./group-candidates.ts";

/** Under whose keys a peer may dial us, next to contacts. */
export interface Known {
  readonly invites: Invites;
  readonly groups: GroupCandidates;
}

/** A contact, an invite or a group of ours, and the secret that its keys are derived from. */
export type Source = (
  | { readonly kind: "contact"; readonly peer: Peer }
  | { readonly kind: "invite"; readonly invite: KeptInvite }
  | { readonly kind: "group"; readonly group: GroupSecret }
) & { readonly secret: EpochSecret };

/** The same with one key by which a dialer proves that it knows it. */
export type Candidate = Source & { readonly key: HelloKey };

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

/** Every contact, invite and group under whose keys a peer may dial us. */
export function* sources(context: Context, { invites, groups }: Known): Iterable<Source> {
  for (const peer of context.contactStore.peers()) {
    const { chain } = peer.contact;
    if (chain === undefined || !reachable(peer.contact)) continue;
    yield { kind: "contact", peer, secret: { kind: "pair", chain } };
  }
  for (const invite of invites.answering())
    yield { kind: "invite", invite, secret: { kind: "invite", secret: invite.secret } };
  for (const group of groups.secrets())
    yield { kind: "group", group, secret: { kind: "group", secret: group.secret } };
}

/** A source once for each of its keys: of this epoch and of those next to it. */
export function* keysOf({ crypto, clock }: Context, source: Source): Iterable<Candidate> {
  for (const key of acceptedHelloKeys(crypto, source.secret, clock.now())) yield { ...source, key };
}

/** Every key by which a dialer may prove that it knows us. */
export function* candidates(context: Context, known: Known): Iterable<Candidate> {
  for (const source of sources(context, known)) yield* keysOf(context, source);
}

/**
 * Whether a dialer that proved to know us gets more than an unknown peer: a contact only over a
 * path that its policy allows, and of an invisible node only a contact that we are connecting to.
 * Which member a dialer is that proved a group is not known yet.
 */
export function mayAnswer(
  context: Context,
  dialer: Source,
  via: Pick<Channel, "outbound" | "proximity">,
): boolean {
  const { invisible } = context.presence;
  switch (dialer.kind) {
    case "contact": {
      const { contact } = dialer.peer;
      if (!admits(contact, context.transport, via) || !allowed(context, contact.account))
        return false;
      return !invisible || mayLink(context, dialer.peer);
    }
    case "invite":
    case "group":
      return !invisible;
    default:
      return never(dialer);
  }
}

/** Names a contact, an invite or a secret of a group: what is limited for each. */
export function nameOf(dialer: Source): string {
  switch (dialer.kind) {
    case "contact":
      return dialer.peer.contact.ref;
    case "invite":
      return dialer.invite.id;
    case "group":
      return dialer.group.generation;
    default:
      return never(dialer);
  }
}
