/**
 * Frames that arrived on a live link: decrypt on a copy of the session, commit session, messages
 * and receipts in one batch, only then acknowledge and emit events. A duplicate is acknowledged
 * again and changes nothing.
 */
import { limits } from "../../base/index.ts";
import type { StoreOp } from "../../ports/index.ts";
import { open, type Session, wipeSession } from "../../ratchet/index.ts";
import { type Ack, decodeContent, decodeLinkFrame, encodeLinkFrame } from "../../wire/index.ts";
import { shares, withConversation } from "../model/contact.ts";
import type { Link, Peer } from "../model/peer.ts";
import { pump } from "../outbox/outbox.ts";
import { settleDelivered, settleRead } from "../outbox/receipts.ts";
import { post, sealControl } from "../outbox/seal.ts";
import { controlOf, withAddresses } from "../outbox/settings.ts";
import { shareBootstraps } from "../outbox/share-bootstraps.ts";
import { endTyping, receiveTyping } from "../outbox/typing.ts";
import { background, type Context } from "../state/context.ts";
import { leaveWhenDone } from "../state/invisible.ts";
import { commitMessages, MessageBatch } from "../state/message-batch.ts";
import { stepDraft, withDraft } from "../state/session-draft.ts";
import { contactEvent, type StoreEvent } from "../state/store-events.ts";
import { applyHeld, applyMessage, applySettings, type IncomingBatch } from "./apply-message.ts";

/** What became of the frames: `broken` says why the link cannot go on. */
export type Received =
  | { readonly kind: "done" }
  | { readonly kind: "broken"; readonly why: string };

/** Everything that the frames at hand change, built up before anything is committed. */
interface Step extends IncomingBatch {
  session: Session;
  /** Places of outbox entries that are settled. */
  readonly gone: Set<number>;
  /** Their person writes. */
  typing: boolean;
  opened: boolean;
  /** The peer has sent its settings. */
  settings: boolean;
  /** The peer waits for an acknowledgement. */
  owed: boolean;
  pings: number;
  /** Keys of skipped messages that the ratchet made. */
  skipped: number;
  broken: string | undefined;
  /** The disk has no space for content. */
  readonly full: boolean;
}

/** Takes the frames in the contact's turn. */
export async function receive(
  context: Context,
  peer: Peer,
  link: Link,
  frames: readonly Uint8Array[],
): Promise<Received> {
  if (peer.link !== link || link.closed || peer.session === undefined)
    return { kind: "broken", why: "replaced" };
  link.heardAt = context.clock.now();
  const step: Step = {
    contact: peer.contact,
    conversation: peer.contact.conversation,
    session: peer.session,
    ops: [],
    now: context.clock.now(),
    changes: new MessageBatch(context.store, peer.contact.conversation),
    early: new Map(),
    invited: false,
    held: new Map(),
    gone: new Set(),
    typing: false,
    opened: false,
    settings: false,
    owed: false,
    pings: 0,
    skipped: 0,
    broken: undefined,
    full: await context.disk.isLow(),
  };
  try {
    await withDraft(
      peer,
      () => step.session,
      async () => {
        for (const frame of frames) {
          const { skipped } = step;
          await takeFrame(context, peer, link, step, frame);
          if (step.broken !== undefined) break;
          if (step.skipped > skipped) await context.breathe();
        }
        await applyHeld(context, step);
        await finish(context, peer, link, step);
      },
    );
  } finally {
    const read = frames.reduce((sum, { length }) => sum + Math.max(length, limits.frameCharge), 0);
    // A skipped message costs as much work as one that arrives.
    const skipped = step.skipped * limits.frameCharge;
    peer.intake.charge(read + skipped + step.changes.written, context.clock.now());
  }
  return step.broken === undefined ? { kind: "done" } : { kind: "broken", why: step.broken };
}

async function takeFrame(
  context: Context,
  peer: Peer,
  link: Link,
  step: Step,
  bytes: Uint8Array,
): Promise<void> {
  const frame = decodeLinkFrame(bytes);
  if (frame?.type === "ping") step.pings++;
  if (frame?.type === "pong") for (const heard of link.pings) heard();
  if (frame?.type === "ping" || frame?.type === "pong") return;
  if (frame?.type === "group") {
    // The settings that state its key may have come right before it.
    carryGroups(context, peer, link);
    if (!context.groupPort.takeFrame(link, frame.message)) step.broken = "group-frame";
    return;
  }
  if (frame?.type !== "ratchet") {
    step.broken = "unexpected-frame";
    return;
  }
  const opened = open(context.crypto, step.session, frame.message, context.clock.now());
  if (opened.kind === "refused") {
    // A retransmission whose acknowledgement was lost: the peer's own frame, used before. The first
    // frame of a link never is one, unless the peer was restored from an older copy and uses its
    // keys again.
    if (opened.why === "replayed" && (step.opened || link.heardSession)) step.owed = true;
    else step.broken = opened.why;
    return;
  }
  step.skipped += opened.skipped;
  const content = decodeContent(opened.plaintext);
  if (content === undefined) {
    wipeSession(opened.next, step.session, peer.session);
    step.broken = "content";
    return;
  }
  if (content.message !== undefined && step.full) {
    // As if the frame had been lost: the session does not move on, so the key of the frame can
    // still be derived, and the peer keeps what is not acknowledged.
    wipeSession(opened.next, step.session, peer.session);
    context.disk.refused(link);
    return;
  }
  step.session = stepDraft(peer, step.session, opened.next);
  step.opened = true;
  // Before a message of the same frame, whose value it may make acceptable.
  if (content.settings !== undefined) {
    const { timer, ...others } = content.settings;
    // A timer would add a line; the next link states it again.
    if (step.full && timer !== undefined) context.disk.refused(link);
    await applySettings(step, step.full ? others : content.settings);
    // Where we dialed we know better.
    if (!link.channel.outbound)
      step.contact = withAddresses(step.contact, content.settings.addresses);
    step.settings = true;
    link.theirGroupKey ??= content.settings.groupKey;
  }
  if (content.message !== undefined) {
    step.owed = true;
    await applyMessage(context, step, content.message);
  }
  if (content.typing) step.typing = true;
  if (content.ack !== undefined) await takeAck(context, peer, step, content.ack);
}

async function takeAck(context: Context, peer: Peer, step: Step, ack: Ack): Promise<void> {
  const { changes, gone } = step;
  const delivered = await settleDelivered(changes, step.conversation, peer.outbox, gone, ack);
  step.ops.push(...delivered.ops);
  step.conversation = shares(step.contact, context.receipts)
    ? await settleRead(context.store, changes, delivered.conversation, ack.readUpTo)
    : delivered.conversation;
}

async function finish(context: Context, peer: Peer, link: Link, step: Step): Promise<void> {
  const first = step.opened && !link.heardSession;
  if (step.opened && step.contact.pairing !== "confirmed" && step.contact.pairing !== "requested")
    step.contact = { ...step.contact, pairing: "confirmed", invite: undefined };
  step.contact = withConversation(step.contact, step.conversation);
  const content = step.owed || first ? controlOf(context, peer, step.contact, link) : undefined;
  const commit = (session: readonly StoreOp[]) => commitStep(context, peer, step, session);
  await sealControl(context, peer, content, commit, { session: step.session });
  if (step.opened) link.heardSession = true;
  if (step.settings) link.heardSettings = true;
  carryGroups(context, peer, link);
  if (step.pings > 0) void post(link, [encodeLinkFrame({ type: "pong" })]);
  if (step.typing) receiveTyping(context, peer);
  pump(context, peer);
  if (first) background(context, "hosts-failed", () => shareBootstraps(context, peer));
  leaveWhenDone(context, peer);
}

/** Has the link carry group frames once both keys are known to both sides. */
function carryGroups(context: Context, peer: Peer, link: Link): void {
  if (!link.sentSettings || link.theirGroupKey === undefined || link.carriesGroups) return;
  link.carriesGroups = true;
  context.groupPort.linkReady(peer, link);
}

/** Commits what the frames changed. @param session its row; absent where no frame opened. */
async function commitStep(
  context: Context,
  peer: Peer,
  step: Step,
  session: readonly StoreOp[],
): Promise<void> {
  if (session.length === 0) return;
  const ops = [...step.ops, ...session];
  const events = contactChanged(context, peer, step);
  const change = { kind: "contact", owner: peer, next: step.contact } as const;
  const emit = await commitMessages(context, change, step.changes, ops, events);
  peer.contact = step.contact;
  for (const at of step.gone) peer.outbox.delete(at);
  emit();
  if (step.invited) context.groupPort.actionKept();
  const isSaid = step.changes.list().some(({ row, kinds }) => kinds.has("new") && !row.notice);
  if (isSaid) endTyping(context, peer);
}

function contactChanged(context: Context, peer: Peer, { contact }: Step): StoreEvent[] {
  const { pairing, conversation } = peer.contact;
  const same = pairing === contact.pairing && conversation.timer === contact.conversation.timer;
  return same ? [] : [contactEvent(context, peer, contact)];
}
