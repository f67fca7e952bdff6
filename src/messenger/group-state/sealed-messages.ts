/**
 * The messages of a group as their authors numbered them: one stream for each member and
 * generation. They stay sealed as they travel, so that any member can give them to another one.
 */
import { equal, toHex } from "../../base/index.ts";
import {
  groupLimits,
  type MemberId,
  type SeqRange,
  type StreamHead,
  type StreamId,
} from "../../group/index.ts";

interface Known {
  /** `messageHash`, 32 bytes. */
  readonly hash: Uint8Array;
  readonly open: boolean;
}

interface Stream {
  readonly member: MemberId;
  /** The first 16 bytes of the generation's id, as hex. */
  readonly generation: string;
  readonly messages: Map<number, Known>;
}

export class SealedMessages {
  readonly #streams = new Map<StreamId, Stream>();
  /** By the first 16 bytes of their hashes: a peer asks for many at once. */
  readonly #byHash = new Map<string, { readonly stream: StreamId; readonly seq: number }>();

  /** Takes up a message that is on disk. */
  set({ member, generation, stream, seq }: MessageSpot, known: Known): void {
    const found: Stream = this.#streams.get(stream) ?? {
      ...{ member, generation, messages: new Map() },
    };
    found.messages.set(seq, known);
    this.#streams.set(stream, found);
    this.#byHash.set(nameOf(known.hash), { stream, seq });
  }

  ownerOf(stream: StreamId): MemberId | undefined {
    return this.#streams.get(stream)?.member;
  }

  hashOf(stream: StreamId, seq: number): Uint8Array | undefined {
    return this.#streams.get(stream)?.messages.get(seq)?.hash;
  }

  isOpen(stream: StreamId, seq: number): boolean {
    return this.#streams.get(stream)?.messages.get(seq)?.open === true;
  }

  /** How many messages of a generation are here. */
  countOf(generation: string): number {
    let sum = 0;
    for (const stream of this.#streams.values())
      if (stream.generation === generation) sum += stream.messages.size;
    return sum;
  }

  /** The seqs of a stream that are here and still sealed, ascending. */
  sealedOf(stream: StreamId): number[] {
    const messages = this.#streams.get(stream)?.messages ?? new Map<number, Known>();
    return [...messages].flatMap(([seq, { open }]) => (open ? [] : [seq])).sort((a, b) => a - b);
  }

  /** All that is here and sealed, with the generation that it is sealed under. */
  sealed(): {
    readonly stream: StreamId;
    readonly generation: string;
    readonly seq: number;
    readonly hash: Uint8Array;
  }[] {
    return [...this.#streams].flatMap(([stream, { generation, messages }]) =>
      [...messages].flatMap(([seq, { hash, open }]) =>
        open ? [] : [{ stream, generation, seq, hash }],
      ),
    );
  }

  /** The streams of a generation. */
  streamsOf(generation: string): StreamId[] {
    return [...this.#streams].flatMap(([id, each]) => (each.generation === generation ? [id] : []));
  }

  /** The seqs of a stream in a range that are here, ascending, at most `most`. */
  seqsOf(stream: StreamId, from: number, to: number, most: number): number[] {
    const messages = this.#streams.get(stream)?.messages ?? new Map<number, Known>();
    return [...messages.keys()]
      .filter((seq) => seq >= from && seq <= to)
      .sort((a, b) => a - b)
      .slice(0, most);
  }

  /** Where the message with this hash is. */
  find(hash: Uint8Array): { readonly stream: StreamId; readonly seq: number } | undefined {
    const found = this.#byHash.get(nameOf(hash));
    const known = found && this.hashOf(found.stream, found.seq);
    return known && equal(known, hash) ? found : undefined;
  }

  /** The greatest seq up to which nothing of a stream is lacking. */
  completeTo(stream: StreamId): number {
    const messages = this.#streams.get(stream)?.messages;
    let seq = 0;
    while (messages?.has(seq + 1)) seq++;
    return seq;
  }

  /** What is here of each stream. With more than 8 gaps a head ends below the ninth. */
  heads(): StreamHead[] {
    return [...this.#streams].map(([stream, { member, messages }]) => {
      const missing: SeqRange[] = [];
      let head = 0;
      for (const seq of [...messages.keys()].sort((a, b) => a - b)) {
        if (seq > head + 1) {
          if (missing.length === groupLimits.missingRanges) break;
          missing.push({ from: head + 1, to: seq - 1 });
        }
        head = seq;
      }
      const hash = messages.get(head)?.hash ?? new Uint8Array(32);
      return { member, stream, upTo: head, hash, missing };
    });
  }
}

/** Where a message is among those of its group. */
export interface MessageSpot {
  readonly member: MemberId;
  readonly generation: string;
  readonly stream: StreamId;
  readonly seq: number;
}

const nameOf = (hash: Uint8Array): string => toHex(hash.subarray(0, 16));
