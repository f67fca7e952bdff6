/** Choosing who may see our address. */
import { SottoError } from "../../base/index.ts";
import { cut } from "../link/live-link.ts";
import { admits } from "../model/link-policy.ts";
import type { Peer } from "../model/peer.ts";
import type { ContactView, Policy } from "../model/views.ts";
import { putContact } from "../state/contact-store.ts";
import { type Core, inTurn } from "../state/context.ts";
import { contactHappened } from "../state/store-events.ts";

/** See `Messenger.setPolicy`. What is under way, and a link that the policy forbids, end at once. */
export async function setPolicy(core: Core, peer: Peer, policy: Policy): Promise<ContactView> {
  const view = await inTurn(core, peer, async () => {
    const next = { ...peer.contact, policy };
    const tell = await core.journal.commit([putContact(next)], [contactHappened(core, peer, next)]);
    peer.contact = next;
    tell();
    peer.attempt?.abort();
    const { link } = peer;
    const stays = link === undefined || admits(next, core.transport, link.channel);
    if (!stays) cut(peer);
    // The reader of a link that was cut has yet to notice.
    return core.book.view(stays ? peer : { ...peer, link: undefined });
  });
  if (view === undefined)
    throw new SottoError("contact-unknown", "The contact was removed meanwhile.");
  return view;
}
