/** Under which secrets others look for us. */
import type { AccountId } from "../base/index.ts";
import type { Direction } from "../dht/index.ts";
import { reachable } from "./contact.ts";
import type { Core } from "./core.ts";
import type { Invites } from "./invites.ts";
import type { Turning } from "./keys.ts";

export interface Target {
  /** Names the secret: a contact's ref with its chain's shift, or an invite's id. */
  readonly name: string;
  readonly turning: Turning;
  readonly direction: Direction;
  /** There is a link with whoever looks there, so that they need not look now. */
  readonly linked: boolean;
}

/** The contacts and the holders of our invites who are to find us; nobody while we are invisible. */
export function targetsOf({ book, presence }: Core, invites: Invites): Target[] {
  const targets: Target[] = [];
  if (presence.invisible) return targets;
  for (const { contact, link } of book.peers())
    if (contact.chain !== undefined && reachable(contact))
      targets.push({
        name: `${contact.ref}/${contact.chain.offset}`,
        turning: { kind: "pair", chain: contact.chain },
        direction: contact.role,
        linked: link !== undefined,
      });
  const expected = (account: AccountId): boolean => {
    const contact = book.byAccount(account)?.contact;
    return contact !== undefined && reachable(contact) && contact.pairing !== "confirmed";
  };
  for (const invite of invites.all())
    if (invites.awaited(invite, expected))
      targets.push({
        name: invite.id,
        turning: { kind: "invite", secret: invite.secret },
        direction: "a",
        linked: false,
      });
  return targets;
}
