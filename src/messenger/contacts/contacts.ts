/** What a person does with contacts: add, name, block, verify, answer, forget. */
import { type AccountId, accountId, limits, SottoError } from "../../base/index.ts";
import { safetyNumber, sameSafetyNumber } from "../../crypto/index.ts";
import type { StoreOp } from "../../ports/index.ts";
import { cleanName, type Invite, parseInvite } from "../../wire/index.ts";
import { dropEarly } from "../inbox/early-actions.ts";
import { cut } from "../link/live-link.ts";
import { blocked, type Contact, holdInvite, newContact, shownAccount } from "../model/contact.ts";
import { requireAllowed, scopeOf } from "../model/link-policy.ts";
import { idempotencyKey, type MessageRow, messageKey, placeKey } from "../model/message.ts";
import type { AddOptions } from "../model/messenger-api.ts";
import { newPeer, type Peer } from "../model/peer.ts";
import { decodeRow, drop, rowKey } from "../model/rows.ts";
import type { ContactView, Policy } from "../model/views.ts";
import { dropEntry, dropSession, putContact } from "../state/contact-store.ts";
import { type Core, inInviteTurn, inTurn } from "../state/context.ts";
import { type Claim, type Invites, type KeptInvite, putInvite } from "../state/invites.ts";
import { contactHappened, contactRemoved } from "../state/store-events.ts";

const refusals = {
  "invite-malformed": "This is not an invite link.",
  "invite-truncated": "The invite link is not whole.",
  "invite-mistyped": "The invite link has a wrong character.",
  "invite-newer": "This invite is of a newer kind.",
} as const;

/** The name as it will be kept. Throws name-invalid, name-taken. */
function checkName(core: Core, name: string, except?: Peer): string {
  const clean = cleanName(name);
  if (clean === undefined)
    throw new SottoError(
      "name-invalid",
      "That name is empty, too long or has invisible characters.",
    );
  if (core.book.nameTaken(clean, except))
    throw new SottoError("name-taken", "Another contact has that name.");
  return clean;
}

/** Commits a change of the contact in its turn and tells of it. Throws contact-unknown if it was removed meanwhile. */
async function change(
  core: Core,
  peer: Peer,
  changed: (contact: Contact) => Contact,
  more: (contact: Contact) => readonly StoreOp[] = () => [],
): Promise<ContactView> {
  const view = await inTurn(core, peer, async () => {
    const contact = changed(peer.contact);
    const happened = [contactHappened(core, peer, contact)];
    const tell = await core.journal.commit([putContact(contact), ...more(contact)], happened);
    peer.contact = contact;
    tell();
    return core.book.view(peer);
  });
  if (view === undefined)
    throw new SottoError("contact-unknown", "The contact was removed meanwhile.");
  return view;
}

/** An address in an invite with a PeerId is a bootstrap host's; one without is the inviter's own. */
const isBootstrap = (hint: string): boolean => hint.includes("/p2p/");
function read(link: string): Invite {
  const parsed = parseInvite(link);
  if (parsed.kind === "refused") throw new SottoError(parsed.why, refusals[parsed.why]);
  return parsed.invite;
}

/** See `Messenger.bootstrapsIn`. */
export function bootstrapsIn(core: Core, link: string, policy?: Policy): string[] {
  const { account, hints } = read(link);
  const known = core.book.byAccount(accountId.from(account))?.contact;
  if (scopeOf({ policy: policy ?? known?.policy }, core.transport) !== "any") return [];
  return hints.filter(isBootstrap).slice(0, limits.inviteBootstraps);
}

/** See `Messenger.add`. Returns the contact, whose maker is to be looked for. */
export async function add(core: Core, link: string, { as, policy }: AddOptions): Promise<Peer> {
  const invite = read(link);
  const hints = invite.hints.filter((hint) => !isBootstrap(hint));
  if (invite.expiresAt < core.clock.now())
    throw new SottoError("invite-expired", "This invite is no longer good.");
  const account = accountId.from(invite.account);
  requireAllowed(core, account);
  if (account === core.identity.account)
    throw new SottoError("invite-own", "You made this invite yourself.");
  const known = core.book.byAccount(account);
  const name = as === undefined ? undefined : checkName(core, as, known);
  const renews = known?.contact.pairing === "confirmed" || known?.contact.invite?.renews === true;
  const held = holdInvite(core.crypto, invite, renews);
  if (known === undefined) {
    const contact = newContact(core.crypto, core.clock.now(), {
      account,
      name: name ?? core.book.freeName(account.slice(0, 8)),
      named: name !== undefined,
      role: "b",
      invite: held,
      addresses: hints,
      ...(policy !== undefined && { policy }),
    });
    const peer = newPeer(contact);
    core.book.add(peer);
    try {
      const happened = [contactHappened(core, peer, contact)];
      const tell = await core.journal.commit([putContact(contact)], happened);
      tell();
    } catch (error) {
      core.book.remove(peer);
      throw error;
    }
    return peer;
  }
  if (known.contact.blocked)
    throw new SottoError("contact-blocked", "You blocked the person who made this invite.");
  if (known.link !== undefined)
    throw new SottoError("contact-exists", `You are connected with ${known.contact.name} already.`);
  // They may have lost what they knew of us: pair again, and keep the conversation.
  await change(core, known, (contact) => ({
    ...contact,
    ...(name !== undefined && { name, named: true }),
    ...(policy !== undefined && { policy }),
    stream: core.crypto.random(16),
    pairing: "invited",
    invite: held,
    changedAccount: undefined,
    addresses: [...hints, ...contact.addresses].slice(0, limits.recordAddresses),
  }));
  // What is under way knows nothing of this invite.
  known.attempt?.abort();
  return known;
}

export async function rename(core: Core, peer: Peer, name: string): Promise<ContactView> {
  const clean = checkName(core, name, peer);
  return change(core, peer, (contact) => ({ ...contact, name: clean, named: true }));
}

export async function block(core: Core, peer: Peer): Promise<ContactView> {
  peer.cancelRetry();
  const view = await change(core, peer, blocked);
  peer.attempt?.abort();
  cut(peer);
  return { ...view, online: false };
}

export function unblock(core: Core, peer: Peer): Promise<ContactView> {
  return change(core, peer, (contact) => ({ ...contact, blocked: false }));
}

/** See `Messenger.remove`. Whoever came by an invite of ours cannot come by it again. */
export async function remove(core: Core, invites: Invites, peer: Peer): Promise<void> {
  peer.cancelRetry();
  await inInviteTurn(core, () =>
    inTurn(core, peer, async () => {
      const { ref, account } = peer.contact;
      const ops: StoreOp[] = [drop(rowKey("contact", ref)), dropSession(ref)];
      for (const { at, value } of await core.store.list("message", ref)) {
        const { id, key } = decodeRow<MessageRow>(value);
        ops.push(drop(messageKey(ref, at)), drop(placeKey(id)));
        if (key !== undefined) ops.push(drop(idempotencyKey(ref, key)));
      }
      for (const at of peer.outbox.keys()) ops.push(dropEntry(ref, at));
      const spans = core.spans.places(ref);
      ops.push(...core.spans.drop(ref, spans));
      ops.push(...dropEarly(ref, peer.contact.early ?? []));
      const kept = answered(invites, account, "denied");
      const happened = [contactRemoved(peer.contact)];
      const tell = await core.index.forgetAll(ref, (words) =>
        core.journal.commit([...ops, ...words, ...kept.map(putInvite)], happened),
      );
      for (const invite of kept) invites.set(invite);
      core.book.remove(peer);
      core.spans.forget(ref, spans);
      tell();
    }),
  );
  peer.attempt?.abort();
  cut(peer);
}

/** The request that `who` names. Throws request-unknown. */
export function findRequest(core: Core, who: string): Peer {
  const peer = core.book.find(who);
  if (peer.contact.pairing !== "requested")
    throw new SottoError("request-unknown", "There is no open request of that name.");
  return peer;
}

/** The invites with claims of this account that get another answer now. */
function answered(
  invites: Invites,
  account: AccountId,
  answer: "accepted" | "denied",
): KeptInvite[] {
  const changes = (made: Claim): boolean => made.account === account && made.answer !== answer;
  return invites
    .all()
    .filter(({ claims }) => claims.some(changes))
    .map((invite) => ({
      ...invite,
      claims: invite.claims.map((made) => (changes(made) ? { ...made, answer } : made)),
    }));
}

export function accept(core: Core, invites: Invites, peer: Peer): Promise<ContactView> {
  return inInviteTurn(core, async () => {
    const kept = answered(invites, peer.contact.account, "accepted");
    const view = await change(
      core,
      peer,
      (contact) => ({ ...contact, pairing: "handshaken" }),
      () => kept.map(putInvite),
    );
    for (const invite of kept) invites.set(invite);
    return view;
  });
}

/** See `Messenger.safetyNumber`. */
export function numberOf(core: Core, { contact }: Peer): string {
  return safetyNumber(core.crypto, core.identity.accountKey, shownAccount(contact));
}

/** See `Messenger.verify`. */
export async function verify(
  core: Core,
  peer: Peer,
  number: string | undefined,
): Promise<ContactView> {
  const changed = peer.contact.changedAccount;
  if (number !== undefined && !sameSafetyNumber(number, numberOf(core, peer)))
    throw new SottoError("number-mismatch", "That is not the safety number of you two.");
  if (changed !== undefined && number === undefined)
    throw new SottoError("key-changed", `The account key of ${peer.contact.name} has changed.`);
  if (changed === undefined)
    return change(core, peer, (contact) => ({ ...contact, verified: true }));
  // The new key gets a session of its own: what was sealed for the old one is sealed again.
  const view = await change(
    core,
    peer,
    (contact) => ({ ...contact, account: changed, changedAccount: undefined, verified: true }),
    (contact) => [dropSession(contact.ref)],
  );
  peer.session = undefined;
  return view;
}

export function unverify(core: Core, peer: Peer): Promise<ContactView> {
  return change(core, peer, (contact) => ({ ...contact, verified: false }));
}
