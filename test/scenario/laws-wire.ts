/** Laws of what goes on the wire: nothing leaves a machine before its disk has it. */
import { equal, type HostId, messageId, toHex } from "../../src/base/index.ts";
import { helloIndex } from "../../src/messenger/link/hello.ts";
import { acceptedHelloKeys, type EpochSecret } from "../../src/messenger/model/epoch-keys.ts";
import { type Ack, decodeLinkFrame, has, windowEnd } from "../../src/wire/index.ts";
import type { Conversation } from "./disk.ts";
import type { Court } from "./known.ts";
import type { Passed } from "./network.ts";
import type { SimNode } from "./world.ts";

export function judgeFrame(court: Court, node: SimNode, { from, to, frame }: Passed): void {
  judgeIndex(court, node, to, frame);
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
  if (ack.readUpTo > readUpTo)
    court.say(node, "reports messages as read before that is on the disk");
}

/** A hello's index is of the pair only where the host is the contact's: others link hellos by it. */
function judgeIndex(court: Court, node: SimNode, to: HostId, frame: Uint8Array): void {
  const hello = decodeLinkFrame(frame);
  if (hello?.type !== "hello") return;
  const { crypto, homes, time } = court.world;
  const account = homes.get(to)?.messenger.self().account;
  for (const { contact } of court.of(node).disk.conversations.values()) {
    if (contact === undefined || contact.account === account) continue;
    const { chain, invite } = contact;
    const secrets: EpochSecret[] = [
      ...(chain === undefined ? [] : [{ kind: "pair" as const, chain }]),
      ...(invite === undefined ? [] : [{ kind: "invite" as const, secret: invite.secret }]),
    ];
    for (const secret of secrets)
      for (const { key } of acceptedHelloKeys(crypto, secret, time.now() + node.skew))
        if (equal(helloIndex(crypto, key, to), hello.index))
          court.say(node, "a hello names a pair to a host that is not the contact's");
  }
}
