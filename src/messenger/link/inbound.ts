/**
 * The callee's side of a link. A stranger, a wrong tag, garbage and silence all meet the same end after the same time: the
 * channel is dropped without a word.
 */
import { limits, pauseLeft } from "../../base/index.ts";
import type { Channel } from "../../ports/index.ts";
import type { AnswerFrame, HelloFrame } from "../../wire/index.ts";
import { reachable } from "../model/contact.ts";
import { acceptedKeys, type HelloKey } from "../model/epoch-keys.ts";
import { admits, allowed } from "../model/link-policy.ts";
import type { Attempt, Peer } from "../model/peer.ts";
import {
  decodePosition,
  encodePosition,
  fellBehind,
  positionOf,
  resumable,
} from "../model/session-position.ts";
import { within } from "../model/timeout.ts";
import { type Core, inTurn } from "../state/context.ts";
import { mayLink } from "../state/invisible.ts";
import type { Invites, KeptInvite } from "../state/invites.ts";
import { BufferedChannel } from "./frame-reader.ts";
import { type Ends, helloFits, openHello } from "./hello.ts";
import { adopt, introduced, markKeyChanged } from "./introduction.ts";
import { begin, end, establish, inboundStays } from "./live-link.ts";
import { visitByInvite } from "./redeem-invite.ts";
import { respondTo, say, type Visit } from "./responder-handshake.ts";

/** Whom a hello proved to know us. */
export type Caller =
  | { readonly kind: "contact"; readonly peer: Peer; readonly key: HelloKey }
  | { readonly kind: "invite"; readonly invite: KeptInvite; readonly key: HelloKey };

/** Takes a channel that somebody opened. Never throws on what they send. */
export async function answer(
  core: Core,
  invites: Invites,
  opened: Channel,
  lost: (peer: Peer) => void,
): Promise<void> {
  const channel = new BufferedChannel(opened, core.clock);
  let taken = false;
  try {
    taken = await visit(core, invites, channel, lost);
    const wait = pauseLeft(channel.heardAt, limits.refusalDelay, core.clock.now());
    if (!taken && wait > 0) await within(core.clock, wait, channel.drain(), () => undefined);
  } finally {
    if (!taken) channel.abort();
  }
}

async function visit(
  core: Core,
  invites: Invites,
  channel: BufferedChannel,
  lost: (peer: Peer) => void,
): Promise<boolean> {
  const hello = await channel.expect("hello");
  if (hello === undefined) return false;
  const ends: Ends = { caller: channel.remote, callee: channel.local };
  const caller = recognise(core, invites, ends, hello, channel);
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
  channel: Channel,
): Caller | undefined {
  let caller: Caller | undefined;
  for (const candidate of callers(core, invites))
    if (helloFits(core.crypto, candidate.key.key, ends, hello)) caller = candidate;
  return caller && answers(core, caller, channel) ? caller : undefined;
}

/**
 * Whether a caller that proved to know us gets more than a stranger: a contact only over a way that its policy allows, and of an invisible
 * node only who is looked for just now.
 */
export function answers(
  core: Core,
  caller: Caller,
  via: Pick<Channel, "outbound" | "way">,
): boolean {
  if (caller.kind === "contact" && !admits(caller.peer.contact, core.transport, via)) return false;
  if (caller.kind === "contact" && !allowed(core, caller.peer.contact.account)) return false;
  if (!core.presence.invisible) return true;
  return caller.kind === "contact" && mayLink(core, caller.peer);
}

/** Who may call us, with each key that proves it. */
export function* callers(core: Core, invites: Invites): Iterable<Caller> {
  const now = core.clock.now();
  for (const peer of core.book.peers()) {
    const { chain } = peer.contact;
    if (chain === undefined || !reachable(peer.contact)) continue;
    for (const key of acceptedKeys(core.crypto, { kind: "pair", chain }, now))
      yield { kind: "contact", peer, key };
  }
  for (const invite of invites.all())
    for (const key of acceptedKeys(core.crypto, { kind: "invite", secret: invite.secret }, now))
      yield { kind: "invite", invite, key };
}

async function visitOfContact(visit: Visit, peer: Peer, key: HelloKey): Promise<boolean> {
  const { core, channel, body, lost } = visit;
  if (!inboundStays(channel.remote, peer.attempt)) return false;
  const attempt: Attempt = {
    outbound: false,
    caller: undefined,
    moves: undefined,
    abort: () => channel.abort(),
  };
  begin(peer, attempt);
  try {
    const { session } = peer;
    const ours = positionOf(peer);
    const theirs = decodePosition(body.id);
    const resumed = body.mode === "resume" && session && !peer.desynced && resumable(ours, theirs);
    const status = resumed ? "resume" : "handshake";
    const frame = await say(visit, key, { status, id: encodePosition(ours) });
    if (frame === undefined) return false;
    if (status === "handshake") {
      const stream = fellBehind(ours, theirs) ? core.crypto.random(16) : peer.contact.stream;
      return await renew(visit, peer, key, frame, attempt, stream);
    }
    const taken = await inTurn(core, peer, async () => {
      if (peer.attempt !== attempt || peer.session?.id !== session?.id) return false;
      await establish(core, peer, channel, lost);
      return true;
    });
    return taken === true;
  } finally {
    end(peer, attempt);
    if (peer.link === undefined) lost(peer);
  }
}

/** A session is made again with a contact that we know: it has to show the account key that we pinned. */
async function renew(
  visit: Visit,
  peer: Peer,
  key: HelloKey,
  frame: AnswerFrame,
  attempt: Attempt,
  stream: Uint8Array,
): Promise<boolean> {
  const { core, channel, lost } = visit;
  const done = await respondTo(visit, key, frame, stream);
  // Our own key would be a reflection, and says nothing of the contact.
  if (done === undefined || done.them.account === core.identity.account) return false;
  const { them, session } = done;
  const taken = await inTurn(core, peer, async () => {
    const wanted = reachable(peer.contact) && admits(peer.contact, core.transport, channel);
    if (peer.attempt !== attempt || !wanted) return false;
    if (them.account !== peer.contact.account) {
      await markKeyChanged(core, peer, them.account);
      return false;
    }
    const contact = introduced(core, { ...peer.contact, stream }, them, undefined);
    await adopt(core, peer, contact, session);
    await establish(core, peer, channel, lost);
    return true;
  });
  return taken === true;
}
