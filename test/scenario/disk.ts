/**
 * What lies on a node's disk, as the rows say: kept beside the store, batch by batch, so that each
 * change can be judged.
 */
import { type MessageId, toHex } from "../../src/base/index.ts";
import type { Contact } from "../../src/messenger/model/contact.ts";
import type { MessageRow } from "../../src/messenger/model/message.ts";
import type { Line } from "../../src/messenger/model/position.ts";
import { decodeRow } from "../../src/messenger/model/rows.ts";
import type { StoreOp, Table } from "../../src/ports/index.ts";
import type { MemoryStore } from "../../src/store/index.ts";

export interface KeptEntry {
  readonly id: string;
  readonly sequence: number;
  readonly act?: unknown;
  readonly sealed: Uint8Array | undefined;
  readonly session: Uint8Array | undefined;
}

/** Everything of one contact. */
export interface Conversation {
  contact: Contact | undefined;
  session: Uint8Array | undefined;
  /** Seals that the world had made when the session was last written. */
  sessionSerial: number;
  readonly messages: Map<number, MessageRow>;
  readonly places: Map<string, number>;
  readonly outbox: Map<number, KeptEntry>;
  /** Lines of the order index, by rank. */
  readonly order: Map<number, readonly Line[]>;
}

const tables: ReadonlySet<Table> = new Set(["contact", "session", "message", "outbox", "order"]);

export class Disk {
  readonly conversations = new Map<string, Conversation>();

  static of(store: MemoryStore): Disk {
    const disk = new Disk();
    for (const { value, ...key } of store.snapshot()) disk.apply({ kind: "put", key, value }, 0);
    return disk;
  }

  conversation(ref: string): Conversation {
    const known = this.conversations.get(ref);
    if (known !== undefined) return known;
    const made: Conversation = {
      contact: undefined,
      session: undefined,
      sessionSerial: 0,
      messages: new Map(),
      places: new Map(),
      outbox: new Map(),
      order: new Map(),
    };
    this.conversations.set(ref, made);
    return made;
  }

  /** @param serial seals made so far. */
  apply(op: StoreOp, serial: number): void {
    const { table, of, at } = op.key;
    if (!tables.has(table)) return;
    const kept = this.conversation(of);
    const value = op.kind === "put" ? op.value : undefined;
    if (table === "contact") kept.contact = value && decodeRow<Contact>(value);
    // Skipped keys have rows of their own.
    if (table === "session" && at === 0) {
      kept.session = value;
      kept.sessionSerial = serial;
    }
    if (table === "message") {
      const before = kept.messages.get(at);
      if (before !== undefined) kept.places.delete(before.id);
      if (value === undefined) kept.messages.delete(at);
      else {
        const row = decodeRow<MessageRow>(value);
        kept.messages.set(at, row);
        kept.places.set(row.id, at);
      }
    }
    if (table === "order") {
      if (value === undefined) kept.order.delete(at);
      else kept.order.set(at, decodeRow<Line[]>(value));
    }
    if (table === "outbox") {
      if (value === undefined) kept.outbox.delete(at);
      else kept.outbox.set(at, decodeRow<KeptEntry>(value));
    }
  }

  /** The conversation with this account. */
  with(account: string): Conversation | undefined {
    return [...this.conversations.values()].find(({ contact }) => contact?.account === account);
  }

  message(account: string, id: string): MessageRow | undefined {
    const kept = this.with(account);
    const at = kept?.places.get(id);
    return at === undefined ? undefined : kept?.messages.get(at);
  }

  /** Ids of texts that wait for this account, or for any, and were never sealed. */
  unsealedFor(account?: string): MessageId[] {
    return [...this.conversations.values()]
      .filter(({ contact }) => account === undefined || contact?.account === account)
      .flatMap(({ outbox }) => [...outbox.values()])
      .flatMap(({ id, act, sealed }) => (act || sealed ? [] : [id as MessageId]));
  }

  /** Ids of messages in either direction. */
  ids(): Set<string> {
    return new Set([...this.conversations.values()].flatMap(({ places }) => [...places.keys()]));
  }

  /** The same for two disks that hold the same. */
  print(): string {
    const lines: string[] = [];
    for (const [ref, { contact, session, messages, outbox }] of this.conversations) {
      if (contact === undefined && messages.size === 0 && outbox.size === 0 && !session) continue;
      lines.push(`${ref} ${JSON.stringify(contact)} ${session && toHex(session)}`);
      for (const [at, row] of messages) lines.push(`${ref} m${at} ${JSON.stringify(row)}`);
      for (const [at, row] of outbox) lines.push(`${ref} o${at} ${JSON.stringify(row)}`);
    }
    return lines.sort().join("\n");
  }
}
