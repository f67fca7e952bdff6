/** What the user sets for one contact: receipts, the expiry timer, who may see our address. */
import { fromUtf8, limits, SottoError, utf8 } from "../../base/index.ts";
import type { ContactView, Policy } from "../../model/index.ts";
import { isTimer } from "../../wire/index.ts";
import { closeLink } from "../link/live-link.ts";
import { timerNotice, withTimer } from "../model/apply-action.ts";
import { admits } from "../model/link-policy.ts";
import type { InviteFate } from "../model/options.ts";
import type { Peer } from "../model/peer.ts";
import {
  commit,
  contactOf,
  enqueueAct,
  openBatch,
  queueRefusal,
} from "../outbox/outgoing-batch.ts";
import { contactRefusal, refuse } from "../outbox/preconditions.ts";
import { ackOf } from "../outbox/receipts.ts";
import { sealControl } from "../outbox/seal.ts";
import { changeContact, commitContact, withKnownOwner } from "../state/change-contact.ts";
import type { Context } from "../state/context.ts";
import type { Invites } from "../state/invites.ts";
import { contactEvent } from "../state/store-events.ts";
import { changeWithInvites, invitesEndedFor } from "./end-invites.ts";

/** See `Messenger.shareReceipts`. Turned on, a linked peer is told at once what was read so far. */
export function shareReceipts(context: Context, peer: Peer, on: boolean): Promise<ContactView> {
  return withKnownOwner(context, peer, async () => {
    const contact = { ...peer.contact, receipts: on };
    const content = on ? { ack: ackOf(contact.conversation, true) } : undefined;
    await sealControl(context, peer, content, (ops) =>
      commitContact(context, peer, { contact, ops }),
    );
    return context.contactStore.view(peer);
  });
}

/** See `Messenger.setNote`. A former note is shredded. */
export async function setNote(context: Context, peer: Peer, note: string): Promise<ContactView> {
  if (note.length > limits.noteLength || fromUtf8(utf8(note)) !== note)
    throw new SottoError(
      "note-invalid",
      `A note is a text of at most ${limits.noteLength} characters.`,
    );
  const view = await changeContact(context, peer, ({ note: _, ...contact }) => ({
    contact: note === "" ? contact : { ...contact, note },
    shreds: true,
  }));
  context.shredder.soon();
  return view;
}

/** See `Messenger.setTimer`. The timer of a conversation is one setting of both sides. */
export function setTimer(context: Context, peer: Peer, ms: number): Promise<ContactView> {
  if (!isTimer(ms))
    throw new SottoError(
      "timer-invalid",
      `The time must be between ${limits.timerMin / 1000} seconds and a year.`,
    );
  return withKnownOwner(context, peer, async () => {
    const batch = openBatch(context, peer, 0);
    refuse(contactRefusal(peer.contact) ?? queueRefusal(batch));
    if ((peer.contact.conversation.timer?.ms ?? 0) === ms) return context.contactStore.view(peer);
    await enqueueAct(context, batch, { kind: "timer", ms }, ({ at, ...envelope }) => {
      batch.conversation = withTimer(batch.conversation, envelope, "out", ms);
      batch.changes.set(at, timerNotice("out", envelope, ms), "new");
    });
    await commit(context, peer, batch, [contactEvent(context, peer, contactOf(batch))]);
    return context.contactStore.view(peer);
  });
}

/** See `Messenger.setPolicy`. An attempt, or a link that the policy forbids, is closed at once. */
export async function setPolicy(
  context: Context,
  invites: Invites,
  peer: Peer,
  policy: Policy,
  options: InviteFate,
): Promise<ContactView> {
  const ended = () =>
    policy === "any" ? [] : invitesEndedFor(invites, peer.contact.account, options);
  await changeWithInvites(context, invites, peer, ended, (contact) => ({
    contact: { ...contact, policy },
  }));
  peer.attempt?.abort();
  const { link, contact } = peer;
  const stays = link === undefined || admits(contact, context.transport, link.channel);
  if (!stays) closeLink(peer);
  return context.contactStore.view(peer, { isClosed: !stays });
}
