/**
 * The dialer's side of a link, from top to bottom: hello, answer, then either the session is
 * resumed or the Noise handshake makes a new one, as its initiator. inbound.ts is the other side.
 */
import { type HostId, never, wipe } from "../../base/index.ts";
import type { Channel } from "../../ports/index.ts";
import {
  endHandshake,
  initiate,
  readMessage2,
  type Session,
  writeMessage3,
} from "../../ratchet/index.ts";
import type { AnswerFrame, HelloBody, HelloFrame } from "../../wire/index.ts";
import type { HeldInvite } from "../model/contact.ts";
import type { CallResult } from "../model/diagnosis.ts";
import { type EpochSecret, type HelloKey, outboundHelloKey } from "../model/epoch-keys.ts";
import type { Attempt, Peer } from "../model/peer.ts";
import {
  decodePosition,
  encodePosition,
  fellBehind,
  type Position,
  positionOf,
  resumable,
} from "../model/session-position.ts";
import { type Context, withContactLock } from "../state/context.ts";
import { HandshakeChannel } from "./handshake-channel.ts";
import { type LinkEndpoints, makeHello, openAnswer, prologue } from "./hello.ts";
import {
  adopt,
  clocksAgree,
  endPairing,
  type Introduction,
  introduce,
  introduced,
  markKeyChanged,
  readIntroduction,
  wipeHandshake,
} from "./introduction.ts";
import { linkSecretOf } from "./link-keys.ts";
import { establish, moveOf } from "./live-link.ts";

/** One attempt to link with a peer. */
interface Dialer {
  readonly context: Context;
  readonly peer: Peer;
  readonly channel: HandshakeChannel;
  readonly attempt: Attempt;
  readonly endpoints: LinkEndpoints;
  readonly key: HelloKey;
  /** The invite that the hello proves, before pairing is confirmed. */
  readonly invite: HeldInvite | undefined;
  /** The invite that the contact has: the hello may prove the pair instead. */
  readonly held: HeldInvite | undefined;
  /** The session that the hello offers to resume. */
  readonly session: Session | undefined;
  readonly position: Position;
  /** The contact itself named the host that answers: a record of its, or its last link. */
  readonly named: boolean;
  readonly onLinkClosed: (peer: Peer) => void;
}

/**
 * Makes a link with `peer` over a channel that we opened.
 * @param host the host that a record of the contact names; absent for an address, where any other
 * node may answer by now.
 * @returns the result; the channel is closed unless it is "linked".
 */
export async function openLink(
  context: Context,
  peer: Peer,
  opened: Channel,
  attempt: Attempt,
  host: HostId | undefined,
  onLinkClosed: (peer: Peer) => void,
): Promise<CallResult> {
  const channel = new HandshakeChannel(context, opened, "dialer");
  const secret = linkSecretOf(peer);
  const key = secret && outboundHelloKey(context.crypto, secret, context.clock.now());
  if (secret === undefined || key === undefined) {
    channel.abort();
    return "refused";
  }
  let result: CallResult = "refused";
  try {
    const named = isNamed(peer, opened.remote, host);
    const proves = { key, kind: secret.kind, named };
    const dialer = await prepare(context, peer, channel, attempt, proves, onLinkClosed);
    if (dialer !== undefined) result = await greet(dialer);
  } finally {
    wipe(key.key, key.psk);
    if (result !== "linked") channel.abort();
  }
  return result;
}

/**
 * Whether a record or a link of the contact named this host. Any other one is sent nothing by which
 * it could recognise the pair.
 */
export function isNamed(
  { linkedHost }: Peer,
  remote: HostId,
  recordHost: HostId | undefined,
): boolean {
  return remote === recordHost || remote === linkedHost;
}

/** What the hello is made of; `undefined` where another attempt took over. */
async function prepare(
  context: Context,
  peer: Peer,
  channel: HandshakeChannel,
  attempt: Attempt,
  { key, kind, named }: Pick<Dialer, "key" | "named"> & { readonly kind: EpochSecret["kind"] },
  onLinkClosed: (peer: Peer) => void,
): Promise<Dialer | undefined> {
  attempt.caller = channel.local;
  // From now on nothing is sealed for the link before this one, so that the position in our hello
  // stays true.
  attempt.moves = peer.link && moveOf(peer.link);
  const position = await withContactLock(context, peer, async () => positionOf(peer));
  if (position === undefined || peer.attempt !== attempt) return undefined;
  const held = peer.contact.invite;
  const invite = kind === "invite" ? held : undefined;
  const session = invite === undefined && !peer.desynced ? peer.session : undefined;
  const endpoints: LinkEndpoints = { dialer: channel.local, listener: channel.remote };
  return {
    context,
    peer,
    channel,
    attempt,
    endpoints,
    key,
    invite,
    held,
    session,
    position,
    named,
    onLinkClosed,
  };
}

/** -> hello, <- answer; then what the answer says. */
async function greet(dialer: Dialer): Promise<CallResult> {
  const { context, peer, channel, endpoints, key, invite, session, position, named } = dialer;
  const request: HelloBody = {
    mode: session ? "resume" : "handshake",
    id: invite?.claim ?? encodePosition(position),
  };
  const hello = makeHello(context.crypto, key.key, endpoints, request, named);
  // -> hello
  if (!(await channel.write("hello", hello))) return "silent";
  // <- answer
  const answer = await channel.read("answer", "answer");
  if (answer === undefined) return "silent";
  const body = openAnswer(context.crypto, key.key, endpoints, hello, answer);
  if (body === undefined) return "refused";
  const { status } = body;
  switch (status) {
    case "resume":
      return resumable(position, decodePosition(body.id)) ? resume(dialer) : "refused";
    case "handshake": {
      const behind = invite === undefined && fellBehind(position, decodePosition(body.id));
      const { stream } = peer.contact.conversation;
      return handshake(dialer, hello, answer, behind ? context.crypto.random(16) : stream);
    }
    case "pending":
      return invite === undefined ? "refused" : "pending";
    case "used":
    case "expired":
    case "denied":
      if (invite === undefined) return "refused";
      await withContactLock(context, peer, async () => {
        if (peer.contact.invite === invite) await endPairing(context, peer, invite, status);
      });
      return "ended";
    default:
      return never(status);
  }
}

/** Both sides continue the session that they have. */
async function resume(dialer: Dialer): Promise<CallResult> {
  const { context, peer, channel, attempt, session, onLinkClosed } = dialer;
  if (session === undefined) return "refused";
  const linked = await withContactLock(context, peer, async () => {
    if (peer.attempt !== attempt || peer.session?.id !== session.id) return false;
    await establish(context, peer, channel, onLinkClosed, false);
    return true;
  });
  if (linked) channel.trace("linked");
  return linked ? "linked" : "refused";
}

/**
 * The initiator of Noise_XXhfs+psk0: -> psk, e, e1   <- e, ee, ekem1, s, es   -> s, se
 * @param stream 16 bytes: names our messages in message 3.
 */
async function handshake(
  dialer: Dialer,
  hello: HelloFrame,
  answer: AnswerFrame,
  stream: Uint8Array,
): Promise<CallResult> {
  const { context, channel, endpoints, key } = dialer;
  const { crypto, identity } = context;
  const { message1, state } = initiate(crypto, {
    psk: key.psk,
    prologue: prologue(endpoints, hello, answer),
    device: identity.device,
  });
  try {
    // -> psk, e, e1
    if (!(await channel.write("noise-message-1", { type: "handshake", message: message1 })))
      return "silent";
    // <- e, ee, ekem1, s, es
    const second = await channel.read("noise-message-2", "handshake");
    if (second === undefined) return "silent";
    const read = readMessage2(crypto, state, second.message);
    if (read.kind === "refused") return "refused";
    const them = readIntroduction(context, read.payload, read.device);
    const refusal = them === undefined ? "refused" : await judge(dialer, them);
    if (them === undefined || refusal !== undefined) return refusal ?? "refused";
    // -> s, se
    const third = writeMessage3(crypto, read.state, introduce(context, stream, 0));
    return await linkWith(dialer, them, stream, third);
  } finally {
    endHandshake(state);
  }
}

/** Why the listener is not the peer that was dialed; `undefined` where it is. */
async function judge(
  { context, peer, invite }: Dialer,
  them: Introduction,
): Promise<CallResult | undefined> {
  if (invite !== undefined && !clocksAgree(context, them.madeAt)) {
    context.log("pairing-refused", { why: "clocks" });
    return "refused";
  }
  if (them.account === peer.contact.account) return undefined;
  // An invite names its maker, so another account cannot answer it; our own key is a reflection.
  if (invite !== undefined || them.account === context.identity.account) return "refused";
  await withContactLock(context, peer, () => markKeyChanged(context, peer, them.account));
  return "ended";
}

/** Commits contact and session, then sends message 3, then the link is live. */
async function linkWith(
  { context, peer, channel, attempt, invite, held, onLinkClosed }: Dialer,
  them: Introduction,
  stream: Uint8Array,
  { message3, session, outputs }: ReturnType<typeof writeMessage3>,
): Promise<CallResult> {
  try {
    const linked = await withContactLock(context, peer, async () => {
      if (peer.attempt !== attempt || peer.contact.invite !== held) return false;
      const first = invite && { outputs, madeAt: them.madeAt };
      const contact = introduced(context, peer.contact, stream, them, first);
      const pairing = first ? "handshaken" : contact.pairing;
      const role = first ? "b" : contact.role;
      await adopt(context, peer, { ...contact, pairing, role }, session);
      // Not awaited: a slow peer must not hold the contact lock, and the channel keeps the order.
      void channel.write("noise-message-3", { type: "handshake", message: message3 });
      await establish(context, peer, channel, onLinkClosed, true);
      return true;
    });
    if (linked) channel.trace("linked");
    return linked ? "linked" : "silent";
  } finally {
    wipeHandshake(peer, { session, outputs });
  }
}
