/** When a contact was last linked: kept, sealed in its row, only by those who want it. */

import type { Peer } from "../model/peer.ts";
import { putContact } from "../state/contact-store.ts";
import { type Core, inTurn } from "../state/context.ts";

/** Keeps that the contact is, or was until now, linked. */
export async function noteSeen(core: Core, peer: Peer): Promise<void> {
  const { link } = peer;
  if (!core.presence.lastSeen || core.stopping.now || link === undefined) return;
  await inTurn(core, peer, async () => {
    const next = { ...peer.contact, lastSeen: link.heardAt };
    await core.store.commit([putContact(next)]);
    peer.contact = next;
  });
}

/** Forgets what was kept while somebody wanted it. */
export async function forgetSeen({ book, store }: Pick<Core, "book" | "store">): Promise<void> {
  const peers = book.peers().filter(({ contact }) => contact.lastSeen !== undefined);
  if (peers.length === 0) return;
  const forgotten = peers.map((peer) => {
    const { lastSeen, ...contact } = peer.contact;
    return { peer, contact };
  });
  await store.commit(
    forgotten.map(({ contact }) => ({ ...putContact(contact), shreds: true as const })),
  );
  for (const { peer, contact } of forgotten) peer.contact = contact;
}
