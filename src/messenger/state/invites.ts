/** The invites that we made: open, claimed, or ended. */
import {
  type AccountId,
  equal,
  type InviteId,
  limits,
  SottoError,
  toHex,
} from "../../base/index.ts";
import { inviteIdOf } from "../../dht/index.ts";
import type { InviteView, NewInvite } from "../../model/index.ts";
import type { Clock, Store, StoreOp } from "../../ports/index.ts";
import { encodeInvite } from "../../wire/index.ts";
import type { InviteOptions } from "../model/messenger-api.ts";
import { decodeRow, drop, encodeRow, put, rowKey } from "../model/rows.ts";
import { type Context, withInviteLock } from "./context.ts";

/** A peer that proved to hold the invite, and our answer. */
export interface Claim {
  /** 32 bytes, chosen by the claimant. */
  readonly claim: Uint8Array;
  readonly account: AccountId;
  readonly answer: "accepted" | "pending" | "denied";
}

export interface KeptInvite {
  readonly id: InviteId;
  readonly kind: "once" | "reusable";
  /** 16 bytes. */
  readonly secret: Uint8Array;
  readonly expiresAt: number;
  readonly revoked: boolean;
  readonly claims: readonly Claim[];
}

export class Invites {
  readonly #kept = new Map<InviteId, KeptInvite>();
  readonly #clock: Clock;

  private constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Reads every invite; those that can no longer be used are deleted. */
  static async load(store: Store, clock: Clock): Promise<Invites> {
    const invites = new Invites(clock);
    const stale: StoreOp[] = [];
    for (const bytes of await store.all("invite")) {
      const invite = decodeRow<KeptInvite>(bytes);
      // Kept a while after its end, so that a late claimant is told "expired" rather than met with
      // silence.
      if (clock.now() > invite.expiresAt + limits.inviteExpiryMax)
        stale.push(drop(inviteKey(invite)));
      else invites.#kept.set(invite.id, invite);
    }
    if (stale.length > 0) await store.commit(stale);
    return invites;
  }

  all(): KeptInvite[] {
    return [...this.#kept.values()];
  }

  get(id: InviteId): KeptInvite | undefined {
    return this.#kept.get(id);
  }

  set(invite: KeptInvite): void {
    this.#kept.set(invite.id, invite);
  }

  view(invite: KeptInvite): InviteView {
    const { id, kind, expiresAt } = invite;
    return { id, kind, expiresAt, state: this.#state(invite) };
  }

  #state({ kind, claims, revoked, expiresAt }: KeptInvite): InviteView["state"] {
    if (kind === "once" && claims.length > 0) return "used";
    if (revoked) return "revoked";
    return this.#clock.now() > expiresAt ? "expired" : "open";
  }

  /**
   * Whether a dialer may still use this invite: it is open, or used and a second claimant is to be
   * told so, or a claimant has not confirmed yet. A revoked one may be in the wrong hands, and does
   * not find us.
   * @param expected whether the pairing with this account is still under way.
   */
  awaited(invite: KeptInvite, expected: (account: AccountId) => boolean): boolean {
    if (!invite.revoked && this.#clock.now() <= invite.expiresAt) return true;
    return invite.claims.some(({ account, answer }) => answer === "accepted" && expected(account));
  }
}

function inviteKey({ id }: KeptInvite) {
  return rowKey("invite", id);
}

export function putInvite(invite: KeptInvite): StoreOp {
  return put(inviteKey(invite), encodeRow(invite));
}

/** The claim that these bytes name. */
export function claimOf(invite: KeptInvite, claim: Uint8Array): Claim | undefined {
  return invite.claims.find((made) => equal(made.claim, claim));
}

/** The invite with this claim in place of an earlier one of the same claimant. */
export function withClaim(invite: KeptInvite, claim: Claim): KeptInvite {
  const id = toHex(claim.claim);
  return {
    ...invite,
    claims: [...invite.claims.filter((made) => toHex(made.claim) !== id), claim],
  };
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
    revoked: false,
    claims: [],
  };
  const link = encodeInvite({
    kind,
    account: context.identity.accountKey,
    secret,
    expiresAt,
    hints: [
      ...bootstrap.slice(0, limits.inviteBootstraps),
      ...(hints ? context.transport.addresses() : []),
    ].slice(0, limits.inviteHints),
  });
  await context.store.commit([putInvite(invite)]);
  invites.set(invite);
  return { ...invites.view(invite), link };
}

/** See `Messenger.revokeInvite`. Throws invite-unknown. */
export function revokeInvite(context: Context, invites: Invites, id: InviteId): Promise<void> {
  return withInviteLock(context, async () => {
    const invite = invites.get(id);
    if (invite === undefined) throw new SottoError("invite-unknown", "There is no such invite.");
    const revoked = { ...invite, revoked: true };
    await context.store.commit([putInvite(revoked)]);
    invites.set(revoked);
  });
}
