/** The invites that we made, as they are stored, and what their holders get from us now. */
import { type AccountId, type InviteId, limits, SottoError } from "../../base/index.ts";
import { inviteIdOf } from "../../dht/index.ts";
import type { InviteView, NewInvite } from "../../model/index.ts";
import type { StoreOp } from "../../ports/index.ts";
import { encodeInvite } from "../../wire/index.ts";
import { reachable } from "../model/contact.ts";
import {
  answersHellos,
  claimBy,
  isOpen,
  isPublished,
  isStale,
  type KeptInvite,
  opensOffers,
  stateOf,
} from "../model/invite.ts";
import { scopeOf } from "../model/link-policy.ts";
import type { InviteOptions } from "../model/options.ts";
import { decodeRow, drop, encodeRow, put, rowKey } from "../model/rows.ts";
import { type Context, withInviteLock } from "./context.ts";

/** What decides how long an invite is answered. */
type Parts = Pick<Context, "store" | "clock" | "contactStore" | "transport">;

export class Invites {
  readonly #kept = new Map<InviteId, KeptInvite>();
  readonly #context: Parts;
  /** Grows with every change. */
  revision = 0;

  private constructor(context: Parts) {
    this.#context = context;
  }

  /** Reads every invite; those that ended long ago are deleted. */
  static async load(context: Parts): Promise<Invites> {
    const { store, clock } = context;
    const invites = new Invites(context);
    const stale: StoreOp[] = [];
    for (const bytes of await store.all("invite")) {
      const invite = decodeRow<KeptInvite>(bytes);
      if (isStale(invite, clock.now())) stale.push(drop(inviteKey(invite)));
      else invites.#kept.set(invite.id, invite);
    }
    if (stale.length > 0) await store.commit(stale);
    return invites;
  }

  /** In the order in which they expire, to the minute, which is the same after a restart. */
  all(): KeptInvite[] {
    const kinds = ({ kind, id }: KeptInvite): string => `${kind} ${id}`;
    return [...this.#kept.values()].sort(
      (a, b) => a.expiresAt - b.expiresAt || (kinds(a) < kinds(b) ? -1 : 1),
    );
  }

  get(id: InviteId): KeptInvite | undefined {
    return this.#kept.get(id);
  }

  set(invite: KeptInvite): void {
    this.#kept.set(invite.id, invite);
    this.revision++;
  }

  view(invite: KeptInvite): InviteView {
    const { id, kind, expiresAt } = invite;
    const users = invite.claims.filter(({ answer }) => answer === "accepted");
    const newest = users.toSorted((a, b) => b.at - a.at).slice(0, limits.inviteUsers);
    return {
      id,
      kind,
      expiresAt,
      state: stateOf(invite, this.#context.clock.now()),
      uses: users.length,
      usedBy: newest.map(({ account }) => account),
    };
  }

  /** The open reusable invites by which this account came. */
  openOf(account: AccountId): KeptInvite[] {
    const now = this.#context.clock.now();
    return this.all().filter(
      (invite) =>
        invite.kind === "reusable" && isOpen(invite, now) && claimBy(invite, account) !== undefined,
    );
  }

  /** The invites under which a record is published. */
  published(): KeptInvite[] {
    const now = this.#context.clock.now();
    return this.all().filter((invite) => isPublished(invite, now, this.#unconfirmed));
  }

  /** The invites under which a hello may be answered. */
  answering(): KeptInvite[] {
    const now = this.#context.clock.now();
    return this.all().filter((invite) => answersHellos(invite, now));
  }

  /** Whether we answer an envelope of a holder of this invite. */
  opensOffers(invite: KeptInvite): boolean {
    return opensOffers(invite, this.#context.clock.now(), this.#unconfirmed);
  }

  /** Whether the pairing with this account is under way, and it may find us from everywhere. */
  readonly #unconfirmed = (account: AccountId): boolean => {
    const { contactStore, transport } = this.#context;
    const contact = contactStore.byAccount(account)?.contact;
    if (contact === undefined || !reachable(contact)) return false;
    const confirmed = contact.pairing === "confirmed" || contact.invite?.renews === true;
    return !confirmed && scopeOf(contact, transport) === "any";
  };
}

function inviteKey({ id }: KeptInvite) {
  return rowKey("invite", id);
}

export function putInvite(invite: KeptInvite): StoreOp {
  return put(inviteKey(invite), encodeRow(invite));
}

/** See `Messenger.createInvite`. */
export async function createInvite(
  context: Context,
  invites: Invites,
  { kind, expiresIn, hints, bootstrap = [] }: InviteOptions,
): Promise<NewInvite> {
  if (!(expiresIn >= 60_000 && expiresIn <= limits.inviteExpiryMax))
    throw new SottoError("expiry-invalid", "An invite is valid for one minute to 30 days.");
  const open = invites.all().filter((invite) => invites.view(invite).state === "open");
  if (open.length >= limits.openInvites)
    throw new SottoError(
      "too-many-invites",
      `You already have ${limits.openInvites} open invites.`,
    );
  const secret = context.crypto.random(16);
  // The link counts whole minutes.
  const expiresAt = Math.ceil((context.clock.now() + expiresIn) / 60_000) * 60_000;
  const invite: KeptInvite = {
    id: inviteIdOf(context.crypto, secret),
    kind,
    secret,
    expiresAt,
    claims: [],
  };
  const account = context.identity.accountKey;
  const linkWith = (addresses: readonly string[]): string =>
    encodeInvite({ kind, account, secret, expiresAt, hints: addresses });
  const link = linkWith(
    [
      ...bootstrap.slice(0, limits.inviteBootstraps),
      ...(hints ? context.transport.addresses() : []),
    ].slice(0, limits.inviteHints),
  );
  await context.store.commit([putInvite(invite)]);
  invites.set(invite);
  return { ...invites.view(invite), link, shortLink: linkWith([]) };
}

/** See `Messenger.revokeInvite`. Throws invite-unknown. */
export function revokeInvite(context: Context, invites: Invites, id: InviteId): Promise<void> {
  return withInviteLock(context, async () => {
    const invite = invites.get(id);
    if (invite === undefined) throw new SottoError("invite-unknown", "There is no such invite.");
    if (invite.end === "dead") return;
    const revoked: KeptInvite = { ...invite, end: "revoked" };
    await context.store.commit([putInvite(revoked)]);
    invites.set(revoked);
  });
}
