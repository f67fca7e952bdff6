/** Whether receipts and signs of writing are shared with a contact, by the person's word. */
import { limits, SottoError } from "../../base/index.ts";
import { canSeal, seal } from "../../ratchet/index.ts";
import { encodeContent, isTimer } from "../../wire/index.ts";
import { closeLink } from "../link/live-link.ts";
import { timerNotice, withTimer } from "../model/apply-action.ts";
import { admits } from "../model/link-policy.ts";
import type { Peer } from "../model/peer.ts";
import type { ContactView, Policy } from "../model/views.ts";
import { post, ratchetFrame } from "../outbox/outbox.ts";
import { commit, contactOf, enqueueAct, openBatch } from "../outbox/outgoing-batch.ts";
import { ackOf } from "../outbox/receipts.ts";
import { checkPeer } from "../outbox/send.ts";
import { putContact, putSession } from "../state/contact-store.ts";
import { type Context, withContactLock } from "../state/context.ts";
import { contactEvent } from "../state/store-events.ts";

/**
 * See `Messenger.shareReceipts`. On again, what was read meanwhile is told at once to a peer that
 * is linked.
 */
export async function shareReceipts(
  context: Context,
  peer: Peer,
  on: boolean,
): Promise<ContactView> {
  const view = await withContactLock(context, peer, async () => {
    const { link, session } = peer;
    const next = { ...peer.contact, receipts: on };
    const ops = [putContact(next)];
    const sealed =
      on && link !== undefined && session !== undefined && canSeal(session)
        ? seal(context.crypto, session, encodeContent({ ack: ackOf(next.conversation, true) }))
        : undefined;
    if (sealed) ops.push(putSession(next.ref, sealed.next));
    const tell = await context.eventLog.commit(ops, [contactEvent(context, peer, next)]);
    peer.contact = next;
    if (sealed && link) {
      peer.session = sealed.next;
      void post(link, [ratchetFrame(sealed.message)]);
    }
    tell();
    return context.contactStore.view(peer);
  });
  if (view === undefined)
    throw new SottoError("contact-unknown", "The contact was removed meanwhile.");
  return view;
}

// The person sets how long messages of a conversation stay, for both sides.

/** See `Messenger.setTimer`. */
export async function setTimer(context: Context, peer: Peer, ms: number): Promise<ContactView> {
  if (!isTimer(ms))
    throw new SottoError(
      "timer-invalid",
      `Messages stay between ${limits.timerMin / 1000} seconds and a year.`,
    );
  checkPeer(peer);
  const view = await withContactLock(context, peer, async () => {
    if ((peer.contact.conversation.timer?.ms ?? 0) === ms) return context.contactStore.view(peer);
    const batch = openBatch(context, peer, 0);
    const { at, ...envelope } = enqueueAct(context, batch, { kind: "timer", ms });
    batch.conversation = withTimer(batch.conversation, envelope, ms);
    batch.changes.set(at, timerNotice("out", envelope, ms), "new");
    const happened = [contactEvent(context, peer, contactOf(batch))];
    await commit(context, peer, batch, happened);
    return context.contactStore.view(peer);
  });
  if (view === undefined)
    throw new SottoError("contact-unknown", "The contact was removed meanwhile.");
  return view;
}

// Choosing who may see our address.

/**
 * See `Messenger.setPolicy`. What is under way, and a link that the policy forbids, end at once.
 */
export async function setPolicy(
  context: Context,
  peer: Peer,
  policy: Policy,
): Promise<ContactView> {
  const view = await withContactLock(context, peer, async () => {
    const next = { ...peer.contact, policy };
    const tell = await context.eventLog.commit(
      [putContact(next)],
      [contactEvent(context, peer, next)],
    );
    peer.contact = next;
    tell();
    peer.attempt?.abort();
    const { link } = peer;
    const stays = link === undefined || admits(next, context.transport, link.channel);
    if (!stays) closeLink(peer);
    // The reader of a link that was cut has yet to notice.
    return context.contactStore.view(stays ? peer : { ...peer, link: undefined });
  });
  if (view === undefined)
    throw new SottoError("contact-unknown", "The contact was removed meanwhile.");
  return view;
}
