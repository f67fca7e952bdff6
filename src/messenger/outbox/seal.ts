/**
 * Sealing for a live link, always in one order: ratchet on a copy of the session, commit session
 * and whatever belongs to it in one batch, only then the wire.
 */
import { messageId } from "../../base/index.ts";
import type { StoreOp } from "../../ports/index.ts";
import { canSeal, type Session, seal } from "../../ratchet/index.ts";
import { type Body, type Content, encodeContent, encodeLinkFrame } from "../../wire/index.ts";
import { type Action, toWire } from "../model/actions.ts";
import { idBytes, type MessageRow } from "../model/message.ts";
import type { OrderPlace } from "../model/order.ts";
import type { Link, OutboxEntry, Peer } from "../model/peer.ts";
import { sessionOps } from "../state/contact-store.ts";
import type { Context } from "../state/context.ts";
import { replaceSession, stepDraft, withDraft } from "../state/session-draft.ts";

/** What an outbox entry sends: an action, or the text of its message as it is now. */
export interface Outgoing extends OrderPlace {
  readonly sentAt: number;
  readonly body: Body;
}

export function outgoingText(row: MessageRow): Outgoing {
  const { lamport, parents, sentAt, text, replyTo, keep } = row;
  const body = {
    kind: "text" as const,
    text,
    ...(replyTo !== undefined && { replyTo: messageId.bytes(replyTo) }),
    ...(keep !== undefined && { keep }),
  };
  return { lamport, parents, sentAt, body };
}

export function outgoingAct(act: Action): Outgoing {
  return { ...act, body: toWire(act.body) };
}

/** Seals one message under `session`. @param settled every sequence of ours up to here is done. */
export function sealMessage(
  { crypto }: Context,
  session: Session,
  settled: number,
  { id, sequence }: Pick<OutboxEntry, "id" | "sequence">,
  { lamport, parents, sentAt, body }: Outgoing,
): { readonly sealed: Uint8Array; readonly next: Session } {
  const message = {
    id: messageId.bytes(id),
    sequence,
    settled,
    lamport,
    parents: idBytes(parents),
    sentAt,
    body,
  };
  const { message: sealed, next } = seal(crypto, session, encodeContent({ message }));
  return { sealed, next };
}

/** Where control content goes; what is absent is the peer's. */
interface ControlTarget {
  /** A link that is about to become the peer's. */
  readonly link?: Link;
  /** The session as frames that are committed in the same batch have left it. */
  readonly session?: Session;
}

/**
 * Sends control content, which is never queued nor repeated (a receipt, typing), over a live link.
 * Where there is no content, no link, or a session that cannot seal yet, nothing is sent, and only
 * the rest of the batch is committed. Requires the contact lock.
 * @param commit writes the batch; it is given the changed rows of the session, if that has changed.
 */
export async function sealControl(
  context: Context,
  peer: Peer,
  content: Content | undefined,
  commit: (ops: readonly StoreOp[]) => Promise<void>,
  { link = peer.link, session = peer.session }: ControlTarget = {},
): Promise<void> {
  const sealed =
    content !== undefined && link !== undefined && session !== undefined && canSeal(session)
      ? seal(context.crypto, session, encodeContent(content))
      : undefined;
  const next = session && sealed ? stepDraft(peer, session, sealed.next) : session;
  const changed = next !== undefined && next !== peer.session;
  await withDraft(
    peer,
    () => next,
    async () => {
      await commit(changed ? sessionOps(peer.contact.ref, peer.session, next) : []);
      replaceSession(peer, next);
    },
  );
  if (sealed === undefined || link === undefined) return;
  if (content?.settings !== undefined) link.sentSettings = true;
  void post(link, [ratchetFrame(sealed.message)]);
}

/** The frame of a ratchet message. */
export function ratchetFrame(message: Uint8Array): Uint8Array {
  return encodeLinkFrame({ type: "ratchet", message });
}

/**
 * Hands frames to a link's channel, in the order of the calls. Never waits inside a contact lock:
 * the promise is to be awaited outside of it. A channel that fails closes by itself, and its reader
 * notices. @returns whether the channel accepted the frames.
 */
export async function post(link: Link, frames: readonly Uint8Array[]): Promise<boolean> {
  const size = frames.reduce((sum, { length }) => sum + length, 0);
  link.posting += size;
  try {
    await link.channel.send(frames);
    return true;
  } catch {
    return false;
  } finally {
    link.posting -= size;
  }
}
