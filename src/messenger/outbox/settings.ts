/**
 * What a side states at the beginning of each link (docs/SPEC.md §8, Settings): what it has
 * received, its greatest Lamport value, and the timer that it knows. So two sides of which one was
 * restored come to the same timer, and stamp above everything that the other one has.
 */
import { limits, messageId } from "../../base/index.ts";
import type { Content, Settings } from "../../wire/index.ts";
import { type Contact, shares } from "../model/contact.ts";
import type { Conversation } from "../model/conversation.ts";
import { scopeOf } from "../model/link-policy.ts";
import type { Link, SendQueue } from "../model/peer.ts";
import type { Context } from "../state/context.ts";
import { ackOf } from "./receipts.ts";

/** The acknowledgement that is due, with our settings unless they were sent on this link. */
export function controlOf(
  context: Context,
  { outbox }: SendQueue,
  contact: Contact,
  link: Link,
): Content {
  const { conversation } = contact;
  const ack = ackOf(conversation, shares(contact, context.receipts));
  if (link.sentSettings) return { ack };
  const addresses = addressesFor(context, contact, link);
  return {
    ack,
    settings: { ...orderOf(conversation, outbox), addresses, groupKey: link.groupKey },
  };
}

function orderOf(
  { lamport, timer }: Conversation,
  outbox: SendQueue["outbox"],
): Omit<Settings, "addresses"> {
  if (timer === undefined) return { lamport };
  const { id, by, ms } = timer;
  // An action that waits is sent by itself, after the messages that were written before it.
  for (const entry of outbox.values()) if (entry.id === id) return { lamport };
  const own = by === "out" ? 1 : 0;
  return { lamport, timer: { ms, lamport: timer.lamport, id: messageId.bytes(id), own } };
}

/**
 * Where the contact can dial us: what a record for it would contain. The side that was dialed need
 * not state it, and a node that is invisible does not.
 */
function addressesFor(
  { transport, presence }: Context,
  contact: Contact,
  { channel }: Link,
): readonly string[] {
  const scope = scopeOf(contact, transport);
  if (!channel.outbound || presence.invisible || scope === undefined) return [];
  return transport.addresses(scope, channel.remoteAddress).slice(0, limits.recordAddresses);
}

/** The contact once it stated where it can be dialed: the newest addresses come first. */
export function withAddresses(contact: Contact, stated: readonly string[]): Contact {
  const addresses = [...new Set([...stated, ...contact.addresses])].slice(
    0,
    limits.recordAddresses,
  );
  const same = addresses.every((address, at) => address === contact.addresses[at]);
  return same ? contact : { ...contact, addresses };
}
