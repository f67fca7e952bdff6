/**
 * The callee's side of a link. A stranger, a wrong tag, garbage and silence all meet the same end after the same time: the
 * channel is dropped without a word.
 */
import { equal, limits } from "../base/index.ts";
import type { Channel } from "../ports/index.ts";
import { readMessage3, respond, writeMessage2 } from "../ratchet/index.ts";
import type { AnswerBody, AnswerFrame, HelloBody, HelloFrame } from "../wire/index.ts";
import { putContact, putSession } from "./book.ts";
import { BufferedChannel } from "./buffered.ts";
import { type Contact, newContact, reachable } from "./contact.ts";
import { type Core, inTurn } from "./core.ts";
import { sleep } from "./deadline.ts";
import { type Ends, helloFits, makeAnswer, openHello, prologue } from "./hello.ts";
import { claimOf, type Invites, type KeptInvite, putInvite, withClaim } from "./invites.ts";
import { acceptedKeys, type HelloKey } from "./keys.ts";
import { begin, cut, end, establish, inboundStays } from "./links.ts";
import {
  adopt,
  type Introduction,
  introduce,
  introduced,
  markKeyChanged,
  readIntroduction,
} from "./pair.ts";
import { type Attempt, newPeer, type Peer } from "./peer.ts";

/** Whom a hello proved to know us. */
type Caller =
  | { readonly kind: "contact"; readonly peer: Peer; readonly key: HelloKey }
  | { readonly kind: "invite"; readonly invite: KeptInvite; readonly key: HelloKey };

interface Visit {
  readonly core: Core;
  readonly invites: Invites;
  readonly channel: BufferedChannel;
  readonly ends: Ends;
  readonly hello: HelloFrame;
  readonly body: HelloBody;
  /** Told when a link made here is over. */
  readonly lost: (peer: Peer) => void;
}

/** Takes a channel that somebody opened. Never throws on what they send. */
export async function answer(
  core: Core,
  invites: Invites,
  opened: Channel,
  lost: (peer: Peer) => void,
): Promise<void> {
  const channel = new BufferedChannel(opened, core.clock);
  const arrivedAt = core.clock.now();
  const taken = await visit(core, invites, channel, lost);
  if (taken) return;
  const passed = core.clock.now() - arrivedAt;
  if (passed < limits.refusalDelay) await sleep(core.clock, limits.refusalDelay - passed);
  channel.abort();
}

async function visit(
  core: Core,
  invites: Invites,
  channel: BufferedChannel,
  lost: (peer: Peer) => void,
): Promise<boolean> {
  const hello = await channel.expect("hello");
  if (hello === undefined) return false;
  const ends: Ends = { caller: channel.remote, callee: core.transport.host };
  const caller = recognise(core, invites, ends, hello);
  const body = caller && openHello(core.crypto, caller.key.key, hello);
  if (caller === undefined || body === undefined) return false;
  const visited: Visit = { core, invites, channel, ends, hello, body, lost };
  return caller.kind === "contact"
    ? visitOfContact(visited, caller.peer, caller.key)
    : visitByInvite(visited, caller.invite, caller.key);
}

/** Every candidate is tried, found or not, so that the time tells nothing. */
function recognise(
  core: Core,
  invites: Invites,
  ends: Ends,
  hello: HelloFrame,
): Caller | undefined {
  const now = core.clock.now();
  let caller: Caller | undefined;
  for (const peer of core.book.peers()) {
    const { chain } = peer.contact;
    if (chain === undefined || !reachable(peer.contact)) continue;
    for (const key of acceptedKeys(core.crypto, { kind: "pair", chain }, now))
      if (helloFits(core.crypto, key.key, ends, hello)) caller = { kind: "contact", peer, key };
  }
  for (const invite of invites.all())
    for (const key of acceptedKeys(core.crypto, { kind: "invite", secret: invite.secret }, now))
      if (helloFits(core.crypto, key.key, ends, hello)) caller = { kind: "invite", invite, key };
  return caller;
}

async function say(
  visit: Visit,
  key: HelloKey,
  body: AnswerBody,
): Promise<AnswerFrame | undefined> {
  const frame = makeAnswer(visit.core.crypto, key.key, visit.ends, visit.hello, body);
  return (await visit.channel.say(frame)) ? frame : undefined;
}

async function visitOfContact(visit: Visit, peer: Peer, key: HelloKey): Promise<boolean> {
  const { core, channel, body, lost } = visit;
  if (!inboundStays(core.transport.host, channel.remote, peer.attempt)) return false;
  const attempt: Attempt = {
    outbound: false,
    remote: channel.remote,
    helloSent: false,
    abort: () => channel.abort(),
  };
  begin(peer, attempt);
  try {
    const { session } = peer;
    const same = body.mode === "resume" && session !== undefined && equal(body.id, session.id);
    const status = same && !peer.desynced ? "resume" : "handshake";
    const frame = await say(visit, key, { status, id: session?.id ?? new Uint8Array(32) });
    if (frame === undefined) return false;
    if (status === "handshake") return await renew(visit, peer, key, frame, attempt);
    const taken = await inTurn(core, peer, async () => {
      if (peer.attempt !== attempt || peer.session?.id !== session?.id) return false;
      await establish(core, peer, channel, () => lost(peer));
      return true;
    });
    return taken === true;
  } finally {
    end(peer, attempt);
  }
}

/** A session is made again with a contact that we know: it has to show the account key that we pinned. */
async function renew(
  visit: Visit,
  peer: Peer,
  key: HelloKey,
  frame: AnswerFrame,
  attempt: Attempt,
): Promise<boolean> {
  const { core, channel, lost } = visit;
  const done = await respondTo(visit, key, frame, peer.contact.stream);
  if (done === undefined) return false;
  const { them, session } = done;
  const taken = await inTurn(core, peer, async () => {
    if (peer.attempt !== attempt || !reachable(peer.contact)) return false;
    if (them.account !== peer.contact.account) {
      await markKeyChanged(core, peer, them.account);
      return false;
    }
    await adopt(core, peer, introduced(core, peer.contact, them, undefined), session);
    await establish(core, peer, channel, () => lost(peer));
    return true;
  });
  return taken === true;
}

/** -> psk, e, e1   <- e, ee, ekem1, s, es   -> s, se */
async function respondTo(visit: Visit, key: HelloKey, frame: AnswerFrame, stream: Uint8Array) {
  const { core, channel, ends, hello } = visit;
  const { crypto, identity, clock } = core;
  const first = await channel.expect("handshake");
  if (first === undefined) return undefined;
  const options = {
    psk: key.psk,
    prologue: prologue(ends, hello, frame),
    device: identity.device,
  };
  const read = respond(crypto, options, first.message);
  if (read.kind === "refused") return undefined;
  const madeAt = clock.now();
  const written = writeMessage2(crypto, read.state, introduce(core, stream, madeAt));
  if (written.kind === "refused") return undefined;
  if (!(await channel.say({ type: "handshake", message: written.message2 }))) return undefined;
  const third = await channel.expect("handshake");
  if (third === undefined) return undefined;
  const end = readMessage3(crypto, written.state, third.message);
  if (end.kind === "refused") return undefined;
  const them = readIntroduction(core, end.payload, end.device);
  return them && { them, madeAt, session: end.session, outputs: end.outputs };
}

async function visitByInvite(visit: Visit, invite: KeptInvite, key: HelloKey): Promise<boolean> {
  const { core, invites, body } = visit;
  const status = standing(visit, invite);
  const frame = await say(visit, key, { status, id: body.id });
  if (frame === undefined) return false;
  if (status !== "handshake") {
    if (status === "used") {
      core.log("invite-reused");
      core.events.emit({ type: "invite.reused", invite: invites.view(invite) });
    }
    return false;
  }
  const stream = core.crypto.random(16);
  const done = await respondTo(visit, key, frame, stream);
  if (done === undefined) return false;
  return core.turns.run(invite.id, async () => {
    const current = invites.get(invite.id);
    // Somebody else may have been quicker, or the person has revoked it meanwhile.
    if (current === undefined || standing(visit, current) !== "handshake") return false;
    const made = claimOf(current, body.id);
    if (made !== undefined && made.account !== done.them.account) return false;
    return pairWith(visit, current, done, stream);
  });
}

/** What the invite is worth to this claimant now. */
function standing({ invites, body }: Visit, invite: KeptInvite): AnswerBody["status"] {
  const made = claimOf(invite, body.id);
  if (made?.answer === "accepted") return "handshake";
  if (made !== undefined) return made.answer;
  const { state } = invites.view(invite);
  if (state === "used") return "used";
  return state === "open" && invite.claims.length < limits.inviteClaims ? "handshake" : "expired";
}

type Responded = NonNullable<Awaited<ReturnType<typeof respondTo>>>;

/** The claimant becomes a contact, or, by a reusable invite, asks to become one. */
async function pairWith(
  visit: Visit,
  invite: KeptInvite,
  { them, madeAt, session, outputs }: Responded,
  stream: Uint8Array,
): Promise<boolean> {
  const { core, invites, channel, body, lost } = visit;
  if (them.account === core.identity.account) return false;
  const known = core.book.byAccount(them.account);
  const peer = known ?? newPeer(firstMoment(core, them, stream));
  const taken = await inTurn(core, peer, async () => {
    if (peer.contact.blocked) return false;
    if (!inboundStays(core.transport.host, channel.remote, peer.attempt)) return false;
    const accepted =
      invite.kind === "once" ||
      claimOf(invite, body.id)?.answer === "accepted" ||
      peer.contact.pairing === "confirmed";
    const contact: Contact = {
      ...introduced(core, { ...peer.contact, role: "a", stream }, them, { outputs, madeAt }),
      pairing: accepted ? "handshaken" : "requested",
      invite: undefined,
      changedAccount: undefined,
    };
    const claimed = withClaim(invite, {
      claim: body.id,
      account: them.account,
      answer: accepted ? "accepted" : "pending",
    });
    await core.store.commit([
      putContact(contact),
      putSession(contact.ref, session),
      putInvite(claimed),
    ]);
    invites.set(claimed);
    peer.contact = contact;
    peer.session = session;
    peer.desynced = false;
    core.book.add(peer);
    cut(peer);
    if (!accepted) {
      core.events.emit({ type: "contact.request", contact: core.book.view(peer) });
      return false;
    }
    core.events.emit({ type: "contact.changed", contact: core.book.view(peer) });
    await establish(core, peer, channel, () => lost(peer));
    return true;
  });
  return taken === true;
}

function firstMoment(core: Core, them: Introduction, stream: Uint8Array): Contact {
  const name = core.book.freeName(them.name ?? them.account.slice(0, 8));
  return newContact(core.crypto, core.clock.now(), {
    account: them.account,
    name,
    named: false,
    role: "a",
    stream,
  });
}
