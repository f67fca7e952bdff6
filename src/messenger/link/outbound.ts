/**
 * The caller's side of a link: hello, answer, then resume or handshake. Reads like the protocol's
 * text.
 */
import type { Channel } from "../../ports/index.ts";
import { initiate, readMessage2, writeMessage3 } from "../../ratchet/index.ts";
import type { AnswerBody, AnswerFrame, HelloFrame } from "../../wire/index.ts";
import type { Contact, HeldInvite } from "../model/contact.ts";
import type { CallResult } from "../model/diagnosis.ts";
import { type EpochSecret, type HelloKey, outboundHelloKey } from "../model/epoch-keys.ts";
import type { Attempt, Link, Move, Peer } from "../model/peer.ts";
import {
  decodePosition,
  encodePosition,
  fellBehind,
  positionOf,
  resumable,
} from "../model/session-position.ts";
import type { Pairing } from "../model/views.ts";
import { commitContact } from "../state/change-contact.ts";
import { type Context, withContactLock } from "../state/context.ts";
import { BufferedChannel } from "./frame-reader.ts";
import { type LinkEndpoints, makeHello, openAnswer, prologue } from "./hello.ts";
import {
  adopt,
  clocksAgree,
  introduce,
  introduced,
  markKeyChanged,
  readIntroduction,
} from "./introduction.ts";
import { establish } from "./live-link.ts";

/**
 * The secret that proves us to this contact: the invite until pairing is confirmed, then the pair's
 * own.
 */
export function linkSecretOf({ contact }: Peer): EpochSecret | undefined {
  if (contact.invite !== undefined) return { kind: "invite", secret: contact.invite.secret };
  return contact.chain && { kind: "pair", chain: contact.chain };
}

/**
 * Makes a link with `peer` over a channel that we opened. The channel is ended unless the result is
 * "linked".
 */
export async function openLink(
  context: Context,
  peer: Peer,
  opened: Channel,
  attempt: Attempt,
  lost: (peer: Peer) => void,
): Promise<CallResult> {
  const channel = new BufferedChannel(opened, context.clock);
  let result: CallResult = "refused";
  try {
    result = await converse(context, peer, channel, attempt, lost);
  } finally {
    if (result !== "linked") channel.abort();
  }
  return result;
}

async function converse(
  context: Context,
  peer: Peer,
  channel: BufferedChannel,
  attempt: Attempt,
  lost: (peer: Peer) => void,
): Promise<CallResult> {
  const { crypto, clock } = context;
  const turning = linkSecretOf(peer);
  const key = turning && outboundHelloKey(crypto, turning, clock.now());
  if (turning === undefined || key === undefined) return "refused";
  const ends: LinkEndpoints = { caller: channel.local, callee: channel.remote };
  attempt.caller = channel.local;
  // From now on nothing is sealed for the link before this one, so that what we say of our position
  // stays true.
  attempt.moves = peer.link && moveOf(peer.link);
  const ours = await withContactLock(context, peer, async () => positionOf(peer));
  if (ours === undefined || peer.attempt !== attempt) return "refused";
  const { invite } = peer.contact;
  const session = invite === undefined && !peer.desynced ? peer.session : undefined;
  const hello = makeHello(crypto, key.key, ends, {
    mode: session ? "resume" : "handshake",
    id: invite?.claim ?? encodePosition(ours),
  });
  if (!(await channel.say(hello))) return "silent";
  const answer = await channel.expect("answer");
  if (answer === undefined) return "silent";
  const body = openAnswer(crypto, key.key, ends, hello, answer);
  if (body === undefined) return "refused";
  if (body.status === "resume") {
    if (session === undefined || !resumable(ours, decodePosition(body.id))) return "refused";
    const taken = await withContactLock(context, peer, async () => {
      if (peer.attempt !== attempt || peer.session?.id !== session.id) return false;
      await establish(context, peer, channel, lost);
      return true;
    });
    return taken ? "linked" : "refused";
  }
  if (body.status === "handshake") {
    const behind = invite === undefined && fellBehind(ours, decodePosition(body.id));
    const stream = behind ? crypto.random(16) : peer.contact.conversation.stream;
    const agreed = { key, ends, hello, answer, stream, invite };
    return handshake(context, peer, channel, attempt, agreed, lost);
  }
  return invite === undefined ? "refused" : heard(context, peer, invite, body.status);
}

function moveOf(link: Link): Move {
  let end = (): void => undefined;
  const over = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { link, over, end };
}

/** Whoever holds a real invite is told what became of it. */
async function heard(
  context: Context,
  peer: Peer,
  invite: HeldInvite,
  status: Exclude<AnswerBody["status"], "resume" | "handshake">,
): Promise<CallResult> {
  if (status === "pending") return "pending";
  await withContactLock(context, peer, async () => {
    if (peer.contact.invite === invite) await endPairing(context, peer, invite, status);
  });
  return "ended";
}

/**
 * Pairing is over without success; the invite is of no more use. Whoever was paired before stays
 * so.
 */
export async function endPairing(
  context: Context,
  peer: Peer,
  { renews }: HeldInvite,
  why: Extract<Pairing, "used" | "expired" | "denied">,
): Promise<void> {
  const pairing = renews && peer.contact.pairing === "invited" ? "confirmed" : why;
  const contact: Contact = { ...peer.contact, pairing, invite: undefined };
  await commitContact(context, peer, { contact });
}

interface Agreed {
  readonly key: HelloKey;
  readonly ends: LinkEndpoints;
  readonly hello: HelloFrame;
  readonly answer: AnswerFrame;
  /** Names our record in message 3. */
  readonly stream: Uint8Array;
  /** What the hello was made with, if it was an invite. */
  readonly invite: HeldInvite | undefined;
}

/** -> psk, e, e1   <- e, ee, ekem1, s, es   -> s, se */
async function handshake(
  context: Context,
  peer: Peer,
  channel: BufferedChannel,
  attempt: Attempt,
  { key, ends, hello, answer, stream, invite }: Agreed,
  lost: (peer: Peer) => void,
): Promise<CallResult> {
  const { crypto, identity } = context;
  const { message1, state } = initiate(crypto, {
    psk: key.psk,
    prologue: prologue(ends, hello, answer),
    device: identity.device,
  });
  if (!(await channel.say({ type: "handshake", message: message1 }))) return "silent";
  const second = await channel.expect("handshake");
  if (second === undefined) return "silent";
  const read = readMessage2(crypto, state, second.message);
  if (read.kind === "refused") return "refused";
  const them = readIntroduction(context, read.payload, read.device);
  if (them === undefined) return "refused";
  const first = invite !== undefined;
  if (first && !clocksAgree(context, them.madeAt)) {
    context.log("pairing-refused", { why: "clocks" });
    return "refused";
  }
  if (them.account !== peer.contact.account) {
    // The invite names its maker, so whoever else answers is nobody we were sent to; and our own
    // key would be a reflection.
    if (first || them.account === identity.account) return "refused";
    await withContactLock(context, peer, () => markKeyChanged(context, peer, them.account));
    return "ended";
  }
  const payload = introduce(context, stream, 0);
  const { message3, session, outputs } = writeMessage3(crypto, read.state, payload);
  const taken = await withContactLock(context, peer, async () => {
    if (peer.attempt !== attempt || peer.contact.invite !== invite) return false;
    const made = first ? { outputs, madeAt: them.madeAt } : undefined;
    const contact = introduced(context, peer.contact, stream, them, made);
    const pairing = first ? "handshaken" : contact.pairing;
    const role = first ? "b" : contact.role;
    await adopt(context, peer, { ...contact, pairing, role }, session);
    // Not awaited: a slow peer must not hold the turn, and the channel keeps the order.
    void channel.say({ type: "handshake", message: message3 });
    await establish(context, peer, channel, lost);
    return true;
  });
  return taken ? "linked" : "silent";
}
