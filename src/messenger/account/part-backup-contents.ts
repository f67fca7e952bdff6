/** What goes into a backup, and what of it begins anew: the people, and nothing that was said or sealed. */
import type { CryptoProvider } from "../../crypto/index.ts";
import { inviteIdOf } from "../../dht/index.ts";
import type { StoreOp } from "../../ports/index.ts";
import type { Backup } from "../../wire/index.ts";
import { newContact } from "../model/contact.ts";
import { putContact } from "../state/contact-store.ts";
import type { Core } from "../state/context.ts";
import { type Invites, putInvite } from "../state/invites.ts";

/** As things stand. @param bootstrap multiaddr texts of the hosts that are asked first. */
export function contentsOf(core: Core, invites: Invites, bootstrap: readonly string[]): Backup {
  return {
    madeAt: core.clock.now(),
    name: core.identity.name,
    contacts: core.book.peers().map(({ contact }) => contact),
    invites: invites.all(),
    bootstrap,
  };
}

/**
 * The rows of contacts and invites in a store that knows nobody yet. A contact is as it was but for what one disk knows: it
 * has no session, no messages and no counts, and a stream of its own. The next link with it is a handshake.
 */
export function restoredRows(crypto: CryptoProvider, { contacts, invites }: Backup): StoreOp[] {
  return [
    ...contacts.map((kept) => putContact(newContact(crypto, kept.addedAt, kept))),
    ...invites.map((kept) => putInvite({ ...kept, id: inviteIdOf(crypto, kept.secret) })),
  ];
}
