/**
 * Periodic maintenance: erases old roots and old keys of skipped messages, shares our bootstrap
 * nodes, and fails messages that were not delivered in time.
 */
import { limits } from "../../base/index.ts";
import { advance } from "../../dht/index.ts";
import { withoutExpiredKeys } from "../../ratchet/index.ts";
import type { Peer } from "../model/peer.ts";
import { abandon } from "../outbox/cancel.ts";
import { shareBootstraps } from "../outbox/share-bootstraps.ts";
import { commitContact } from "../state/change-contact.ts";
import { sessionOps } from "../state/contact-store.ts";
import { type Context, withContactLock } from "../state/context.ts";
import { replaceSession } from "../state/session-draft.ts";

/** Steps every contact's root chain forward, and fails what waited for `limits.deliveryExpiry`. */
export async function runMaintenance(context: Context): Promise<void> {
  for (const peer of context.contactStore.peers()) {
    await withContactLock(context, peer, async () => {
      const { contact } = peer;
      const now = context.clock.now();
      // A contact that is here, and was found by today's keys, agrees with our clock; a link from
      // before a jump of it proves nothing.
      const { link } = peer;
      const proven = link?.heardSession === true && now - link.since < limits.epoch;
      const chain = contact.chain && advance(context.crypto, contact.chain, now, proven);
      if (chain === contact.chain) return;
      // The old roots must be removed from the disk as well.
      await commitContact(context, peer, {
        contact: { ...contact, chain },
        events: [],
        shreds: true,
      });
    });
    await withContactLock(context, peer, () => eraseExpiredKeys(context, peer));
    await shareBootstraps(context, peer);
    const oldest = context.clock.now() - limits.deliveryExpiry;
    await abandon(context, peer, oldest);
  }
}

/** Erases skipped keys that are too old to be used. Requires the contact lock. */
async function eraseExpiredKeys({ store, clock }: Context, peer: Peer): Promise<void> {
  const { contact, session } = peer;
  const next = session && withoutExpiredKeys(session, clock.now());
  if (next === session) return;
  await store.commit(sessionOps(contact.ref, session, next));
  replaceSession(peer, next);
}
