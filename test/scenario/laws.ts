/**
 * What must hold at every moment of every run, judged at each commit, each frame and each event.
 */
import { toHex } from "../../src/base/index.ts";
import type { MessengerEvent } from "../../src/messenger/index.ts";
import type { MessageRow } from "../../src/messenger/model/message.ts";
import { decodeRow } from "../../src/messenger/model/rows.ts";
import type { StoreOp } from "../../src/ports/index.ts";
import type { MemoryStore } from "../../src/store/index.ts";
import { type Conversation, Disk } from "./disk.ts";
import type { Court, Known } from "./known.ts";
import { judgeConversation, judgeRemoval, judgeRow } from "./laws-disk.ts";
import { judgeNames, judgePinned } from "./laws-names.ts";
import { judgeArrivals, judgeOrder } from "./laws-order.ts";
import { PartedLaws } from "./laws-parted.ts";
import { judgeFrame } from "./laws-wire.ts";
import type { Passed } from "./network.ts";
import type { Watcher } from "./watcher.ts";
import type { SimNode, World } from "./world.ts";

const rank = {
  queued: 0,
  sent: 1,
  held: 1,
  delivered: 2,
  read: 3,
  failed: 4,
  cancelled: 4,
  received: 0,
} as const;

export class Laws implements Watcher, Court {
  readonly world: World;
  readonly #known = new Map<SimNode, Known>();
  /** Every message that was ever on its writer's disk. */
  readonly authored = new Map<string, { readonly by: SimNode; readonly texts: Set<string> }>();
  /** Seals that had been made when a session was first written, by its bytes. */
  readonly #sessions = new Map<string, number>();
  readonly #parted = new PartedLaws();
  /** Which host has put which message on the wire. */
  readonly onWire = new Map<string, Uint8Array>();
  /** Nodes whose contacts have other names, or became contacts, since their names were judged. */
  readonly #named = new Set<SimNode>();
  /** Laws that were broken. */
  readonly broken: string[] = [];

  constructor(world: World) {
    this.world = world;
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
      removed: new Set(),
      lost: new Set(),
      rolledBack: false,
      arrived: 0,
    };
    this.#known.set(node, made);
    return made;
  }

  say(node: SimNode, law: string): void {
    this.broken.push(`${node.name}: ${law}`);
  }

  /** Who has this account. */
  #owner(account: string | undefined): SimNode | undefined {
    for (const node of this.#known.keys())
      if (node.messenger?.self().account === account) return node;
    return undefined;
  }

  /** The other side of a conversation, and what it keeps of it. */
  far(node: SimNode, { contact }: Conversation) {
    const owner = this.#owner(contact?.account);
    if (owner === undefined) return undefined;
    const known = this.of(owner);
    return { ...known, conversation: known.disk.with(node.messenger.self().account) };
  }

  opened(node: SimNode): void {
    this.#parted.opened(node);
    const known = this.of(node);
    this.#named.add(node);
    const fresh = Disk.of(node.store);
    for (const kept of fresh.conversations.values())
      if (kept.session) kept.sessionSerial = this.#sessions.get(toHex(kept.session)) ?? 0;
    if (fresh.print() !== known.disk.print() && !known.rolledBack)
      this.say(node, "the disk is not what was committed");
    known.disk = fresh;
    known.reading = 0;
    for (const [id, state] of known.states) if (state === "sent") known.states.set(id, "queued");
  }

  /** The account begins with an empty store, whose numbers of arrival are its own. */
  startsEmpty(node: SimNode): void {
    this.of(node).arrived = 0;
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
    this.#parted.committed(node, ops);
    const known = this.of(node);
    const { serial } = this.world.keys;
    const touched = new Map<string, Conversation>();
    // The user removes these contacts with all their messages.
    const forgotten = new Set(
      ops.flatMap(({ kind, key: { table, of } }) =>
        table === "contact" && kind === "delete" ? [of] : [],
      ),
    );
    for (const op of ops) {
      const { table, of, at } = op.key;
      const kept = known.disk.conversations.get(of);
      if (table === "message" || table === "contact" || table === "outbox" || table === "session")
        if (!touched.has(of)) touched.set(of, { ...(kept ?? known.disk.conversation(of)) });
      if (table === "message" && op.kind === "put")
        judgeRow(this, node, known.disk.conversation(of), at, decodeRow<MessageRow>(op.value));
      if (table === "message" && op.kind === "delete" && !forgotten.has(of))
        judgeRemoval(this, node, known.disk.conversation(of), at);
      if (table === "session" && op.kind === "put") {
        const print = toHex(op.value);
        if (!this.#sessions.has(print)) this.#sessions.set(print, serial);
      }
      known.disk.apply(op, serial);
    }
    this.#sayIf(node, judgeOrder(known.disk, ops));
    this.#sayIf(node, judgeArrivals(known, ops));
    for (const [ref, before] of touched) {
      const after = known.disk.conversation(ref);
      judgeConversation(this, node, known, before, after);
      judgePinned(this, node, before.contact, after.contact);
      if (after.contact?.name !== before.contact?.name) this.#named.add(node);
      if (after.contact?.pairing !== before.contact?.pairing) this.#named.add(node);
    }
  }

  sends(node: SimNode, passed: Passed): void {
    judgeFrame(this, node, passed);
    const far = this.world.homes.get(passed.to);
    if (far !== undefined) this.#sayIf(node, this.#parted.judgeFrame(node, far));
  }

  publishes(node: SimNode, tag: Uint8Array): void {
    const now = this.world.time.now() + node.skew;
    this.#sayIf(node, this.#parted.judgeRecord(node, tag, now));
  }

  /** Whether `far` must learn nothing of the node now. */
  isParted(node: SimNode, far: SimNode): boolean {
    return this.#parted.judgeFrame(node, far) !== undefined;
  }

  #sayIf(node: SimNode, law: string | undefined): void {
    if (law !== undefined) this.say(node, law);
  }

  told(node: SimNode, event: MessengerEvent): void {
    if (event.type !== "message.new" && event.type !== "message.state") return;
    const { message } = event;
    const known = this.of(node);
    const row = known.disk.message(message.ref, message.id);
    const name = `"${message.text}"`;
    if (row === undefined) {
      this.say(node, `${name} is shown and not on the disk`);
      return;
    }
    if (message.direction === "in") {
      if (known.shown.has(message.id)) this.say(node, `${name} is shown twice`);
      known.shown.add(message.id);
      return;
    }
    const before = known.states.get(message.id) ?? "queued";
    const back = rank[message.state] < rank[before];
    if (back && !(before === "sent" && message.state === "queued"))
      this.say(node, `${name} is shown as ${message.state} after ${before}`);
    if ((message.state === "sent" ? "queued" : message.state) !== row.state)
      this.say(node, `${name} is shown as ${message.state}, and is ${row.state}`);
    if (message.state === "sent" && !this.onWire.has(`${node.host.host}/${message.id}`))
      this.say(node, `${name} is shown as sent, and no link took it`);
    known.states.set(message.id, message.state);
  }

  /** Bounds of what lives in memory alone. */
  bounds(): void {
    const nodes = this.world.nodes.length;
    if (this.world.time.pending > 500 * nodes) this.broken.push("timers pile up");
    for (const node of [...this.#named].filter(({ alive }) => alive)) {
      this.#named.delete(node);
      judgeNames(this, node);
    }
    for (const node of this.world.nodes)
      if (node.host.open > 20 * nodes) this.say(node, "channels pile up");
  }
}
