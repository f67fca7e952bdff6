/**
 * The listener's side of a link, from top to bottom: hello, answer, then either the session is
 * resumed or the Noise handshake makes a new one, as its responder. outbound.ts is the other side.
 *
 * An unknown dialer, a wrong tag, malformed bytes and silence all end alike and after the same
 * time: the channel is closed without an answer.
 */
import { limits, never, remainingDelay, wipe } from "../../base/index.ts";
import type { Channel } from "../../ports/index.ts";
import { endHandshake, readMessage3, respond, writeMessage2 } from "../../ratchet/index.ts";
import type { AnswerBody, AnswerFrame, HelloBody, HelloFrame } from "../../wire/index.ts";
import { reachable } from "../model/contact.ts";
import type { HelloKey } from "../model/epoch-keys.ts";
import { answerTo, type KeptInvite } from "../model/invite.ts";
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
import { HandshakeChannel } from "./handshake-channel.ts";
import { type LinkEndpoints, makeAnswer, openHello, prologue } from "./hello.ts";
import {
  adopt,
  introduce,
  introduced,
  markKeyChanged,
  type ProvenPeer,
  readIntroduction,
  wipeHandshake,
} from "./introduction.ts";
import type { Known, Source } from "./link-keys.ts";
import { endAttempt, establish, inboundStays, moveOf, startAttempt } from "./live-link.ts";
import type { Recogniser } from "./recogniser.ts";
import { mayRedeem, noteReuse, redeemInvite } from "./redeem-invite.ts";

/** A dialer whose hello proved that it knows us. */
interface Listener {
  readonly context: Context;
  readonly known: Known;
  readonly channel: HandshakeChannel;
  readonly endpoints: LinkEndpoints;
  readonly hello: HelloFrame;
  readonly key: HelloKey;
  readonly body: HelloBody;
  readonly onLinkClosed: (peer: Peer) => void;
}

/** Serves a channel that a dialer opened. Never throws on what the dialer sends. */
export async function acceptLink(
  context: Context,
  known: Known,
  recogniser: Recogniser,
  opened: Channel,
  onLinkClosed: (peer: Peer) => void,
): Promise<void> {
  const channel = new HandshakeChannel(context, opened, "listener");
  let linked = false;
  try {
    linked = await greet(context, known, recogniser, channel, onLinkClosed);
    const wait = remainingDelay(channel.heardAt, limits.refusalDelay, context.clock.now());
    if (!linked && wait > 0)
      await withTimeout(context.clock, wait, channel.drain(), () => undefined);
  } finally {
    if (!linked) channel.abort();
  }
}

/** <- hello; then what it proves. */
async function greet(
  context: Context,
  known: Known,
  recogniser: Recogniser,
  channel: HandshakeChannel,
  onLinkClosed: (peer: Peer) => void,
): Promise<boolean> {
  // <- hello
  const hello = await channel.read("hello", "hello");
  if (hello === undefined) return false;
  const endpoints: LinkEndpoints = { dialer: channel.remote, listener: channel.local };
  const dialer = recogniser.recognise(channel, hello);
  const body = dialer && openHello(context.crypto, dialer.key.key, hello);
  if (dialer === undefined || body === undefined) return false;
  // A copy, since the keys of an epoch are overwritten when it is over.
  const key = { key: dialer.key.key.slice(), psk: dialer.key.psk.slice() };
  const listener = { context, known, channel, endpoints, hello, key, body, onLinkClosed };
  try {
    return await greetDialer(listener, dialer);
  } finally {
    wipe(key.key, key.psk);
  }
}

/** A hello asks for what its key is good for, or is treated as one under no key. */
async function greetDialer(listener: Listener, dialer: Source): Promise<boolean> {
  const { known, body } = listener;
  switch (body.mode) {
    case "resume":
    case "handshake":
      if (dialer.kind === "contact") return greetContact(listener, dialer.peer);
      return dialer.kind === "invite" && greetClaimant(listener, dialer.invite);
    case "group":
    case "group-unclean":
      return dialer.kind === "group" && known.groups.accept({ ...listener, secret: dialer.group });
    default:
      return never(body.mode);
  }
}

/** -> answer to a contact: resume the session, or make a new one. */
async function greetContact(listener: Listener, peer: Peer): Promise<boolean> {
  const { context, channel, body, onLinkClosed } = listener;
  if (!inboundStays(channel.remote, peer.attempt)) return false;
  const attempt: Attempt = {
    outbound: false,
    caller: undefined,
    moves: peer.link && moveOf(peer.link),
    abort: () => channel.abort(),
  };
  startAttempt(peer, attempt);
  try {
    const sessionId = peer.session?.id;
    const ours = positionOf(peer);
    const theirs = decodePosition(body.id);
    const resumes = body.mode === "resume" && sessionId && !peer.desynced;
    const status = resumes && resumable(ours, theirs) ? "resume" : "handshake";
    // -> answer
    const answer = await sendAnswer(listener, { status, id: encodePosition(ours) });
    if (answer === undefined) return false;
    if (status === "handshake") {
      const { stream } = peer.contact.conversation;
      const named = fellBehind(ours, theirs) ? context.crypto.random(16) : stream;
      return await renewSession(listener, peer, attempt, answer, named);
    }
    const linked = await withContactLock(context, peer, async () => {
      if (peer.attempt !== attempt || peer.session?.id !== sessionId) return false;
      await establish(context, peer, channel, onLinkClosed, false);
      return true;
    });
    if (linked) channel.trace("linked");
    return linked === true;
  } finally {
    attempt.moves?.end();
    attempt.moves = undefined;
    endAttempt(peer, attempt);
    if (peer.link === undefined) onLinkClosed(peer);
  }
}

/** -> answer to the holder of an invite: its status, and the handshake where it is still good. */
async function greetClaimant(listener: Listener, invite: KeptInvite): Promise<boolean> {
  const { context, known, channel, body, onLinkClosed } = listener;
  const claimant = { context, invites: known.invites, channel, claim: body.id, onLinkClosed };
  if (!mayRedeem(claimant, invite)) return false;
  const status = answerTo(invite, body.id, context.clock.now());
  if (status === undefined) return false;
  // -> answer
  const answer = await sendAnswer(listener, { status, id: body.id });
  if (answer === undefined) return false;
  if (status !== "handshake") {
    if (status === "used") await noteReuse(claimant, invite);
    return false;
  }
  const stream = context.crypto.random(16);
  const proven = await handshake(listener, answer, stream);
  if (proven === undefined) return false;
  const linked = await redeemInvite(claimant, invite, proven, stream);
  if (linked) channel.trace("linked");
  return linked;
}

async function sendAnswer(
  { context, channel, endpoints, hello, key }: Listener,
  body: AnswerBody,
): Promise<AnswerFrame | undefined> {
  const answer = makeAnswer(context.crypto, key.key, endpoints, hello, body);
  return (await channel.write("answer", answer)) ? answer : undefined;
}

/**
 * The responder of Noise_XXhfs+psk0: -> psk, e, e1   <- e, ee, ekem1, s, es   -> s, se
 * @param stream 16 bytes: names our messages in message 2.
 * @returns the dialer, once it has proven its keys. Nothing of it is stored yet.
 */
async function handshake(
  { context, channel, endpoints, hello, key }: Listener,
  answer: AnswerFrame,
  stream: Uint8Array,
): Promise<ProvenPeer | undefined> {
  const { crypto, identity, clock } = context;
  const options = {
    psk: key.psk,
    prologue: prologue(endpoints, hello, answer),
    device: identity.device,
  };
  // -> psk, e, e1
  const first = await channel.read("noise-message-1", "handshake");
  const read = first && respond(crypto, options, first.message);
  if (read === undefined || read.kind === "refused") return undefined;
  try {
    // <- e, ee, ekem1, s, es
    const madeAt = clock.now();
    const written = writeMessage2(crypto, read.state, introduce(context, stream, madeAt));
    if (written.kind === "refused") return undefined;
    const second = { type: "handshake", message: written.message2 } as const;
    if (!(await channel.write("noise-message-2", second))) return undefined;
    // -> s, se
    const third = await channel.read("noise-message-3", "handshake");
    const end = third && readMessage3(crypto, written.state, third.message);
    if (end === undefined || end.kind === "refused") return undefined;
    const them = readIntroduction(context, end.payload, end.device);
    const { session, outputs } = end;
    if (them !== undefined && allowed(context, them.account))
      return { them, madeAt, session, outputs };
    wipeHandshake(undefined, { session, outputs });
    return undefined;
  } finally {
    endHandshake(read.state);
  }
}

/** A new session with a known contact, which has to show the account key that we pinned. */
async function renewSession(
  listener: Listener,
  peer: Peer,
  attempt: Attempt,
  answer: AnswerFrame,
  stream: Uint8Array,
): Promise<boolean> {
  const { context, channel, onLinkClosed } = listener;
  const proven = await handshake(listener, answer, stream);
  if (proven === undefined) return false;
  const { them, session } = proven;
  try {
    const linked = await withContactLock(context, peer, async () => {
      const admitted = reachable(peer.contact) && admits(peer.contact, context.transport, channel);
      // Our own key would be a reflection, and shows nothing of the contact.
      if (peer.attempt !== attempt || !admitted || them.account === context.identity.account)
        return false;
      if (them.account !== peer.contact.account) {
        await markKeyChanged(context, peer, them.account);
        return false;
      }
      const contact = introduced(context, peer.contact, stream, them, undefined);
      await adopt(context, peer, contact, session);
      await establish(context, peer, channel, onLinkClosed, true);
      return true;
    });
    if (linked) channel.trace("linked");
    return linked === true;
  } finally {
    wipeHandshake(peer, proven);
  }
}
