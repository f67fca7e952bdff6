/**
 * How a handshake introduces the two sides, and what it changes of a contact. The invitee commits
 * before it sends message 3 and keeps the invite until the first frame of the inviter opens; the
 * inviter commits on message 3. After an interruption at any step, repeating the same claim pairs
 * both.
 */
import { type AccountId, accountId, equal, limits, wipe } from "../../base/index.ts";
import { type DeviceCertificate, readCertificate } from "../../crypto/index.ts";
import { startChain } from "../../dht/index.ts";
import type { Pairing } from "../../model/index.ts";
import { type HandshakeOutputs, type Session, wipeSession } from "../../ratchet/index.ts";
import {
  cleanName,
  decodeHandshakePayload,
  emptySet,
  encodeFeatures,
  encodeHandshakePayload,
  usableName,
} from "../../wire/index.ts";
import { type Contact, type HeldInvite, placeholderName } from "../model/contact.ts";
import { restoredConversation } from "../model/conversation.ts";
import type { Peer } from "../model/peer.ts";
import { commitContact } from "../state/change-contact.ts";
import { sessionOps } from "../state/contact-store.ts";
import type { Context } from "../state/context.ts";
import { replaceSession } from "../state/session-draft.ts";
import { contactEvent, type StoreEvent } from "../state/store-events.ts";
import { closeLink } from "./live-link.ts";

/** What the peer stated about itself inside the handshake, checked. */
export interface Introduction {
  readonly account: AccountId;
  readonly device: Uint8Array;
  readonly name: string | undefined;
  readonly madeAt: number;
  readonly stream: Uint8Array;
  /** What their version offers (`commonFeatures`). */
  readonly capabilities: number;
}

/** A peer that has completed a handshake with us, as its responder sees it. */
export interface ProvenPeer {
  readonly them: Introduction;
  /** ms since 1970 by our clock: named in message 2, counted from by the pair's epochs. */
  readonly madeAt: number;
  readonly session: Session;
  readonly outputs: HandshakeOutputs;
}

/** Our own payload of message 2 (`madeAt` by our clock) or 3 (0). */
export function introduce(context: Context, stream: Uint8Array, madeAt: number): Uint8Array {
  const { certificate, name } = context.identity;
  const capabilities = encodeFeatures(context.features ?? new Set());
  return encodeHandshakePayload({ certificate, name, capabilities, madeAt, stream });
}

/**
 * The peer's introduction, or `undefined` unless its certificate names the very key that the
 * handshake proved.
 */
export function readIntroduction(
  context: Context,
  payload: Uint8Array,
  device: Uint8Array,
): Introduction | undefined {
  const said = decodeHandshakePayload(payload);
  const certificate: DeviceCertificate | undefined =
    said && readCertificate(context.crypto, said.certificate);
  if (said === undefined || certificate === undefined) return undefined;
  if (!equal(certificate.device, device)) return undefined;
  return {
    account: accountId.from(certificate.account),
    device,
    name: cleanName(said.name),
    madeAt: said.madeAt,
    stream: said.stream,
    capabilities: said.capabilities,
  };
}

/** Whether our clock roughly agrees with `madeAt`, from which the pair's epochs are counted. */
export function clocksAgree(context: Context, madeAt: number): boolean {
  return Math.abs(madeAt - context.clock.now()) <= limits.pairClockSkew;
}

/**
 * The contact after a handshake: the peer's device, names and stream; at first contact also the
 * pair's root.
 * @param ours 16 bytes: our own stream, as we named it in the handshake.
 * @param asks the peer asks to become a contact, and has no answer yet.
 */
export function introduced(
  context: Context,
  contact: Contact,
  ours: Uint8Array,
  them: Introduction,
  first: { readonly outputs: HandshakeOutputs; readonly madeAt: number } | undefined,
  asks = false,
): Contact {
  const { account, device, stream, capabilities } = them;
  const { conversation } = contact;
  const { theirStream } = conversation;
  const sameStream = theirStream !== undefined && equal(theirStream, stream);
  // Our own stream is new where the peer has more of the one before than we know of.
  const kept = equal(conversation.stream, ours) ? conversation : restoredConversation(conversation);
  return {
    ...contact,
    account,
    device,
    capabilities,
    name: pinnedName(context, contact, them, asks),
    profileName: them.name ?? contact.profileName,
    conversation: {
      ...kept,
      stream: ours,
      theirStream: stream,
      // A new stream of theirs is numbered from 1 again.
      ...(sameStream ? {} : { received: emptySet, readUpTo: 0 }),
    },
    // Its owner has no record of our bootstrap nodes either.
    ...(sameStream ? {} : { sentBootstraps: undefined }),
    ...(first && { chain: startChain(context.crypto, first.outputs.pairRoot, first.madeAt) }),
  };
}

/**
 * What this node calls a contact after a handshake: pinned at the first one, so that peers cannot
 * rename themselves, and unique.
 */
function pinnedName(
  { contactStore }: Context,
  contact: Contact,
  { account, name }: Introduction,
  asks: boolean,
): string {
  const pinned = contact.named || contact.device !== undefined;
  // A request that becomes a contact has to share the names of contacts.
  if (pinned && contact.pairing !== "requested") return contact.name;
  const usable = name === undefined ? undefined : usableName(name);
  const wanted = pinned ? contact.name : (usable ?? placeholderName(account));
  return contactStore.names.free(wanted, {
    except: contactStore.byRef(contact.ref),
    requests: asks,
  });
}

/** The events of a handshake. @param contact as it is about to be committed. */
export function handshakeEvents(
  context: Context,
  peer: Peer,
  contact: Contact,
  type: "contact.changed" | "contact.request" = "contact.changed",
): readonly StoreEvent[] {
  const { device, profileName } = peer.contact;
  const renamed = device !== undefined && profileName !== contact.profileName;
  return [
    contactEvent(context, peer, contact, type),
    ...(renamed ? [contactEvent(context, peer, contact, "contact.renamed")] : []),
  ];
}

/** Commits a contact with its new session. Requires the contact lock. */
export async function adopt(
  context: Context,
  peer: Peer,
  contact: Contact,
  session: Session,
): Promise<void> {
  await commitContact(context, peer, {
    contact,
    ops: sessionOps(contact.ref, peer.session, session),
    events: handshakeEvents(context, peer, contact),
    applied: () => takeUpSession(peer, session),
  });
}

/** Replaces the session in memory. The link is closed: it carries frames of the one before. */
export function takeUpSession(peer: Peer, session: Session): void {
  replaceSession(peer, session);
  peer.desynced = false;
  closeLink(peer);
}

/**
 * Overwrites the secrets of a handshake that the contact does not hold: the pair's root, of which a
 * chain has its copy, and the keys of a session that was not taken up or has moved on.
 */
export function wipeHandshake(
  peer: Peer | undefined,
  { session, outputs }: Pick<ProvenPeer, "session" | "outputs">,
): void {
  wipeSession(session, peer?.session);
  wipe(outputs.pairRoot);
}

/** Notes that the peer showed another account key: nothing is sent until the user decides. */
export async function markKeyChanged(
  context: Context,
  peer: Peer,
  account: AccountId,
): Promise<void> {
  const contact = { ...peer.contact, changedAccount: account, verified: false };
  await commitContact(context, peer, {
    contact,
    events: [contactEvent(context, peer, contact, "key.changed")],
    applied: () => closeLink(peer),
  });
}

/** Ends a pairing that failed. The invite is of no more use; a contact paired before stays so. */
export async function endPairing(
  context: Context,
  peer: Peer,
  { renews }: HeldInvite,
  why: Extract<Pairing, "used" | "expired" | "denied">,
): Promise<void> {
  const pairing = renews && peer.contact.pairing === "invited" ? "confirmed" : why;
  const contact: Contact = { ...peer.contact, pairing, invite: undefined };
  await commitContact(context, peer, { contact });
}
