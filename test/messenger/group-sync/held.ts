/** A member's side of a group as synchronisation sees it, in memory, without signatures. */
import { concat, fromHex, toHex } from "../../../src/base/index.ts";
import { type CryptoProvider, nodeCrypto } from "../../../src/crypto/index.ts";
import {
  type GenerationId,
  type GroupMessageKey,
  groupMessageKey,
  inRecordOrder,
  type MemberId,
  memberId,
  messageHash,
  pageHash,
  type RecordId,
  type RecordItem,
  recordIdOf,
  type SeqRange,
  type StreamHead,
  type StreamId,
  streamId,
  type WantedRange,
} from "../../../src/group/index.ts";
import type {
  GivenMessages,
  MessageKey,
  SyncSource,
} from "../../../src/messenger/group-sync/sync-source.ts";
import { decodeGroupMessage, encodeGroupHeader } from "../../../src/wire/index.ts";

export const crypto: CryptoProvider = nodeCrypto();

/** The member of a number. */
export const memberAt = (number: number): MemberId =>
  memberId.from(crypto.sha256(Uint8Array.of(1, number)).slice(0, 16));
/** The stream of a member. */
export const streamOf = (member: MemberId, number = 0): StreamId =>
  streamId.from(crypto.sha256(concat(Uint8Array.of(number), memberId.bytes(member))).slice(0, 8));

/** A message that has a form and no meaning. */
export function messageAt(member: MemberId, seq: number, bytes = 60, version = 0): Uint8Array {
  const header = encodeGroupHeader({
    generation: new Uint8Array(16),
    member: memberId.bytes(member),
    ...{ slot: 0, stream: streamId.bytes(streamOf(member)), seq },
    previous: new Uint8Array(32),
    nonce: new Uint8Array(12).fill(version),
    check: new Uint8Array(32),
    frontier: [new Uint8Array(8)],
  });
  return concat(header, new Uint8Array(16 + bytes + 64));
}

/** A record of a kind without parents; its depth is its first byte after the kind. */
export const recordAt = (number: number, bytes = 40): Uint8Array =>
  concat(Uint8Array.of(1, number >> 4, number >> 8, number), new Uint8Array(bytes));

export class HeldGroup implements SyncSource {
  readonly us: MemberId;
  readonly members: Set<MemberId>;
  readonly messages = new Map<StreamId, Map<number, Uint8Array>>();
  readonly stored = new Map<RecordId, Uint8Array>();
  readonly pages = new Map<string, Uint8Array>();
  readonly keys = new Map<string, GroupMessageKey>();
  wantedPages: Uint8Array[] = [];
  wantedKeys: Uint8Array[] = [];
  brokenHere: GenerationId[] = [];
  removal: RecordId | undefined;
  /** Whether a member is in the audience of a message. */
  audience: (to: MemberId, author: MemberId, seq: number) => boolean = () => true;
  /** What was reported, in order. */
  readonly reports: string[] = [];
  readonly proven = new Map<MemberId, readonly StreamHead[]>();
  /** Whether what arrives is refused, as with bad signatures. */
  refuses = false;
  /** Records that were given in answer to requests. */
  given = 0;

  constructor(us: MemberId, members: Iterable<MemberId>) {
    this.us = us;
    this.members = new Set(members);
  }

  write(author: MemberId, ...seqs: number[]): this {
    for (const seq of seqs) this.store(messageAt(author, seq));
    return this;
  }

  add(...numbers: number[]): this {
    for (const number of numbers) this.put(recordAt(number));
    return this;
  }

  put(record: Uint8Array): RecordId {
    const id = recordIdOf(crypto, record);
    this.stored.set(id, record);
    return id;
  }

  store(message: Uint8Array): void {
    const parts = decodeGroupMessage(message);
    if (parts === undefined) throw new RangeError("no message");
    const stream = streamId.from(parts.stream);
    const held = this.messages.get(stream) ?? new Map<number, Uint8Array>();
    held.set(parts.seq, message);
    this.messages.set(stream, held);
  }

  /** The seqs of an author that are here. */
  seqs(author: MemberId): number[] {
    return [...(this.messages.get(streamOf(author))?.keys() ?? [])].sort((a, b) => a - b);
  }

  isMember = (member: MemberId): boolean => this.members.has(member);
  removalOf = (): readonly RecordId[] => (this.removal === undefined ? [] : [this.removal]);
  frontier = () => [];
  newestGeneration = () => undefined;
  lamport = () => 7;
  lacking = () => ({ pages: this.wantedPages, keys: this.wantedKeys, broken: this.brokenHere });

  heads(): readonly StreamHead[] {
    return [...this.messages].map(([stream, held]) => {
      const upTo = Math.max(...held.keys());
      const missing: SeqRange[] = [];
      for (let seq = 1; seq < upTo; seq++) {
        if (held.has(seq)) continue;
        const last = missing.at(-1);
        if (last?.to === seq - 1) missing[missing.length - 1] = { from: last.from, to: seq };
        else missing.push({ from: seq, to: seq });
      }
      const newest = held.get(upTo) as Uint8Array;
      const member = memberId.from(decodeGroupMessage(newest)?.member as Uint8Array);
      return { member, stream, upTo, hash: messageHash(crypto, newest), missing };
    });
  }

  records(): readonly RecordItem[] {
    const items = [...this.stored].map(([id, record]) => ({ depth: record[1] as number, id }));
    return items.sort(inRecordOrder);
  }

  async readRecord(id: RecordId): Promise<Uint8Array | undefined> {
    this.given++;
    return this.stored.get(id);
  }

  async readMessages(range: WantedRange, to: MemberId, bytes: number): Promise<GivenMessages> {
    const messages: Uint8Array[] = [];
    const withheld: SeqRange[] = [];
    let left = bytes;
    for (const [seq, message] of [...(this.messages.get(range.stream) ?? [])].sort(
      ([a], [b]) => a - b,
    )) {
      if (seq < range.from || seq > range.to) continue;
      if (!this.audience(to, range.member, seq)) {
        const last = withheld.at(-1);
        if (last?.to === seq - 1) withheld[withheld.length - 1] = { from: last.from, to: seq };
        else withheld.push({ from: seq, to: seq });
        continue;
      }
      left -= message.length + 8;
      if (messages.length > 0 && left < 0) break;
      messages.push(message);
    }
    return { messages, withheld };
  }

  readPage = async (hash: Uint8Array) => this.pages.get(toHex(hash));
  readKey = async (message: Uint8Array) => this.keys.get(toHex(message));

  async takeRecords(records: readonly Uint8Array[]) {
    if (this.refuses) return "hostile";
    for (const record of records) this.put(record);
    return "taken";
  }

  async takeMessages(messages: readonly Uint8Array[]) {
    if (this.refuses) return "hostile";
    for (const message of messages) this.store(message);
    return "taken";
  }

  async takePages(pages: readonly Uint8Array[]) {
    for (const page of pages) this.pages.set(toHex(pageHash(crypto, page)), page);
    this.wantedPages = this.wantedPages.filter((hash) => !this.pages.has(toHex(hash)));
    return "taken" as const;
  }

  async takeKeys(keys: readonly MessageKey[]) {
    for (const { message, mk } of keys) this.keys.set(toHex(message), groupMessageKey(mk));
    this.wantedKeys = this.wantedKeys.filter((hash) => !this.keys.has(toHex(hash)));
    return "taken" as const;
  }

  stated(member: MemberId, { lamport }: { lamport: number }): void {
    this.reports.push(`stated ${member} ${lamport}`);
  }

  holds(member: MemberId, heads: readonly StreamHead[]): void {
    this.proven.set(member, [...(this.proven.get(member) ?? []), ...heads]);
  }

  forked(heads: readonly StreamHead[], from: MemberId): void {
    for (const { stream } of heads) this.reports.push(`forked ${stream} ${from}`);
  }

  broken(generation: GenerationId, from: MemberId): void {
    this.reports.push(`broken ${generation} ${from}`);
  }
}

export const bytesOf = (hex: string): Uint8Array => fromHex(hex) as Uint8Array;
