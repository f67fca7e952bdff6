/**
 * The session of a contact while a batch changes it. Sealing and opening work on copies; a commit
 * stores the last one, which then replaces the session in memory. Keys that only a replaced or
 * dropped session holds are overwritten at once. All of this requires the contact lock.
 */
import { type Session, wipeSession } from "../../ratchet/index.ts";
import type { Peer } from "../model/peer.ts";

/** Moves a draft on by one step. @returns `next`. */
export function stepDraft(peer: Peer, draft: Session, next: Session): Session {
  if (draft !== peer.session) wipeSession(draft, peer.session, next);
  return next;
}

/** Takes up a session that was committed; absent: the contact has none any more. */
export function replaceSession(peer: Peer, next: Session | undefined): void {
  const before = peer.session;
  peer.session = next;
  if (before !== undefined && before !== next) wipeSession(before, next);
}

/** Runs a job that commits a draft; one that was not taken up is overwritten. */
export async function withDraft<Result>(
  peer: Peer,
  draft: () => Session | undefined,
  job: () => Promise<Result>,
): Promise<Result> {
  try {
    return await job();
  } finally {
    const last = draft();
    if (last !== undefined && last !== peer.session) wipeSession(last, peer.session);
  }
}
