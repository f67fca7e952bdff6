/**
 * What is known of each stream of a group's messages: of another member's what is here and was
 * read, which this node acknowledges; of our own what other members have proven.
 */
import type { MemberId, SeqRange, StreamId } from "../../group/index.ts";
import type { Store, StoreOp } from "../../ports/index.ts";
import type { InStream } from "../model/owner.ts";
import { decodeRow, drop, encodeRow, put, rowKey } from "../model/rows.ts";

/** How far a member has come in a stream: everything up to these numbers; 0 for nothing. */
export interface Progress {
  readonly upTo: number;
  readonly readUpTo: number;
}

/** A stream of another member. */
export interface TheirStream {
  readonly member: MemberId;
  readonly stream: StreamId;
  /** What was opened here, in ascending order and apart. */
  readonly opened: readonly SeqRange[];
  /** Everything up to here was shown to the user. */
  readonly readUpTo: number;
  /** What our newest acknowledgement states. */
  readonly acked: Progress;
}

/** What one member has proven of a stream of ours. */
export interface Proof extends Progress {
  /** Everything up to here is stored by its node. */
  readonly held: number;
}

/** A stream of ours. */
export interface OwnStream {
  /** This node. */
  readonly member: MemberId;
  readonly stream: StreamId;
  /** The greatest number that was sealed. */
  readonly sealed: number;
  /** By member. */
  readonly proofs: Readonly<Record<string, Proof>>;
}

type MessageStream = TheirStream | OwnStream;

const nameOf = ({ member, stream }: Pick<MessageStream, "member" | "stream">): string =>
  `${member}/${stream}`;

/** The streams of a group, in memory as they are on disk. */
export class MessageStreams {
  readonly #us: MemberId;
  /** With the positions of their rows. */
  readonly #kept = new Map<string, { readonly at: number; readonly value: MessageStream }>();
  #next = 0;

  constructor(us: MemberId) {
    this.#us = us;
  }

  /** Reads them from the store. @param ref of the group. */
  async load(store: Store, ref: string): Promise<void> {
    for (const { at, value: bytes } of await store.list("group-order", ref)) {
      const value = decodeRow<MessageStream>(bytes);
      this.#kept.set(nameOf(value), { at, value });
      this.#next = at + 1;
    }
  }

  /** Streams of other members. */
  theirs(): TheirStream[] {
    return [...this.#kept.values()].flatMap(({ value }) => ("opened" in value ? [value] : []));
  }

  /** A stream of another member; a new one has nothing. */
  their(member: MemberId, stream: StreamId): TheirStream {
    const value = this.#kept.get(nameOf({ member, stream }))?.value;
    if (value !== undefined && "opened" in value) return value;
    return { member, stream, opened: [], readUpTo: 0, acked: { upTo: 0, readUpTo: 0 } };
  }

  /** A stream of ours; a new one has no proofs. */
  own(stream: StreamId): OwnStream {
    const member = this.#us;
    const value = this.#kept.get(nameOf({ member, stream }))?.value;
    if (value !== undefined && "proofs" in value) return value;
    return { member, stream, sealed: 0, proofs: {} };
  }

  /** Begins changes. Requires the lock of the group until they are taken up. */
  draft(ref: string): StreamDraft {
    return new StreamDraft(this, ref);
  }

  /** The positions of the rows of these streams. */
  places(streams: readonly MessageStream[]): number[] {
    let next = this.#next;
    return streams.map((value) => this.#kept.get(nameOf(value))?.at ?? next++);
  }

  /** Takes up streams that are on disk. */
  take(streams: readonly MessageStream[]): void {
    const places = this.places(streams);
    for (const [i, value] of streams.entries()) {
      const at = places[i] as number;
      this.#kept.set(nameOf(value), { at, value });
      this.#next = Math.max(this.#next, at + 1);
    }
  }

  /** The operations that delete all. */
  drop(ref: string): StoreOp[] {
    return [...this.#kept.values()].map(({ at }) => drop(rowKey("group-order", ref, at)));
  }
}

/** Streams as the batch at hand will leave them. */
export class StreamDraft {
  readonly #kept: MessageStreams;
  readonly #ref: string;
  readonly #changed = new Map<string, MessageStream>();

  constructor(kept: MessageStreams, ref: string) {
    this.#kept = kept;
    this.#ref = ref;
  }

  their(member: MemberId, stream: StreamId): TheirStream {
    const value = this.#changed.get(nameOf({ member, stream }));
    return value !== undefined && "opened" in value ? value : this.#kept.their(member, stream);
  }

  own(stream: StreamId): OwnStream {
    const kept = this.#kept.own(stream);
    const value = this.#changed.get(nameOf(kept));
    return value !== undefined && "proofs" in value ? value : kept;
  }

  /** Streams of other members, changed ones included. */
  theirs(): TheirStream[] {
    const names = new Map(this.#kept.theirs().map((value) => [nameOf(value), value]));
    for (const [name, value] of this.#changed) if ("opened" in value) names.set(name, value);
    return [...names.values()];
  }

  set(value: MessageStream): void {
    this.#changed.set(nameOf(value), value);
  }

  /** The operations that write what changed. */
  ops(): StoreOp[] {
    const changed = [...this.#changed.values()];
    const places = this.#kept.places(changed);
    return changed.map((value, i) =>
      put(rowKey("group-order", this.#ref, places[i] as number), encodeRow(value)),
    );
  }

  /** Takes up what changed, once it is on disk. */
  take(): void {
    this.#kept.take([...this.#changed.values()]);
  }
}

/** Notes in a draft that the user has seen all messages of others but these. */
export function markSeen(draft: StreamDraft, unseen: readonly InStream[]): void {
  for (const each of draft.theirs()) {
    const { member, stream, opened, readUpTo } = each;
    const left = unseen
      .filter((one) => one.author === member && one.stream === stream)
      .map(({ sequence }) => sequence);
    const seen = Math.min(upToIn(opened), ...left.map((seq) => seq - 1));
    if (seen > readUpTo) draft.set({ ...each, readUpTo: seen });
  }
}

/** Everything up to this number is in the ranges. */
export function upToIn([first]: readonly SeqRange[]): number {
  return first?.from === 1 ? first.to : 0;
}

/** The ranges with one more number; the same where it is in them. */
export function withSeq(ranges: readonly SeqRange[], seq: number): readonly SeqRange[] {
  if (ranges.some(({ from, to }) => seq >= from && seq <= to)) return ranges;
  const before = ranges.filter(({ to }) => to < seq);
  const after = ranges.filter(({ from }) => from > seq);
  const left = before.at(-1)?.to === seq - 1 ? before.pop() : undefined;
  const right = after[0]?.from === seq + 1 ? after.shift() : undefined;
  return [...before, { from: left?.from ?? seq, to: right?.to ?? seq }, ...after];
}

/** What an acknowledgement of a stream states now. @param sharing whether it says what was read. */
export function progressOf({ opened, readUpTo }: TheirStream, sharing: boolean): Progress {
  const upTo = upToIn(opened);
  return { upTo, readUpTo: sharing ? Math.min(upTo, readUpTo) : 0 };
}

/** Whether an acknowledgement would state something that the newest one does not. */
export function isOwed(stream: TheirStream, sharing: boolean): boolean {
  const { upTo, readUpTo } = progressOf(stream, sharing);
  return upTo > stream.acked.upTo || readUpTo > stream.acked.readUpTo;
}
