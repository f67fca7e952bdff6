/**
 * What a finished handshake changes. The invitee commits before message 3 goes out and keeps the
 * invite until the first frame of the inviter opens; the inviter commits on message 3. So a cut at
 * any step leaves a state from which the same claim, made again, ends with both paired.
 */
import { type AccountId, accountId, equal, limits } from "../../base/index.ts";
import { type DeviceCertificate, readCertificate } from "../../crypto/index.ts";
import { startChain } from "../../dht/index.ts";
import type { HandshakeOutputs, Session } from "../../ratchet/index.ts";
import {
  cleanName,
  decodeHandshakePayload,
  emptySet,
  encodeFeatures,
  encodeHandshakePayload,
} from "../../wire/index.ts";
import type { Contact } from "../model/contact.ts";
import type { Peer } from "../model/peer.ts";
import { commitContact } from "../state/change-contact.ts";
import { putSession } from "../state/contact-store.ts";
import type { Context } from "../state/context.ts";
import { contactEvent } from "../state/store-events.ts";
import { closeLink } from "./live-link.ts";

/** What the peer said of itself inside the handshake, judged. */
export interface Introduction {
  readonly account: AccountId;
  readonly device: Uint8Array;
  readonly name: string | undefined;
  readonly madeAt: number;
  readonly stream: Uint8Array;
  /** What their version offers (`commonFeatures`). */
  readonly capabilities: number;
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

/** A pair is made by clocks that roughly agree, since its epochs are counted from that moment. */
export function clocksAgree(context: Context, madeAt: number): boolean {
  return Math.abs(madeAt - context.clock.now()) <= limits.pairClockSkew;
}

/**
 * The contact after a handshake: the peer's device, name and stream; at first contact also the
 * pair's root.
 * @param ours 16 bytes: our own stream, as we named it in the handshake.
 */
export function introduced(
  context: Context,
  contact: Contact,
  ours: Uint8Array,
  { account, device, name, stream, capabilities }: Introduction,
  first: { readonly outputs: HandshakeOutputs; readonly madeAt: number } | undefined,
): Contact {
  const { conversation } = contact;
  const { theirStream } = conversation;
  const sameStream = theirStream !== undefined && equal(theirStream, stream);
  const peer = context.contactStore.byRef(contact.ref);
  return {
    ...contact,
    account,
    device,
    capabilities,
    name:
      contact.named || name === undefined
        ? contact.name
        : context.contactStore.freeName(name, peer),
    conversation: {
      ...conversation,
      stream: ours,
      theirStream: stream,
      // A new stream of theirs is numbered from 1 again.
      ...(sameStream ? {} : { received: emptySet, readUpTo: 0 }),
    },
    // Its owner has no record of our bootstrap nodes either.
    ...(sameStream ? {} : { toldHosts: undefined }),
    ...(first && { chain: startChain(context.crypto, first.outputs.pairRoot, first.madeAt) }),
  };
}

/** Commits a contact with its new session, in the contact's turn. */
export async function adopt(
  context: Context,
  peer: Peer,
  contact: Contact,
  session: Session,
): Promise<void> {
  await commitContact(context, peer, {
    contact,
    ops: [putSession(contact.ref, session)],
    applied: () => takeUpSession(peer, session),
  });
}

/** Replaces the session in memory. The link is closed: it carries frames of the one before. */
export function takeUpSession(peer: Peer, session: Session): void {
  peer.session = session;
  peer.desynced = false;
  closeLink(peer);
}

/** Notes that the peer showed another account key: nothing goes out until the person decides. */
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
