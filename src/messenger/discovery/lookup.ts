/**
 * Lookups of a contact: its records, opened and judged, and candidate addresses from the public
 * DHT.
 */
import { backoffDelay, limits } from "../../base/index.ts";
import { type Direction, openRecord, type RecordBody, signedTime } from "../../dht/index.ts";
import { linkSecretOf } from "../link/link-keys.ts";
import type { SearchTrace } from "../model/diagnosis.ts";
import {
  type EpochSecret,
  lookupKeys,
  publicLookupKeys,
  wipeRecordKeys,
} from "../model/epoch-keys.ts";
import { scopeOf } from "../model/link-policy.ts";
import { isUrgent, type Peer } from "../model/peer.ts";
import { type Context, randomUnit } from "../state/context.ts";

/**
 * The sound records of the contact that are found now, as they arrive, likeliest tag first. The
 * newest is noted in the trace, and of those that are of no use why.
 */
export async function* recordsOf(
  { crypto, rendezvous, clock, transport }: Context,
  peer: Peer,
  trace: SearchTrace,
  signal: AbortSignal,
): AsyncGenerator<{ readonly time: number; readonly body: RecordBody }> {
  const epochSecret = linkSecretOf(peer);
  const scope = scopeOf(peer.contact, transport);
  if (epochSecret === undefined || scope === undefined) return;
  const theirs = theirSide(peer, epochSecret);
  const urgent = (): boolean => isUrgent(peer, clock.now());
  const all = lookupKeys(crypto, epochSecret, theirs, clock.now());
  try {
    for (const keys of all)
      for await (const bytes of rendezvous.lookup(keys.tag, signal, scope, urgent)) {
        const now = clock.now();
        const opened = openRecord(crypto, keys, bytes, now);
        if (opened.kind === "refused") {
          const time = signedTime(crypto, keys.tag, bytes);
          if (trace.refused === undefined || (time ?? 0) >= (trace.refused.time ?? 0))
            trace.refused = { why: opened.why, time };
          continue;
        }
        const { time, body } = opened;
        if (time >= (trace.record?.time ?? 0))
          trace.record = { time, foundAt: now, addresses: body.addresses };
        yield opened;
      }
  } finally {
    for (const keys of all) wipeRecordKeys(keys);
  }
}

/**
 * Candidate addresses of the contact from the public DHT. Any node may have put them there: the
 * handshake authenticates the peer. Empty while the public DHT is off, and within
 * `limits.publicLookup` after the last lookup for this contact.
 */
export async function* candidateAddressesOf(
  context: Context,
  peer: Peer,
  signal: AbortSignal,
): AsyncGenerator<readonly string[]> {
  const { crypto, publicRendezvous, clock, transport } = context;
  const epochSecret = linkSecretOf(peer);
  const now = clock.now();
  if (scopeOf(peer.contact, transport) !== "any") return;
  if (
    publicRendezvous?.enabled() !== true ||
    epochSecret === undefined ||
    !isDue(peer.publicSearchDueAt, now)
  )
    return;
  peer.publicSearchDueAt =
    now + backoffDelay(limits.publicLookup, peer.publicSearches++, randomUnit(context));
  for (const key of publicLookupKeys(crypto, epochSecret, theirSide(peer, epochSecret), now))
    yield* publicRendezvous.lookup(key, signal);
}

/** Nothing is due later than the longest pause ahead, but by a clock that fell back since. */
function isDue(dueAt: number, now: number): boolean {
  return dueAt <= now || dueAt > now + 2 * limits.publicLookup.max;
}

/** Whether any node can be asked where a contact is. */
export function canAsk(
  { rendezvous, publicRendezvous, transport }: Context,
  { contact }: Peer,
): boolean {
  const scope = scopeOf(contact, transport);
  if (scope === undefined) return false;
  return rendezvous.peers(scope) > 0 || (scope === "any" && publicRendezvous?.enabled() === true);
}

/** The maker of an invite is always side "a". */
function theirSide(peer: Peer, epochSecret: EpochSecret): Direction {
  return epochSecret.kind === "pair" && peer.contact.role === "a" ? "b" : "a";
}
