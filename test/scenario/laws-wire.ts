/** Laws of what goes on the wire: nothing leaves a machine before its disk has it. */
import { equal, messageId, toHex } from "../../src/base/index.ts";
import { type Ack, decodeLinkFrame, has, windowEnd } from "../../src/wire/index.ts";
import type { Conversation } from "./disk.ts";
import type { Court } from "./known.ts";
import type { Passed } from "./network.ts";
import type { SimNode } from "./world.ts";

export function judgeFrame(court: Court, node: SimNode, { from, to, frame }: Passed): void {
  const inside = court.world.keys.inside(frame);
  const far = court.world.homes.get(to);
  const kept = far && court.of(node).disk.with(far.messenger.self().account);
  if (inside === undefined || kept?.contact === undefined) return;
  if (kept.sessionSerial <= inside.serial)
    court.say(node, "a frame is on the wire before its session is on the disk");
  const { message, ack } = inside.content;
  if (message !== undefined) {
    const id = messageId.from(message.id);
    const { body } = message;
    const name = body.kind === "text" ? `"${body.text}"` : `${body.kind} ${id}`;
    const decoded = decodeLinkFrame(frame);
    const entry = [...kept.outbox.values()].find((waits) => waits.id === id);
    if (decoded?.type !== "ratchet" || !entry?.sealed || !equal(entry.sealed, decoded.message))
      court.say(node, `${name} is on the wire and not in the outbox`);
    const place = `${entry?.session && toHex(entry.session)}/${id}`;
    const before = court.onWire.get(place);
    if (before !== undefined && !equal(before, frame) && !court.of(node).rolledBack)
      court.say(node, `${name} was sealed twice for one session`);
    court.onWire.set(place, frame);
    court.onWire.set(`${from}/${id}`, frame);
  }
  if (ack !== undefined) honest(court, node, kept, ack);
}

function honest(court: Court, node: SimNode, { contact }: Conversation, ack: Ack): void {
  if (contact === undefined) return;
  const { received, readUpTo } = contact.conversation;
  for (let sequence = 1; sequence <= windowEnd(ack); sequence++)
    if (has(ack, sequence) && !has(received, sequence))
      court.say(node, `acknowledges ${sequence} before it is on the disk`);
  if (ack.readUpTo > readUpTo) court.say(node, "tells of reading that is not on the disk");
}
