/** A contact's records at the rendezvous, judged. */
import { openRecord, type RecordBody, signedTime } from "../dht/index.ts";
import { turningOf } from "./call.ts";
import type { Core } from "./core.ts";
import { lookupKeys } from "./keys.ts";
import type { Peer } from "./peer.ts";
import type { Trail } from "./trail.ts";

/**
 * The sound records of the contact that are found now, as they arrive, likeliest tag first. The newest is noted in the trail, and of
 * those that are of no use why.
 */
export async function* recordsOf(
  { crypto, rendezvous, clock }: Core,
  peer: Peer,
  trail: Trail,
  signal: AbortSignal,
): AsyncGenerator<{ readonly time: number; readonly body: RecordBody }> {
  const turning = turningOf(peer);
  if (turning === undefined) return;
  // The maker of an invite is always side "a".
  const theirs = turning.kind === "pair" && peer.contact.role === "a" ? "b" : "a";
  for (const keys of lookupKeys(crypto, turning, theirs, clock.now()))
    for await (const bytes of rendezvous.lookup(keys.tag, signal)) {
      const now = clock.now();
      const opened = openRecord(crypto, keys, bytes, now);
      if (opened.kind === "refused") {
        const time = signedTime(crypto, keys.tag, bytes);
        if (trail.refused === undefined || (time ?? 0) >= (trail.refused.time ?? 0))
          trail.refused = { why: opened.why, time };
        continue;
      }
      const { time, body } = opened;
      if (time >= (trail.record?.time ?? 0))
        trail.record = { time, foundAt: now, addresses: body.addresses };
      yield opened;
    }
}
