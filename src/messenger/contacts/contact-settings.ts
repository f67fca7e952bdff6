/** Whether receipts and signs of writing are shared with a contact, by the person's word. */
import { SottoError } from "../../base/index.ts";
import { canSeal, seal } from "../../ratchet/index.ts";
import { encodeContent } from "../../wire/index.ts";
import type { Peer } from "../model/peer.ts";
import type { ContactView } from "../model/views.ts";
import { post, ratchetFrame } from "../outbox/outbox.ts";
import { ackOf } from "../outbox/receipts.ts";
import { putContact, putSession } from "../state/contact-store.ts";
import { type Core, inTurn } from "../state/context.ts";
import { contactHappened } from "../state/store-events.ts";

/** See `Messenger.shareReceipts`. On again, what was read meanwhile is told at once to a peer that is linked. */
export async function shareReceipts(core: Core, peer: Peer, on: boolean): Promise<ContactView> {
  const view = await inTurn(core, peer, async () => {
    const { link, session } = peer;
    const next = { ...peer.contact, receipts: on };
    const ops = [putContact(next)];
    const sealed =
      on && link !== undefined && session !== undefined && canSeal(session)
        ? seal(core.crypto, session, encodeContent({ ack: ackOf(next, true) }))
        : undefined;
    if (sealed) ops.push(putSession(next.ref, sealed.next));
    const tell = await core.journal.commit(ops, [contactHappened(core, peer, next)]);
    peer.contact = next;
    if (sealed && link) {
      peer.session = sealed.next;
      void post(link, [ratchetFrame(sealed.message)]);
    }
    tell();
    return core.book.view(peer);
  });
  if (view === undefined)
    throw new SottoError("contact-unknown", "The contact was removed meanwhile.");
  return view;
}
