/**
 * An invite that we made, and what its holders still get from us (docs/SPEC.md, Invite).
 *
 * Once an invite is used, expired or revoked, its holders meet silence. What remains is for the
 * pairing that it began, and for the honest invitee of a stolen one, who learns that it was used.
 */
import { type AccountId, equal, type InviteId, limits } from "../../base/index.ts";
import type { InviteView } from "../../model/index.ts";

/** A peer that proved to hold the invite, and our answer. */
export interface Claim {
  /** 32 bytes, chosen by the claimant. */
  readonly claim: Uint8Array;
  readonly account: AccountId;
  /** `removed`: it was a contact; unlike one that was denied, it gets no answer. */
  readonly answer: "accepted" | "pending" | "denied" | "removed";
  /** When we gave the answer, ms since 1970. */
  readonly at: number;
}

export interface KeptInvite {
  readonly id: InviteId;
  readonly kind: "once" | "reusable";
  /** 16 bytes. */
  readonly secret: Uint8Array;
  readonly expiresAt: number;
  /**
   * Why it ended early. `revoked`: the user did it. `dead`: the contact who came by it was blocked,
   * removed, or may not find us from everywhere. `restored`: it may have been used since the copy
   * was made from which this store comes.
   */
  readonly end?: "revoked" | "dead" | "restored" | undefined;
  /** At most one claim of each account, the newest. */
  readonly claims: readonly Claim[];
  /** When the last event about its reuse was emitted, ms since 1970. */
  readonly reusedAt?: number | undefined;
}

/** Whether a claimant that we accepted has still to confirm the pairing, and may find us. */
export type Unconfirmed = (account: AccountId) => boolean;

/** `now` and times of claims are of our own clock, which may have been set back since. */
const within = (at: number, ms: number, now: number): boolean => Math.abs(now - at) <= ms;

/** What the user sees of an invite. @param now ms since 1970. */
export function stateOf({ kind, claims, end, expiresAt }: KeptInvite, now: number) {
  if (kind === "once" && (claims.length > 0 || end === "restored")) return "used";
  if (end === "revoked") return "revoked";
  return now > expiresAt ? "expired" : ("open" satisfies InviteView["state"]);
}

/** Whether new claims are accepted. */
export const isOpen = (invite: KeptInvite, now: number): boolean => stateOf(invite, now) === "open";

/** The claims that were accepted at most `ms` ago. */
function accepted({ claims }: KeptInvite, ms: number, now: number): readonly Claim[] {
  return claims.filter(({ answer, at }) => answer === "accepted" && within(at, ms, now));
}

/** Whether a second claimant of a one-use invite is answered that it is used. */
function reportsUse(invite: KeptInvite, now: number): boolean {
  const { kind, end } = invite;
  return (
    kind === "once" && end === undefined && accepted(invite, limits.usedInvite, now).length > 0
  );
}

/** Whether a record is published under the invite. */
export function isPublished(invite: KeptInvite, now: number, unconfirmed: Unconfirmed): boolean {
  if (invite.end === "dead") return false;
  if (isOpen(invite, now) || reportsUse(invite, now)) return true;
  return accepted(invite, limits.usedInvite, now).some(({ account }) => unconfirmed(account));
}

/** Whether we answer an envelope, and dial, for a holder of the invite. */
export function opensOffers(invite: KeptInvite, now: number, unconfirmed: Unconfirmed): boolean {
  if (invite.end === "dead") return false;
  if (isOpen(invite, now)) return true;
  return accepted(invite, limits.inviteClaimAge, now).some(({ account }) => unconfirmed(account));
}

/**
 * Whether any hello under the invite is answered. A claimant that has confirmed at our side may
 * not know it yet, and claims again.
 */
export function answersHellos(invite: KeptInvite, now: number): boolean {
  if (invite.end === "dead") return false;
  return isOpen(invite, now) || accepted(invite, limits.inviteClaimAge, now).length > 0;
}

/** What a claimant is answered; `undefined`: nothing. */
export function answerTo(invite: KeptInvite, claim: Uint8Array, now: number) {
  if (invite.end === "dead") return undefined;
  const open = isOpen(invite, now);
  const made = claimOf(invite, claim);
  switch (made?.answer) {
    case undefined:
      if (open) return invite.claims.length < limits.inviteClaims ? "handshake" : "expired";
      return reportsUse(invite, now) ? "used" : undefined;
    case "accepted":
      return open || within(made?.at ?? now, limits.inviteClaimAge, now) ? "handshake" : undefined;
    case "pending":
    case "denied":
      return open ? made?.answer : undefined;
    case "removed":
      return undefined;
  }
}

/** The claim that these bytes name. */
export function claimOf(invite: KeptInvite, claim: Uint8Array): Claim | undefined {
  return invite.claims.find((made) => equal(made.claim, claim));
}

/** The claim of this account. */
export function claimBy(invite: KeptInvite, account: AccountId): Claim | undefined {
  return invite.claims.find((made) => made.account === account);
}

/**
 * The invite with this claim in place of an earlier one of the same account. A repeated answer
 * keeps its time.
 */
export function withClaim(invite: KeptInvite, claim: Claim): KeptInvite {
  const before = claimBy(invite, claim.account);
  const at = before?.answer === claim.answer ? before.at : claim.at;
  const others = invite.claims.filter(({ account }) => account !== claim.account);
  return { ...invite, claims: [...others, { ...claim, at }] };
}

/** The invite with another answer to this account, if that changes anything. */
export function withAnswer(
  invite: KeptInvite,
  account: AccountId,
  answer: Claim["answer"],
  now: number,
): KeptInvite {
  const made = claimBy(invite, account);
  return made === undefined || made.answer === answer
    ? invite
    : withClaim(invite, { ...made, answer, at: now });
}

/** The invite with the claim of one account as that of the account that took its place. */
export function withNewAccount(invite: KeptInvite, from: AccountId, to: AccountId): KeptInvite {
  const made = claimBy(invite, from);
  if (made === undefined) return invite;
  const others = invite.claims.filter(({ account }) => account !== from && account !== to);
  return { ...invite, claims: [...others, { ...made, account: to }] };
}

/** The invite once the contact who came by it must not find us by it: one for one use is dead. */
export function endedFor(invite: KeptInvite): KeptInvite {
  return invite.kind === "once" ? { ...invite, end: "dead" } : invite;
}

/** Whether nothing of it is needed any more, and it need not be listed. */
export function isStale({ claims, expiresAt }: KeptInvite, now: number): boolean {
  const last = Math.max(expiresAt, ...claims.map(({ at }) => at));
  return now > last + limits.inviteClaimAge;
}

/**
 * The invite in a store that is an older copy. It may have been used since: the copy cannot tell.
 */
export function restoredInvite(invite: KeptInvite): KeptInvite {
  const unused = invite.kind === "once" && invite.claims.length === 0;
  return unused && invite.end === undefined ? { ...invite, end: "restored" } : invite;
}
