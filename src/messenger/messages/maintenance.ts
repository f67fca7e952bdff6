/** Done now and then: old roots are erased, news of our hosts is told, messages whose time is over are given up. */
import { limits } from "../../base/index.ts";
import { advance } from "../../dht/index.ts";
import { giveUp } from "../outbox/cancel.ts";
import { tellHosts } from "../outbox/share-bootstraps.ts";
import { putContact } from "../state/contact-store.ts";
import { type Core, inTurn } from "../state/context.ts";

/** Steps every contact's root chain forward, and fails what waited for `limits.deliveryExpiry`. */
export async function upkeep(core: Core): Promise<void> {
  for (const peer of core.book.peers()) {
    await inTurn(core, peer, async () => {
      const { contact } = peer;
      const now = core.clock.now();
      // A contact that is here, and was found by today's keys, agrees with our clock; a link from before a leap of it proves nothing.
      const { link } = peer;
      const proven = link?.heardSession === true && now - link.since < limits.epoch;
      const chain = contact.chain && advance(core.crypto, contact.chain, now, proven);
      if (chain === contact.chain) return;
      const next = { ...contact, chain };
      // The old roots are to be gone from the disk as well.
      const written = { ...putContact(next), shreds: true as const };
      await core.store.commit([written]);
      peer.contact = next;
    });
    await tellHosts(core, peer);
    const oldest = core.clock.now() - limits.deliveryExpiry;
    await giveUp(core, peer, ({ sentAt }) => sentAt < oldest);
  }
}
