/**
 * Explains why there is a link with a contact or none: facts, and one cause for each. Texts are up
 * to the clients.
 */
import { type ContactCause, dialReasons, type HoleTried, limits } from "../../base/index.ts";
import type { Awaits, Pairing } from "../../model/index.ts";
import { type Contact, pairingEnded, reachable } from "../model/contact.ts";
import type { Conversation } from "../model/conversation.ts";
import {
  type Diagnosis,
  type Dialled,
  type Health,
  type LinkFacts,
  newSearchTrace,
  type PublishState,
  type SearchTrace,
  type TracedDial,
} from "../model/diagnosis.ts";
import { allowed, awaits, scopeOf } from "../model/link-policy.ts";
import { type MessageRow, messageKey } from "../model/message.ts";
import type { Peer } from "../model/peer.ts";
import { decodeRow } from "../model/rows.ts";
import { withTimeout } from "../model/timeout.ts";
import type { Context } from "../state/context.ts";
import { mayLink } from "../state/invisible.ts";
import type { CoverRecords } from "./cover-records.ts";
import { canAsk, recordsOf } from "./lookup.ts";
import type { PeerFinder } from "./peer-finder.ts";

/** See `Messenger.diagnose`. */
export async function diagnose(
  context: Context,
  peerFinder: PeerFinder,
  peer: Peer,
): Promise<Diagnosis> {
  const { clock } = context;
  const begun = clock.now();
  const lets = allowed(context, peer.contact.account);
  const scope = lets ? scopeOf(peer.contact, context.transport) : undefined;
  const wanted = reachable(peer.contact) && scope !== undefined && mayLink(context, peer);
  if (wanted && peer.link === undefined)
    await withTimeout(clock, limits.diagnosis, peerFinder.search(peer), () => undefined);
  const fresh = peer.searchTrace !== undefined && peer.searchTrace.startedAt >= begun;
  const left = Math.max(0, begun + limits.diagnosis - clock.now());
  const trace = peer.searchTrace ?? newSearchTrace(begun);
  // A link may have come without a lookup, and a search may not have ended in time.
  const seen = wanted && !(fresh && trace.asked) ? await lookUp(context, peer, left) : trace;
  const { contact, link, desynced, session, failures, retryAt } = peer;
  const dials = link === undefined && wanted ? trace.dials : [];
  const facts = {
    dials: dials.map(({ recordTime: _, ...dial }): Dialled => dial),
    session: desynced ? ("broken" as const) : session ? ("kept" as const) : ("none" as const),
    failures,
    ...(link && { link: linkFacts(link) }),
    ...(seen.record && {
      record: {
        age: Math.max(0, clock.now() - seen.record.time),
        ahead: Math.max(0, seen.record.time - seen.record.foundAt),
        addresses: seen.record.addresses,
      },
    }),
    ...(seen.refused && { recordRefused: refusal(seen.refused, clock.now()) }),
    ...(retryAt !== undefined &&
      link === undefined && { nextTryIn: Math.max(0, retryAt - clock.now()) }),
    ...(dials.length > 0 && trace.hole && holeFacts(trace.hole)),
    ...(await waitingSince(context, peer)),
    ...refusedMessages(contact.conversation),
  };
  const cause =
    link === undefined
      ? causeOf(contact, dials, seen, {
          allowed: lets,
          connected: canAsk(context, peer),
          invisible: !mayLink(context, peer),
          linkedAt: peer.linkedAt,
          awaits: awaits(contact, context.transport),
        })
      : undefined;
  return { contact: context.contactStore.view(peer), ...facts, ...(cause && { cause }) };
}

/** Looks only at the rendezvous. */
async function lookUp(context: Context, peer: Peer, ms: number): Promise<SearchTrace> {
  const trace = newSearchTrace(context.clock.now());
  const end = new AbortController();
  const looking = (async () => {
    try {
      for await (const _found of recordsOf(context, peer, trace, end.signal));
      // One that was cut short does not show that there is no record.
      trace.asked = !end.signal.aborted && canAsk(context, peer);
    } catch {
      // Aborted: what was found until then is in the trace.
    }
  })();
  await withTimeout(context.clock, ms, looking, () => end.abort());
  return trace;
}

function holeFacts({ why, theirs }: HoleTried) {
  return { hole: why, ...(theirs && { theirRouter: theirs }) };
}

function linkFacts({ since, heardAt, channel }: NonNullable<Peer["link"]>): LinkFacts {
  return { since, heardAt, address: channel.remoteAddress, outbound: channel.outbound };
}

function refusal({ why, time }: NonNullable<SearchTrace["refused"]>, now: number) {
  return { why, ...(time !== undefined && { off: time - now }) };
}

function refusedMessages({ held = [], dropped = 0 }: Conversation) {
  return held.length + dropped === 0 ? {} : { refused: { held: held.length, dropped } };
}

async function waitingSince(context: Context, { contact, outbox }: Peer) {
  for (const { at, act } of outbox.values()) {
    if (act !== undefined) return { waitingSince: act.sentAt };
    const bytes = await context.store.get(messageKey(contact.conversation.ref, at));
    if (bytes !== undefined) return { waitingSince: decodeRow<MessageRow>(bytes).sentAt };
  }
  return {};
}

/** See `Messenger.health`. */
export function healthOf(
  { contactStore, presence, disk }: Context,
  covers: CoverRecords,
  records: PublishState,
  publicKeys: PublishState,
): Health {
  const leads = contactStore.peers().flatMap(({ searchTrace }) => {
    const { record, refused, startedAt } = searchTrace ?? {};
    if (record !== undefined) return [record.time - record.foundAt];
    const early = refused?.why === "early" && refused.time !== undefined && startedAt !== undefined;
    return early ? [(refused.time as number) - startedAt] : [];
  });
  return {
    invisible: presence.invisible,
    disk: disk.state,
    decoys: covers.step,
    sessions: contactStore.peers().filter(({ session }) => session !== undefined).length,
    records,
    publicKeys,
    compared: leads.length,
    ...(leads.length > 0 && { theirsAhead: Math.max(...leads) }),
  };
}

/** What decides the cause besides the search. */
interface Standing {
  /** Whether the settings let us link with them. */
  readonly allowed: boolean;
  /** Whether there is a peer to ask where the contact is. */
  readonly connected: boolean;
  /** Whether we avoid a link because we are invisible. */
  readonly invisible: boolean;
  /** When the last link of this run began, ms since 1970. */
  readonly linkedAt: number | undefined;
  /** What else a link needs by our policy. */
  readonly awaits: Awaits | undefined;
}

/**
 * The cause that keeps a contact and us apart.
 * @param traced dials of the last search.
 * @param seen what the rendezvous returned.
 */
export function causeOf(
  contact: Contact,
  traced: readonly TracedDial[],
  seen: Pick<SearchTrace, "asked" | "record" | "refused">,
  { allowed, connected, invisible, linkedAt, awaits }: Standing,
): ContactCause {
  const { pairing, changedAccount, blocked } = contact;
  if (changedAccount !== undefined) return "key-changed";
  if (blocked) return "blocked";
  if (pairing === "requested") return "request-received";
  if (pairingEnded(pairing)) return pairing as "denied" | "used" | "expired";
  if (!allowed) return "not-allowed";
  if (awaits === "proxy") return "hidden";
  if (awaits === "no-proxy") return "lan-behind-proxy";
  if (invisible) return "invisible";
  const dials = ofNewestRecord(traced);
  const heard = answerOf(dials, pairing, linkedAt) ?? answerOf(traced, pairing, linkedAt);
  if (heard === undefined && awaits === "lan") return "lan-only";
  if (heard === undefined && dials.some(({ reason }) => reason === dialReasons.otherNetwork))
    return "other-network";
  return heard ?? whyNoRecord(dials, seen, connected) ?? whyNobody(dials);
}

/**
 * The dials without those of superseded records: a server may return any record that was ever
 * published, and an address that the contact has left says nothing about now.
 */
function ofNewestRecord(dials: readonly TracedDial[]): TracedDial[] {
  const newest = Math.max(...dials.map(({ recordTime }) => recordTime ?? 0));
  return dials.filter(({ recordTime = newest }) => recordTime === newest);
}

/**
 * The answer of the contact. At an address of the last link another node may answer by now; a
 * record proves which one does. One that is older than that link only disproves: the contact may
 * have moved since.
 */
function answerOf(
  dials: readonly TracedDial[],
  pairing: Pairing,
  linkedAt = 0,
): ContactCause | undefined {
  const proven = dials.filter(({ recordTime }) => recordTime !== undefined);
  const current = proven.some(({ recordTime = 0 }) => recordTime >= linkedAt);
  const others = dials.filter(({ reason }) => reason === dialReasons.otherHost);
  const heard = (current ? proven : dials).findLast(
    ({ answer, address }) =>
      answer !== undefined && !others.some((other) => other.address === address),
  );
  switch (heard?.answer) {
    case "pending":
      return "request-pending";
    case "refused":
      return "unproven";
    case "silent":
      return "unrecognized";
    case "linked":
      // The link was closed again: a peer that has not decided about us yet closes the first one.
      return pairing === "handshaken" ? "request-pending" : "searching";
    default:
      return undefined;
  }
}

function whyNoRecord(
  dials: readonly Dialled[],
  { asked, record, refused }: Pick<SearchTrace, "asked" | "record" | "refused">,
  connected: boolean,
): ContactCause | undefined {
  if (record !== undefined) return record.addresses.length === 0 ? "no-address" : undefined;
  if (!connected) return "no-dht-peer";
  // Only what they signed themselves shows their clock.
  if (refused?.time !== undefined && refused.why === "early") return "clock-skew";
  if (refused?.time !== undefined && refused.why === "stale") return "record-expired";
  if (!asked) return dials.length === 0 ? "searching" : undefined;
  return dials.some(({ from }) => from === "public") ? undefined : "no-record";
}

function whyNobody(dials: readonly Dialled[]): ContactCause {
  const theirs = dials.filter(({ from }) => from !== "last");
  if (theirs.length === 0) return "searching";
  const only = (reason: string): boolean => theirs.every((each) => each.reason === reason);
  if (only(dialReasons.self)) return "own-address";
  return only(dialReasons.otherHost) ? "other-peer" : "unreachable";
}
