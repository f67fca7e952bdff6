/** Whether a contact is to be looked for. */

import { reachable } from "../model/contact.ts";
import { scopeOf } from "../model/link-policy.ts";
import { allowed } from "../model/part-allow.ts";
import type { Peer } from "../model/peer.ts";
import type { Core } from "../state/context.ts";
import { mayLink } from "../state/invisible.ts";

/** Whether there is a link that stays: one on a host of ours that goes has to move. */
export function settled({ link }: Peer): boolean {
  return link !== undefined && link.channel.leaving !== true;
}

/** Whether a link with this contact is wanted and not there. */
export function missing(core: Core, peer: Peer): boolean {
  const { removed, contact } = peer;
  const scope = allowed(core, contact.account) ? scopeOf(contact, core.transport) : undefined;
  const may = scope !== undefined && mayLink(core, peer);
  return !removed && reachable(contact) && !settled(peer) && may;
}

export function wanted(core: Core, peer: Peer): boolean {
  return missing(core, peer) && peer.attempt === undefined;
}
