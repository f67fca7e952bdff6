/** The epoch secrets (of contacts and open invites) for which this node publishes records. */
import type { Direction, RootChain } from "../../dht/index.ts";
import type { Scope } from "../../ports/index.ts";
import { reachable } from "../model/contact.ts";
import type { EpochSecret } from "../model/epoch-keys.ts";
import { allowed, scopeOf } from "../model/link-policy.ts";
import type { Peer } from "../model/peer.ts";
import type { Context } from "../state/context.ts";
import type { Invites } from "../state/invites.ts";

export interface Target {
  /** Names the secret: a contact's ref with its chain's shift, or an invite's id. */
  readonly name: string;
  readonly epochSecret: EpochSecret;
  readonly direction: Direction;
  /** A cover record, which leads to no contact (cover-records.ts). */
  readonly cover: boolean;
  /** The contact is linked, so that it need not search now. */
  readonly linked: boolean;
  /** Where we may be found by it, and by which addresses. */
  readonly scope: Scope;
}

/**
 * The contacts and the holders of our invites that are to find us, each over the networks that its
 * policy allows; none while we are invisible.
 */
export function targetsOf(context: Context, invites: Invites): Target[] {
  const { contactStore, presence, transport } = context;
  const targets: Target[] = [];
  if (presence.invisible) return targets;
  for (const peer of contactStore.peers()) {
    const { contact, link } = peer;
    const scope = allowed(context, contact.account) ? scopeOf(contact, transport) : undefined;
    if (contact.chain !== undefined && reachable(contact) && scope !== undefined)
      targets.push({
        name: `${contact.ref}/${contact.chain.offset}/${scope}`,
        epochSecret: currentSecret(peer, contact.chain),
        direction: contact.role,
        cover: false,
        linked: link !== undefined,
        scope,
      });
  }
  for (const invite of invites.published())
    targets.push({
      name: invite.id,
      epochSecret: { kind: "invite", secret: invite.secret },
      direction: "a",
      cover: false,
      linked: false,
      scope: "any",
    });
  return targets;
}

/**
 * The secret of a pair with the chain that the contact has when the secret is used: a round of
 * publishing takes a while, and the root of a chain is overwritten once a later one replaces it.
 */
function currentSecret(peer: Peer, chain: RootChain): EpochSecret {
  return {
    kind: "pair",
    get chain() {
      return peer.contact.chain ?? chain;
    },
  };
}
