/** What must hold at every moment of every run, judged at each commit, each frame and each event. */
import { equal, limits, messageId, toHex } from "../../src/base/index.ts";
import type { MessageState, MessengerEvent } from "../../src/messenger/index.ts";
import type { MessageRow } from "../../src/messenger/message.ts";
import { decodeRow } from "../../src/messenger/rows.ts";
import type { StoreOp } from "../../src/ports/index.ts";
import { decodeSession } from "../../src/ratchet/index.ts";
import type { MemoryStore } from "../../src/store/index.ts";
import { type Ack, decodeLinkFrame, has, windowEnd } from "../../src/wire/index.ts";
import { type Conversation, Disk } from "./disk.ts";
import type { Passed } from "./network.ts";
import type { SimNode, Watcher, World } from "./world.ts";

const rank = { waiting: 0, sent: 1, delivered: 2, read: 3, failed: 4, received: 0 } as const;
/** Ways of a message of ours over the disk. */
const ways: Readonly<Record<MessageRow["state"], readonly MessageRow["state"][]>> = {
  waiting: ["waiting", "delivered", "read", "failed"],
  delivered: ["delivered", "read"],
  read: ["read"],
  failed: ["failed"],
  received: ["received"],
};

/** What is known of one node, beyond what it knows itself. */
export interface Known {
  disk: Disk;
  /** Incoming messages that this node has shown. */
  readonly shown: Set<string>;
  /** States of its own messages that it has shown last. */
  readonly states: Map<string, MessageState>;
  /** Incoming messages that its person has read, at most. */
  readonly read: Set<string>;
  /** Calls of markRead that are under way. */
  reading: number;
  /** What an older copy of the disk has cost. */
  readonly lost: Set<string>;
  rolledBack: boolean;
}

export class Laws implements Watcher {
  readonly #world: World;
  readonly #known = new Map<SimNode, Known>();
  /** Every message that was ever on its writer's disk. */
  readonly #authored = new Map<string, { readonly by: SimNode; readonly text: string }>();
  /** Seals that had been made when a session was first written, by its bytes. */
  readonly #sessions = new Map<string, number>();
  /** Which host has put which message on the wire. */
  readonly #onWire = new Set<string>();
  /** Laws that were broken. */
  readonly broken: string[] = [];

  constructor(world: World) {
    this.#world = world;
    world.watcher = this;
  }

  of(node: SimNode): Known {
    const known = this.#known.get(node);
    if (known !== undefined) return known;
    const made: Known = {
      disk: Disk.of(node.store),
      shown: new Set(),
      states: new Map(),
      read: new Set(),
      reading: 0,
      lost: new Set(),
      rolledBack: false,
    };
    this.#known.set(node, made);
    return made;
  }

  #break(node: SimNode, law: string): void {
    this.broken.push(`${node.name}: ${law}`);
  }

  /** Who has this account. */
  #owner(account: string | undefined): SimNode | undefined {
    for (const node of this.#known.keys())
      if (node.messenger?.self().account === account) return node;
    return undefined;
  }

  /** The other side of a conversation, and what it keeps of it. */
  #far(node: SimNode, { contact }: Conversation) {
    const owner = this.#owner(contact?.account);
    if (owner === undefined) return undefined;
    const known = this.of(owner);
    return { ...known, conversation: known.disk.with(node.messenger.self().account) };
  }

  opened(node: SimNode): void {
    const known = this.of(node);
    const fresh = Disk.of(node.store);
    for (const kept of fresh.conversations.values())
      if (kept.session) kept.sessionSerial = this.#sessions.get(toHex(kept.session)) ?? 0;
    if (fresh.print() !== known.disk.print() && !known.rolledBack)
      this.#break(node, "the disk is not what was committed");
    known.disk = fresh;
    known.reading = 0;
    for (const [id, state] of known.states) if (state === "sent") known.states.set(id, "waiting");
  }

  /** From its next start on the node has an older copy of its disk. */
  rollsBack(node: SimNode, copy: MemoryStore): void {
    const known = this.of(node);
    const ids = Disk.of(copy).ids();
    known.rolledBack = true;
    for (const id of known.disk.ids()) if (!ids.has(id)) known.lost.add(id);
    for (const id of ids) known.lost.delete(id);
    for (const id of [...known.shown]) if (!ids.has(id)) known.shown.delete(id);
    known.states.clear();
  }

  committed(node: SimNode, ops: readonly StoreOp[]): void {
    const known = this.of(node);
    const { serial } = this.#world.keys;
    const touched = new Map<string, Conversation>();
    for (const op of ops) {
      const { table, of, at } = op.key;
      const kept = known.disk.conversations.get(of);
      if (table === "message" || table === "contact" || table === "outbox" || table === "session")
        if (!touched.has(of)) touched.set(of, { ...(kept ?? known.disk.conversation(of)) });
      if (table === "message" && op.kind === "put")
        this.#row(node, known.disk.conversation(of), at, decodeRow<MessageRow>(op.value));
      if (table === "session" && op.kind === "put") {
        const print = toHex(op.value);
        if (!this.#sessions.has(print)) this.#sessions.set(print, serial);
      }
      known.disk.apply(op, serial);
    }
    for (const [ref, before] of touched)
      this.#whole(node, known, before, known.disk.conversation(ref));
  }

  /** One message's row, before it is applied. */
  #row(node: SimNode, kept: Conversation, at: number, row: MessageRow): void {
    const before = kept.messages.get(at);
    const name = `message ${at} (${row.direction}, ${row.text})`;
    if (before !== undefined) {
      if (before.id !== row.id || before.direction !== row.direction || before.text !== row.text)
        this.#break(node, `${name} was overwritten by another`);
      if (!ways[before.state].includes(row.state))
        this.#break(node, `${name} went from ${before.state} to ${row.state}`);
      if (before.state !== row.state) this.#proven(node, kept, row);
      return;
    }
    if (kept.places.has(row.id)) this.#break(node, `${name} is kept twice`);
    const last = Math.max(0, ...kept.messages.keys());
    if (at !== last + 1) this.#break(node, `${name} does not follow ${last}`);
    for (const parent of row.parents) {
      const place = kept.places.get(parent);
      const older = place === undefined ? undefined : kept.messages.get(place);
      if (older !== undefined && older.lamport >= row.lamport)
        this.#break(node, `${name} is not later than its parent ${place}`);
    }
    for (const [place, child] of kept.messages)
      if (child.parents.includes(row.id))
        this.#break(node, `${name} comes after its child ${place}`);
    if (row.direction === "out") {
      this.#authored.set(row.id, { by: node, text: row.text });
      if (row.state !== "waiting") this.#break(node, `${name} begins as ${row.state}`);
      return;
    }
    const author = this.#authored.get(row.id);
    if (author === undefined || author.text !== row.text)
      this.#break(node, `${name} was written by nobody`);
    else if (author.by.messenger.self().account !== kept.contact?.account)
      this.#break(node, `${name} was written by somebody else`);
  }

  /** Delivered and read are said only of what is so. */
  #proven(node: SimNode, kept: Conversation, row: MessageRow): void {
    const far = this.#far(node, kept);
    if (far === undefined || row.direction !== "out") return;
    const there = far.conversation?.places.has(row.id) || far.lost.has(row.id);
    if ((row.state === "delivered" || row.state === "read") && !there)
      this.#break(node, `"${row.text}" is ${row.state} without being there`);
    if (row.state === "read" && !far.read.has(row.id))
      this.#break(node, `"${row.text}" is read, and nobody read it`);
  }

  /** A conversation after a batch. */
  #whole(node: SimNode, known: Known, before: Conversation, kept: Conversation): void {
    const { contact } = kept;
    if (contact === undefined) return;
    const waiting = [...kept.messages].filter(
      ([, { direction, state }]) => direction === "out" && state === "waiting",
    );
    if (waiting.length !== kept.outbox.size || waiting.some(([at]) => !kept.outbox.has(at)))
      this.#break(
        node,
        `waiting ${waiting.map(([at]) => at)}, but the outbox has ${[...kept.outbox.keys()]}`,
      );
    for (const [at, row] of waiting)
      if (row.sequence <= contact.settled) this.#break(node, `${at} is settled, and waits`);
    if (kept.outbox.size > limits.outboxMessages) this.#break(node, "the outbox has no bound");
    const current = kept.session && decodeSession(kept.session)?.id;
    if (kept.session && current === undefined) this.#break(node, "its session cannot be read");
    const sealed = [...kept.outbox.values()].filter(
      ({ session }) => session && current && equal(session, current),
    );
    if (sealed.length > limits.sendWindow) this.#break(node, "the send window has no bound");
    for (const row of kept.messages.values())
      if (row.lamport > contact.lamport) this.#break(node, `"${row.text}" is later than our time`);
    if (contact.readUpTo !== before.contact?.readUpTo || contact.unread === 0) {
      const told = contact.readUpTo > (before.contact?.readUpTo ?? 0);
      if (told && known.reading === 0) this.#break(node, "read by nobody");
      if (known.reading > 0)
        for (const { id, direction } of kept.messages.values())
          if (direction === "in") known.read.add(id);
    }
    this.#received(node, before, kept);
  }

  /** What is noted as received is here, or will never come. */
  #received(node: SimNode, before: Conversation, kept: Conversation): void {
    const { contact } = kept;
    const far = this.#far(node, kept)?.conversation;
    if (contact?.theirStream === undefined || far?.contact === undefined) return;
    if (!equal(contact.theirStream, far.contact.stream)) return;
    const same =
      before.contact?.theirStream && equal(before.contact.theirStream, contact.theirStream);
    const old = same ? before.contact?.received : undefined;
    if (old === contact.received) return;
    const here = new Set<number>();
    for (const { direction, sequence } of kept.messages.values())
      if (direction === "in") here.add(sequence);
    const open = new Set<number>();
    for (const { direction, sequence, state } of far.messages.values())
      if (direction === "out" && state === "waiting") open.add(sequence);
    for (const sequence of open)
      if (has(contact.received, sequence) && !(old && has(old, sequence)) && !here.has(sequence))
        this.#break(node, `${sequence} is noted as received, and is not here`);
  }

  sends(node: SimNode, { from, to, frame }: Passed): void {
    const inside = this.#world.keys.inside(frame);
    const far = this.#world.homes.get(to);
    const kept = far && this.of(node).disk.with(far.messenger.self().account);
    if (inside === undefined || kept?.contact === undefined) return;
    if (kept.sessionSerial <= inside.serial)
      this.#break(node, "a frame is on the wire before its session is on the disk");
    const { message, ack } = inside.content;
    if (message !== undefined) {
      const id = messageId.from(message.id);
      const decoded = decodeLinkFrame(frame);
      const entry = [...kept.outbox.values()].find((waits) => waits.id === id);
      if (decoded?.type !== "ratchet" || !entry?.sealed || !equal(entry.sealed, decoded.message))
        this.#break(node, `"${message.text}" is on the wire and not in the outbox`);
      this.#onWire.add(`${from}/${id}`);
    }
    if (ack !== undefined) this.#honest(node, kept, ack);
  }

  #honest(node: SimNode, { contact }: Conversation, ack: Ack): void {
    if (contact === undefined) return;
    for (let sequence = 1; sequence <= windowEnd(ack); sequence++)
      if (has(ack, sequence) && !has(contact.received, sequence))
        this.#break(node, `acknowledges ${sequence} before it is on the disk`);
    if (ack.readUpTo > contact.readUpTo)
      this.#break(node, "tells of reading that is not on the disk");
  }

  told(node: SimNode, event: MessengerEvent): void {
    if (event.type !== "message.new" && event.type !== "message.state") return;
    const { message } = event;
    const known = this.of(node);
    const row = known.disk.message(message.contact, message.id);
    const name = `"${message.text}"`;
    if (row === undefined) {
      this.#break(node, `${name} is shown and not on the disk`);
      return;
    }
    if (message.direction === "in") {
      if (known.shown.has(message.id)) this.#break(node, `${name} is shown twice`);
      known.shown.add(message.id);
      return;
    }
    const before = known.states.get(message.id) ?? "waiting";
    const back = rank[message.state] < rank[before];
    if (back && !(before === "sent" && message.state === "waiting"))
      this.#break(node, `${name} is shown as ${message.state} after ${before}`);
    if ((message.state === "sent" ? "waiting" : message.state) !== row.state)
      this.#break(node, `${name} is shown as ${message.state}, and is ${row.state}`);
    if (message.state === "sent" && !this.#onWire.has(`${node.host.host}/${message.id}`))
      this.#break(node, `${name} is shown as sent, and no link took it`);
    known.states.set(message.id, message.state);
  }

  /** Bounds of what lives in memory alone. */
  bounds(): void {
    const nodes = this.#world.nodes.length;
    if (this.#world.time.pending > 500 * nodes) this.broken.push("timers pile up");
    for (const node of this.#world.nodes)
      if (node.host.open > 20 * nodes) this.#break(node, "channels pile up");
  }
}
