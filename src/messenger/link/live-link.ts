/** Live links: one for each contact, how one takes the place of another, and how it ends. */
import { type HostId, limits } from "../../base/index.ts";
import type { Channel, StoreOp } from "../../ports/index.ts";
import { encodeLinkFrame } from "../../wire/index.ts";
import { receive } from "../inbox/receive.ts";
import { reachable } from "../model/contact.ts";
import { partsOf } from "../model/intake.ts";
import type { Ping } from "../model/messenger-api.ts";
import type { Attempt, Link, Move, Peer } from "../model/peer.ts";
import { withTimeout } from "../model/timeout.ts";
import { pump, requeueAll } from "../outbox/outbox.ts";
import { post, sealControl } from "../outbox/seal.ts";
import { controlOf } from "../outbox/settings.ts";
import { commitContact } from "../state/change-contact.ts";
import { putContact } from "../state/contact-store.ts";
import { background, type Context, withContactLock } from "../state/context.ts";
import { leaveWhenDone } from "../state/invisible.ts";

/**
 * Whether an inbound hello goes on while this attempt is under way. Two hellos that crossed are
 * told apart by the PeerIds, so both sides come to the same answer: the one whose caller is greater
 * stays.
 */
export function inboundStays(caller: HostId, current: Attempt | undefined): boolean {
  return current?.caller === undefined || caller > current.caller;
}

/** Makes `attempt` the contact's only one; the attempt before it ends. */
export function startAttempt(peer: Peer, attempt: Attempt): void {
  const before = peer.attempt;
  peer.attempt = attempt;
  before?.abort();
}

export function endAttempt(peer: Peer, attempt: Attempt): void {
  if (peer.attempt === attempt) peer.attempt = undefined;
}

/** The move of a live link to the attempt that is to replace it. */
export function moveOf(link: Link): Move {
  let end = (): void => undefined;
  const over = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { link, over, end };
}

/** Ends the live link, if there is one. The reader's loop tells the rest. */
export function closeLink(peer: Peer): void {
  if (peer.link !== undefined) abort(peer.link);
}

function abort(link: Link): void {
  link.closed = true;
  link.channel.abort();
  link.endPause();
}

/**
 * Takes an agreed channel as the contact's live link. Runs in the contact's turn. The newest proof
 * of presence wins: a link before it is ended.
 * @param lost told when the link is over, whatever ended it.
 * @param fresh whether its session was made by a handshake on this channel.
 */
export async function establish(
  context: Context,
  peer: Peer,
  channel: Channel,
  lost: (peer: Peer) => void,
  fresh: boolean,
): Promise<void> {
  const { contact } = peer;
  const link: Link = {
    channel,
    since: context.clock.now(),
    heardAt: context.clock.now(),
    heardSession: false,
    sentSettings: false,
    heardSettings: !fresh && contact.conversation.unbased !== true,
    groupKey: context.crypto.random(32),
    theirGroupKey: undefined,
    carriesGroups: false,
    posting: 0,
    pumping: false,
    cancelQuiet: () => undefined,
    endPause: () => undefined,
    closed: false,
    leaving: false,
    pings: new Set(),
  };
  const lasting = channel.outbound && channel.ephemeral !== true;
  const addresses = lasting
    ? [
        channel.remoteAddress,
        ...contact.addresses.filter((known) => known !== channel.remoteAddress),
      ]
    : [...contact.addresses];
  const next = {
    ...contact,
    addresses: addresses.slice(0, limits.recordAddresses),
    ...(context.presence.lastSeen && { lastSeen: link.since }),
  };
  // Acknowledge at once what we have, so that the peer repeats nothing that arrived; the responder
  // of a new session can seal only once it has received this.
  const content = controlOf(context, peer, next, link);
  const changed = next.addresses[0] !== contact.addresses[0] || context.presence.lastSeen;
  const commit = async (ops: readonly StoreOp[]): Promise<void> => {
    if (ops.length > 0 || changed) await context.store.commit([putContact(next), ...ops]);
  };
  await sealControl(context, peer, content, commit, { link });
  peer.contact = next;
  const before = peer.link;
  peer.link = link;
  peer.linkedHost = channel.remote;
  if (before !== undefined) {
    abort(before);
    requeueAll(context, peer, before);
  }
  peer.failures = 0;
  peer.publicSearches = 0;
  peer.publicSearchDueAt = 0;
  peer.cancelRetry();
  if (before === undefined)
    context.events.emit({ type: "presence", contact: context.contactStore.view(peer) });
  watchQuiet(context, peer, link);
  leaveWhenDone(context, peer);
  background(context, "link-failed", () => run(context, peer, link, lost));
  // It came about on a host of ours that goes.
  if (channel.draining === true) lost(peer);
  pump(context, peer);
}

/** Reads until the channel ends. */
async function run(
  context: Context,
  peer: Peer,
  link: Link,
  lost: (peer: Peer) => void,
): Promise<void> {
  try {
    for (;;) {
      const frames = await link.channel.receive();
      if (frames.length === 0) return;
      for (const part of partsOf(frames)) {
        if (context.stopping.now) return;
        const received = await withContactLock(context, peer, () =>
          receive(context, peer, link, part),
        );
        if (received === undefined) return;
        if (received.kind === "broken") {
          context.log("link-broken", { why: received.why });
          // The sides no longer read each other (one was restored, say): the next link starts from
          // a handshake.
          if (received.why !== "replaced" && received.why !== "group-frame") peer.desynced = true;
          return;
        }
        await pause(context, peer, link);
      }
    }
  } finally {
    link.cancelQuiet();
    link.channel.abort();
    context.disk.ended(link);
    context.groupPort.linkEnded(peer, link);
    // The peer closes it as soon as it has the next one, which may be before we have it.
    while (peer.link === link && peer.attempt?.moves?.link === link) await peer.attempt.moves.over;
    if (peer.link === link) {
      background(context, "seen-failed", () => storeLastSeen(context, peer));
      peer.link = undefined;
      peer.linkedAt = link.since;
      requeueAll(context, peer, link);
      if (!peer.removed) {
        context.events.emit({ type: "presence", contact: context.contactStore.view(peer) });
        if (reachable(peer.contact)) lost(peer);
      }
    }
  }
}

/**
 * Waits before more is read from a contact that sent more than its share, or only lets other work
 * run. Frames that are not read pause the stream, and in the end the sender.
 */
async function pause({ clock, breathe }: Context, peer: Peer, link: Link): Promise<void> {
  const ms = peer.intake.pause(clock.now());
  if (ms === 0 || link.closed) return breathe();
  await new Promise<void>((resolve) => {
    const cancel = clock.after(ms, resolve);
    link.endPause = () => {
      cancel();
      resolve();
    };
  });
  link.endPause = () => undefined;
}

/** Pings a quiet link, and closes one that stays silent. */
function watchQuiet(context: Context, peer: Peer, link: Link): void {
  const look = (): void => {
    if (peer.link !== link) return;
    const now = context.clock.now();
    // A clock that fell back would make the link seem heard of for as long.
    link.heardAt = Math.min(link.heardAt, now);
    const quiet = now - link.heardAt;
    if (quiet >= limits.linkDead) {
      abort(link);
      return;
    }
    if (quiet >= limits.linkQuiet) void post(link, [encodeLinkFrame({ type: "ping" })]);
    link.cancelQuiet = context.clock.after(limits.linkQuiet / 2, look);
  };
  link.cancelQuiet = context.clock.after(limits.linkQuiet, look);
}

// When a contact was last linked: kept, sealed in its row, only by those who want it.

/** Keeps that the contact is, or was until now, linked. */
export async function storeLastSeen(context: Context, peer: Peer): Promise<void> {
  const { link } = peer;
  if (!context.presence.lastSeen || context.stopping.now || link === undefined) return;
  await withContactLock(context, peer, async () => {
    const contact = { ...peer.contact, lastSeen: link.heardAt };
    await commitContact(context, peer, { contact, events: [] });
  });
}

/** Removes the times of last links that were stored while the setting was on. */
export async function clearLastSeen({
  contactStore,
  store,
}: Pick<Context, "contactStore" | "store">): Promise<void> {
  const peers = contactStore.peers().filter(({ contact }) => contact.lastSeen !== undefined);
  if (peers.length === 0) return;
  const forgotten = peers.map((peer) => {
    const { lastSeen, ...contact } = peer.contact;
    return { peer, contact };
  });
  await store.commit(
    forgotten.map(({ contact }) => ({ ...putContact(contact), shreds: true as const })),
  );
  for (const { peer, contact } of forgotten) peer.contact = contact;
}

// How long a live link takes to say that it lives.

/** See `Messenger.ping`. */
export async function ping({ clock }: Context, { link }: Peer): Promise<Ping> {
  if (link === undefined) return { outcome: "no-link" };
  const sentAt = clock.now();
  let heard = (): void => undefined;
  const answered = new Promise<number>((resolve) => {
    heard = () => resolve(clock.now());
    link.pings.add(heard);
  });
  void post(link, [encodeLinkFrame({ type: "ping" })]);
  const at = await withTimeout(clock, limits.stepTimeout, answered, () => undefined);
  link.pings.delete(heard);
  if (at === undefined) return { outcome: "silent" };
  // A clock that was set back in the meantime gives no round-trip time.
  return { outcome: "answered", rttMs: Math.max(0, at - sentAt) };
}
