/**
 * Frames that arrived on a live link. Decrypt on a copy, one batch {session, messages, receipts}, only then the
 * acknowledgement and the screen. A duplicate is acknowledged again and changes nothing.
 */
import { limits, type MessageId, messageId } from "../base/index.ts";
import type { StoreOp } from "../ports/index.ts";
import { canSeal, open, type Session, seal } from "../ratchet/index.ts";
import {
  type Ack,
  add,
  decodeContent,
  decodeLinkFrame,
  encodeContent,
  encodeLinkFrame,
  type Message,
  raise,
  windowEnd,
} from "../wire/index.ts";
import { putContact, putSession } from "./book.ts";
import type { Contact } from "./contact.ts";
import type { Core } from "./core.ts";
import { contactHappened, type Happening, messageHappened } from "./happening.ts";
import {
  type MessagePlace,
  type MessageRow,
  messageView,
  placeKey,
  putMessage,
} from "./message.ts";
import { post, pump, ratchetFrame } from "./outbox.ts";
import type { Link, Peer } from "./peer.ts";
import { ackOf, type Moved, settleDelivered, settleRead } from "./receipts.ts";
import { decodeRow, encodeRow, put } from "./rows.ts";

/** What became of the frames: `broken` says why the link cannot go on. */
export type Received =
  | { readonly kind: "done" }
  | { readonly kind: "broken"; readonly why: string };

/** Shown in place of a kind of message that this version does not know. */
const NEWER = "(a message made by a newer Sotto: update yours to see what comes next)";

/** A peer may claim any time; ours must still be able to grow beyond it. */
const LAMPORT_MAX = 2 ** 48;

/** Everything that the frames at hand change, built up before anything is committed. */
interface Step {
  contact: Contact;
  session: Session;
  readonly ops: StoreOp[];
  readonly arrived: Moved[];
  readonly moved: Map<number, MessageRow>;
  opened: boolean;
  /** The peer waits for an acknowledgement. */
  owed: boolean;
  pings: number;
  broken: string | undefined;
}

/** Takes the frames in the contact's turn. */
export async function receive(
  core: Core,
  peer: Peer,
  link: Link,
  frames: readonly Uint8Array[],
): Promise<Received> {
  if (peer.link !== link || peer.session === undefined) return { kind: "broken", why: "replaced" };
  link.heardAt = core.clock.now();
  const step: Step = {
    contact: peer.contact,
    session: peer.session,
    ops: [],
    arrived: [],
    moved: new Map(),
    opened: false,
    owed: false,
    pings: 0,
    broken: undefined,
  };
  for (const frame of frames) {
    await takeFrame(core, peer, link, step, frame);
    if (step.broken !== undefined) break;
  }
  await finish(core, peer, link, step);
  return step.broken === undefined ? { kind: "done" } : { kind: "broken", why: step.broken };
}

async function takeFrame(
  core: Core,
  peer: Peer,
  { heardSession }: Link,
  step: Step,
  bytes: Uint8Array,
): Promise<void> {
  const frame = decodeLinkFrame(bytes);
  if (frame?.type === "ping") step.pings++;
  if (frame?.type === "ping" || frame?.type === "pong") return;
  if (frame?.type !== "ratchet") {
    step.broken = "unexpected-frame";
    return;
  }
  const opened = open(core.crypto, step.session, frame.message, core.clock.now());
  if (opened.kind === "refused") {
    // A retransmission whose acknowledgement was lost: the peer's own frame, used before. The first frame of a link never
    // is one (links.ts), unless the peer was restored from an older copy and uses its keys again.
    if (opened.why === "replayed" && (step.opened || heardSession)) step.owed = true;
    else step.broken = opened.why;
    return;
  }
  const content = decodeContent(opened.plaintext);
  if (content === undefined) {
    step.broken = "content";
    return;
  }
  step.session = opened.next;
  step.opened = true;
  if (content.message !== undefined)
    await takeMessage(core, step, content.message, content.unknown === true);
  if (content.ack !== undefined) await takeAck(core, peer, step, content.ack);
}

async function takeMessage(
  core: Core,
  step: Step,
  message: Message,
  unknown: boolean,
): Promise<void> {
  const { contact } = step;
  step.owed = true;
  const floor = raise(contact.received, Math.min(message.settled, message.sequence - 1));
  if (message.sequence > windowEnd(floor)) return;
  const id = messageId.from(message.id);
  // The id alone tells whether a message is here already: a count may start anew on either side.
  if (step.arrived.some(({ row }) => row.id === id) || (await known(core, contact, id))) {
    step.contact = { ...contact, received: add(floor, message.sequence) };
    return;
  }
  const at = contact.nextAt;
  const parents = message.parents.map((parent) => messageId.from(parent));
  const row: MessageRow = {
    id,
    direction: "in",
    text: unknown && message.text === "" ? NEWER : message.text,
    state: "received",
    sequence: message.sequence,
    lamport: message.lamport,
    parents,
    sentAt: message.sentAt,
  };
  step.ops.push(
    putMessage(contact.ref, at, row),
    put(placeKey(id), encodeRow({ ref: contact.ref, at } satisfies MessagePlace)),
  );
  step.arrived.push({ at, row });
  step.contact = {
    ...contact,
    received: add(floor, message.sequence),
    lamport: Math.max(contact.lamport, Math.min(message.lamport, LAMPORT_MAX)) + 1,
    heads: [...contact.heads.filter((head) => !parents.includes(head)), id].slice(-limits.parents),
    nextAt: at + 1,
    unread: contact.unread + 1,
  };
}

async function known(core: Core, contact: Contact, id: MessageId): Promise<boolean> {
  const bytes = await core.store.get(placeKey(id));
  return bytes !== undefined && decodeRow<MessagePlace>(bytes).ref === contact.ref;
}

async function takeAck(core: Core, peer: Peer, step: Step, ack: Ack): Promise<void> {
  const open = new Map([...peer.outbox].filter(([at]) => !step.moved.has(at)));
  const delivered = await settleDelivered(core.store, step.contact, open, ack);
  const fresh = new Map(step.moved);
  for (const { at, row } of delivered.moved) fresh.set(at, row);
  const read = await settleRead(core.store, delivered.contact, fresh, ack.readUpTo);
  step.contact = read.contact;
  step.ops.push(...delivered.ops, ...read.ops);
  for (const { at, row } of [...delivered.moved, ...read.moved]) step.moved.set(at, row);
}

async function finish(core: Core, peer: Peer, link: Link, step: Step): Promise<void> {
  const { ref } = peer.contact;
  const first = step.opened && !link.heardSession;
  if (step.opened && step.contact.pairing !== "confirmed" && step.contact.pairing !== "requested")
    step.contact = { ...step.contact, pairing: "confirmed", invite: undefined };
  const frames: Uint8Array[] = [];
  if ((step.owed || first) && canSeal(step.session)) {
    const ack = encodeContent({ ack: ackOf(step.contact) });
    const { message, next } = seal(core.crypto, step.session, ack);
    step.session = next;
    frames.push(ratchetFrame(message));
  }
  let tell = (): void => undefined;
  if (step.session !== peer.session) {
    const ops = [...step.ops, putSession(ref, step.session)];
    if (step.contact !== peer.contact) ops.push(putContact(step.contact));
    tell = await core.journal.commit(ops, happened(core, peer, step));
  }
  peer.contact = step.contact;
  peer.session = step.session;
  if (step.opened) link.heardSession = true;
  if (step.pings > 0) frames.push(encodeLinkFrame({ type: "pong" }));
  if (frames.length > 0) void post(link, frames);
  for (const at of step.moved.keys()) peer.outbox.delete(at);
  tell();
  pump(core, peer);
}

function happened(core: Core, peer: Peer, { contact, arrived, moved }: Step): Happening[] {
  const { ref, account, pairing } = contact;
  const shown = (at: number, row: MessageRow) => messageView(account, at, row, false);
  const events = arrived.map(({ at, row }) => messageHappened("message.new", ref, shown(at, row)));
  for (const [at, row] of moved) events.push(messageHappened("message.state", ref, shown(at, row)));
  if (pairing !== peer.contact.pairing) events.push(contactHappened(core, peer, contact));
  return events;
}
