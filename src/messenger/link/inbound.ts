/**
 * The callee's side of a link. A stranger, a wrong tag, garbage and silence all meet the same end
 * after the same time: the channel is dropped without a word.
 */
import { limits, remainingDelay } from "../../base/index.ts";
import type { Channel } from "../../ports/index.ts";
import type { AnswerFrame, HelloFrame } from "../../wire/index.ts";
import { reachable } from "../model/contact.ts";
import { acceptedHelloKeys, type HelloKey } from "../model/epoch-keys.ts";
import { admits, allowed } from "../model/link-policy.ts";
import type { Attempt, Peer } from "../model/peer.ts";
import {
  decodePosition,
  encodePosition,
  fellBehind,
  positionOf,
  resumable,
} from "../model/session-position.ts";
import { withTimeout } from "../model/timeout.ts";
import { type Context, withContactLock } from "../state/context.ts";
import { mayLink } from "../state/invisible.ts";
import type { Invites, KeptInvite } from "../state/invites.ts";
import { BufferedChannel } from "./frame-reader.ts";
import { helloFits, type LinkEndpoints, openHello } from "./hello.ts";
import { adopt, introduced, markKeyChanged } from "./introduction.ts";
import { endAttempt, establish, inboundStays, startAttempt } from "./live-link.ts";
import { redeemInvite } from "./redeem-invite.ts";
import { type ResponderHandshake, respondTo, say } from "./responder-handshake.ts";

/** Whom a hello proved to know us. */
export type Candidate =
  | { readonly kind: "contact"; readonly peer: Peer; readonly key: HelloKey }
  | { readonly kind: "invite"; readonly invite: KeptInvite; readonly key: HelloKey };

/** Takes a channel that somebody opened. Never throws on what they send. */
export async function acceptLink(
  context: Context,
  invites: Invites,
  opened: Channel,
  lost: (peer: Peer) => void,
): Promise<void> {
  const channel = new BufferedChannel(opened, context.clock);
  let taken = false;
  try {
    taken = await visit(context, invites, channel, lost);
    const wait = remainingDelay(channel.heardAt, limits.refusalDelay, context.clock.now());
    if (!taken && wait > 0)
      await withTimeout(context.clock, wait, channel.drain(), () => undefined);
  } finally {
    if (!taken) channel.abort();
  }
}

async function visit(
  context: Context,
  invites: Invites,
  channel: BufferedChannel,
  lost: (peer: Peer) => void,
): Promise<boolean> {
  const hello = await channel.expect("hello");
  if (hello === undefined) return false;
  const ends: LinkEndpoints = { caller: channel.remote, callee: channel.local };
  const caller = recognise(context, invites, ends, hello, channel);
  const body = caller && openHello(context.crypto, caller.key.key, hello);
  if (caller === undefined || body === undefined) return false;
  const visited: ResponderHandshake = { context, invites, channel, ends, hello, body, lost };
  return caller.kind === "contact"
    ? visitOfContact(visited, caller.peer, caller.key)
    : redeemInvite(visited, caller.invite, caller.key);
}

/** Every candidate is tried, found or not, so that the time tells nothing. */
function recognise(
  context: Context,
  invites: Invites,
  ends: LinkEndpoints,
  hello: HelloFrame,
  channel: Channel,
): Candidate | undefined {
  let caller: Candidate | undefined;
  for (const candidate of candidates(context, invites))
    if (helloFits(context.crypto, candidate.key.key, ends, hello)) caller = candidate;
  return caller && mayAnswer(context, caller, channel) ? caller : undefined;
}

/**
 * Whether a caller that proved to know us gets more than a stranger: a contact only over a way that
 * its policy allows, and of an invisible node only who is looked for just now.
 */
export function mayAnswer(
  context: Context,
  caller: Candidate,
  via: Pick<Channel, "outbound" | "proximity">,
): boolean {
  if (caller.kind === "contact" && !admits(caller.peer.contact, context.transport, via))
    return false;
  if (caller.kind === "contact" && !allowed(context, caller.peer.contact.account)) return false;
  if (!context.presence.invisible) return true;
  return caller.kind === "contact" && mayLink(context, caller.peer);
}

/** Who may call us, with each key that proves it. */
export function* candidates(context: Context, invites: Invites): Iterable<Candidate> {
  const now = context.clock.now();
  for (const peer of context.contactStore.peers()) {
    const { chain } = peer.contact;
    if (chain === undefined || !reachable(peer.contact)) continue;
    for (const key of acceptedHelloKeys(context.crypto, { kind: "pair", chain }, now))
      yield { kind: "contact", peer, key };
  }
  for (const invite of invites.all())
    for (const key of acceptedHelloKeys(
      context.crypto,
      { kind: "invite", secret: invite.secret },
      now,
    ))
      yield { kind: "invite", invite, key };
}

async function visitOfContact(
  visit: ResponderHandshake,
  peer: Peer,
  key: HelloKey,
): Promise<boolean> {
  const { context, channel, body, lost } = visit;
  if (!inboundStays(channel.remote, peer.attempt)) return false;
  const attempt: Attempt = {
    outbound: false,
    caller: undefined,
    moves: undefined,
    abort: () => channel.abort(),
  };
  startAttempt(peer, attempt);
  try {
    const { session } = peer;
    const ours = positionOf(peer);
    const theirs = decodePosition(body.id);
    const resumed = body.mode === "resume" && session && !peer.desynced && resumable(ours, theirs);
    const status = resumed ? "resume" : "handshake";
    const frame = await say(visit, key, { status, id: encodePosition(ours) });
    if (frame === undefined) return false;
    if (status === "handshake") {
      const stream = fellBehind(ours, theirs)
        ? context.crypto.random(16)
        : peer.contact.conversation.stream;
      return await renew(visit, peer, key, frame, attempt, stream);
    }
    const taken = await withContactLock(context, peer, async () => {
      if (peer.attempt !== attempt || peer.session?.id !== session?.id) return false;
      await establish(context, peer, channel, lost);
      return true;
    });
    return taken === true;
  } finally {
    endAttempt(peer, attempt);
    if (peer.link === undefined) lost(peer);
  }
}

/**
 * A session is made again with a contact that we know: it has to show the account key that we
 * pinned.
 */
async function renew(
  visit: ResponderHandshake,
  peer: Peer,
  key: HelloKey,
  frame: AnswerFrame,
  attempt: Attempt,
  stream: Uint8Array,
): Promise<boolean> {
  const { context, channel, lost } = visit;
  const done = await respondTo(visit, key, frame, stream);
  // Our own key would be a reflection, and says nothing of the contact.
  if (done === undefined || done.them.account === context.identity.account) return false;
  const { them, session } = done;
  const taken = await withContactLock(context, peer, async () => {
    const wanted = reachable(peer.contact) && admits(peer.contact, context.transport, channel);
    if (peer.attempt !== attempt || !wanted) return false;
    if (them.account !== peer.contact.account) {
      await markKeyChanged(context, peer, them.account);
      return false;
    }
    const contact = introduced(context, peer.contact, stream, them, undefined);
    await adopt(context, peer, contact, session);
    await establish(context, peer, channel, lost);
    return true;
  });
  return taken === true;
}
