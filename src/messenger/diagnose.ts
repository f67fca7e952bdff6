/** Why there is a link with a contact or none, as facts and as one verdict each; words are the faces'. */
import { type HoleFailure, limits } from "../base/index.ts";
import { type ContactCause, causeOf } from "./cause.ts";
import { reachable } from "./contact.ts";
import type { Core } from "./core.ts";
import { within } from "./deadline.ts";
import { recordsOf } from "./look-up.ts";
import { type MessageRow, messageKey } from "./message.ts";
import type { Peer } from "./peer.ts";
import type { PublishState } from "./publish.ts";
import { decodeRow } from "./rows.ts";
import type { Seeker } from "./seek.ts";
import { type Dialled, newTrail, type Trail } from "./trail.ts";
import type { ContactView } from "./views.ts";

export interface Diagnosis {
  readonly contact: ContactView;
  /** Absent where the contact is linked. */
  readonly cause?: ContactCause;
  readonly link?: LinkFacts;
  /** `broken`: the two cannot read each other any more, and the next link makes another one. */
  readonly session: "none" | "kept" | "broken";
  /** The newest record of theirs that was found now, with its age. */
  readonly record?: { readonly age: number; readonly addresses: readonly string[] };
  /** Why what was found is of no use; `off` is by how much their clock seems to be ahead of ours, negative where behind, ms. */
  readonly recordRefused?: { readonly why: string; readonly off?: number };
  readonly dials: readonly Dialled[];
  /** Why there was no hole through the routers either, where one was tried. */
  readonly hole?: HoleFailure;
  /** When the oldest message of ours that waits was written, ms since 1970. */
  readonly waitingSince?: number;
  /** Searches in vain since the last link. */
  readonly failures: number;
  /** ms until the next one; absent where none is due. */
  readonly nextTryIn?: number;
}

export interface LinkFacts {
  readonly since: number;
  readonly heardAt: number;
  readonly address: string;
  readonly outbound: boolean;
}

/** What the node knows of itself. */
export interface Health {
  readonly records: PublishState;
  /** By how much the newest of the contacts' records was ahead of our clock when it was found, ms; absent where none was found. */
  readonly theirsAhead?: number;
  /** Contacts of whom a record was found. */
  readonly compared: number;
}

/** See `Messenger.diagnose`. */
export async function diagnose(core: Core, seeker: Seeker, peer: Peer): Promise<Diagnosis> {
  const { clock, rendezvous } = core;
  const begun = clock.now();
  const wanted = reachable(peer.contact);
  if (wanted && peer.link === undefined)
    await within(clock, limits.diagnosis, seeker.search(peer), () => undefined);
  const fresh = peer.trail !== undefined && peer.trail.startedAt >= begun;
  const left = Math.max(0, begun + limits.diagnosis - clock.now());
  const trail = peer.trail ?? newTrail(begun);
  // A link, or a search that was under way, may have come without a look at the rendezvous.
  const seen = wanted && !(fresh && trail.asked) ? await lookUp(core, peer, left) : trail;
  const { contact, link, desynced, session, failures, retryAt } = peer;
  const dials = link === undefined && wanted ? trail.dials : [];
  const facts = {
    dials,
    session: desynced ? ("broken" as const) : session ? ("kept" as const) : ("none" as const),
    failures,
    ...(link && { link: linkFacts(link) }),
    ...(seen.record && {
      record: {
        age: Math.max(0, clock.now() - seen.record.time),
        addresses: seen.record.addresses,
      },
    }),
    ...(seen.refused && { recordRefused: refusal(seen.refused, clock.now()) }),
    ...(retryAt !== undefined &&
      link === undefined && { nextTryIn: Math.max(0, retryAt - clock.now()) }),
    ...(dials.length > 0 && trail.hole && { hole: trail.hole }),
    ...(await waitingSince(core, peer)),
  };
  const cause =
    link === undefined ? causeOf(contact, dials, seen, rendezvous.peers() > 0) : undefined;
  return { contact: core.book.view(peer), ...facts, ...(cause && { cause }) };
}

/** A look at the rendezvous alone. */
async function lookUp(core: Core, peer: Peer, ms: number): Promise<Trail> {
  const trail = newTrail(core.clock.now());
  trail.asked = core.rendezvous.peers() > 0;
  const end = new AbortController();
  const looking = (async () => {
    try {
      for await (const _found of recordsOf(core, peer, trail, end.signal));
    } catch {
      // Given up: what was found until then stands in the trail.
    }
  })();
  await within(core.clock, ms, looking, () => end.abort());
  return trail;
}

function linkFacts({ since, heardAt, channel }: NonNullable<Peer["link"]>): LinkFacts {
  return { since, heardAt, address: channel.remoteAddress, outbound: channel.outbound };
}

function refusal({ why, time }: NonNullable<Trail["refused"]>, now: number) {
  return { why, ...(time !== undefined && { off: time - now }) };
}

async function waitingSince(core: Core, { contact, outbox }: Peer) {
  for (const { at, act } of outbox.values()) {
    if (act !== undefined) return { waitingSince: act.sentAt };
    const bytes = await core.store.get(messageKey(contact.ref, at));
    if (bytes !== undefined) return { waitingSince: decodeRow<MessageRow>(bytes).sentAt };
  }
  return {};
}

/** See `Messenger.health`. */
export function healthOf({ book }: Core, records: PublishState): Health {
  const leads = book.peers().flatMap(({ trail }) => {
    const { record, refused, startedAt } = trail ?? {};
    if (record !== undefined) return [record.time - record.foundAt];
    const early = refused?.why === "early" && refused.time !== undefined && startedAt !== undefined;
    return early ? [(refused.time as number) - startedAt] : [];
  });
  return {
    records,
    compared: leads.length,
    ...(leads.length > 0 && { theirsAhead: Math.max(...leads) }),
  };
}
