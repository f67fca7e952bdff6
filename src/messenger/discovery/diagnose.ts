/** Why there is a link with a contact or none, as facts and as one verdict each; words are the faces'. */
import { type HoleTried, limits } from "../../base/index.ts";
import { reachable } from "../model/contact.ts";
import { newTrail, type Trail } from "../model/diagnosis.ts";
import { awaits, scopeOf } from "../model/link-policy.ts";
import { type MessageRow, messageKey } from "../model/message.ts";
import { allowed } from "../model/part-allow.ts";
import type { Diagnosis, Health, LinkFacts, PublishState } from "../model/part-diagnosis.ts";
import type { Peer } from "../model/peer.ts";
import { decodeRow } from "../model/rows.ts";
import { within } from "../model/timeout.ts";
import type { Core } from "../state/context.ts";
import { mayLink } from "../state/invisible.ts";
import { canAsk, recordsOf } from "./lookup.ts";
import { causeOf } from "./part-cause.ts";
import type { Seeker } from "./peer-finder.ts";

/** See `Messenger.diagnose`. */
export async function diagnose(core: Core, seeker: Seeker, peer: Peer): Promise<Diagnosis> {
  const { clock } = core;
  const begun = clock.now();
  const lets = allowed(core, peer.contact.account);
  const scope = lets ? scopeOf(peer.contact, core.transport) : undefined;
  const wanted = reachable(peer.contact) && scope !== undefined && mayLink(core, peer);
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
        ahead: Math.max(0, seen.record.time - seen.record.foundAt),
        addresses: seen.record.addresses,
      },
    }),
    ...(seen.refused && { recordRefused: refusal(seen.refused, clock.now()) }),
    ...(retryAt !== undefined &&
      link === undefined && { nextTryIn: Math.max(0, retryAt - clock.now()) }),
    ...(dials.length > 0 && trail.hole && holeFacts(trail.hole)),
    ...(await waitingSince(core, peer)),
  };
  const cause =
    link === undefined
      ? causeOf(contact, dials, seen, {
          allowed: lets,
          connected: canAsk(core, peer),
          invisible: !mayLink(core, peer),
          awaits: awaits(contact, core.transport),
        })
      : undefined;
  return { contact: core.book.view(peer), ...facts, ...(cause && { cause }) };
}

/** A look at the rendezvous alone. */
async function lookUp(core: Core, peer: Peer, ms: number): Promise<Trail> {
  const trail = newTrail(core.clock.now());
  trail.asked = canAsk(core, peer);
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

function holeFacts({ why, theirs }: HoleTried) {
  return { hole: why, ...(theirs && { theirRouter: theirs }) };
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
export function healthOf(
  { book, presence, decoys }: Core,
  records: PublishState,
  publicKeys: PublishState,
): Health {
  const leads = book.peers().flatMap(({ trail }) => {
    const { record, refused, startedAt } = trail ?? {};
    if (record !== undefined) return [record.time - record.foundAt];
    const early = refused?.why === "early" && refused.time !== undefined && startedAt !== undefined;
    return early ? [(refused.time as number) - startedAt] : [];
  });
  return {
    invisible: presence.invisible,
    decoys: decoys.step,
    sessions: book.peers().filter(({ session }) => session !== undefined).length,
    records,
    publicKeys,
    compared: leads.length,
    ...(leads.length > 0 && { theirsAhead: Math.max(...leads) }),
  };
}
