/** What a member asks of another, and what may answer it. */
import { equal, toHex } from "../../base/index.ts";
import type { CryptoProvider } from "../../crypto/index.ts";
import {
  memberId,
  pageHash,
  type RecordId,
  recordId,
  recordIdOf,
  type SeqRange,
  type StreamHead,
  streamId,
  type WantedRange,
  without,
} from "../../group/index.ts";
import {
  decodeGroupMessage,
  type ReconcileRange,
  type SentHead,
  type SentRange,
  type SyncRequest,
  type SyncResponse,
} from "../../wire/index.ts";

export type Ask =
  | { readonly kind: "messages"; readonly ranges: readonly WantedRange[] }
  | {
      readonly kind: "records";
      readonly ranges: readonly ReconcileRange[];
      /** Requests of this comparison since the last one that brought a record. */
      readonly fruitless: number;
    }
  | { readonly kind: "ids"; readonly ids: readonly RecordId[] }
  | { readonly kind: "page"; readonly page: Uint8Array }
  | { readonly kind: "keys"; readonly messages: readonly Uint8Array[] };

/** The request for an ask. */
export function requestOf(ask: Ask): SyncRequest {
  const ranges = ask.kind === "messages" ? ask.ranges.map(sentRange) : [];
  return {
    ranges,
    reconcile: ask.kind === "records" ? ask.ranges : [],
    pages: ask.kind === "page" ? [ask.page] : [],
    keys: ask.kind === "keys" ? ask.messages : [],
    records: ask.kind === "ids" ? ask.ids.map(recordId.bytes) : [],
  };
}

/** What a response brought, as far as that does not depend on what is stored. */
export interface Checked {
  /** Bytes of its items. */
  readonly bytes: number;
  readonly given: Given;
  /** What was asked for and may follow: empty once a response brings nothing of it. */
  readonly left: readonly WantedRange[];
}

/** The ranges of messages that came, and that the member has but does not give. */
export interface Given {
  readonly messages: readonly WantedRange[];
  readonly withheld: readonly WantedRange[];
}

/**
 * Verifies a response against what was asked: nothing else, nothing twice, in order.
 * @returns `undefined` where no honest member answers so.
 */
export function checkResponse(
  crypto: CryptoProvider,
  ask: Ask,
  response: SyncResponse,
): Checked | undefined {
  const { messages, records, pages, keys, withheld } = response;
  const { reconcile } = response;
  if (ask.kind !== "messages" && messages.length + withheld.length > 0) return undefined;
  if (ask.kind !== "records" && reconcile.length > 0) return undefined;
  if (ask.kind !== "records" && ask.kind !== "ids" && records.length > 0) {
    // An account that was removed is answered by its removal, whatever it asked.
    if (records.length > 1 || messages.length + pages.length + keys.length > 0) return undefined;
  }
  if (ask.kind !== "page" && pages.length > 0) return undefined;
  if (ask.kind !== "keys" && keys.length > 0) return undefined;
  const asked = new Set(ask.kind === "ids" ? ask.ids : []);
  const ids = records.map((record) => recordIdOf(crypto, record));
  if (new Set(ids).size !== ids.length) return undefined;
  if (ask.kind === "ids" && records.length > 1 && !ids.every((id) => asked.has(id)))
    return undefined;
  if (ask.kind === "page" && !pages.every((page) => equal(pageHash(crypto, page), ask.page)))
    return undefined;
  if (
    ask.kind === "keys" &&
    !areAsked(
      keys.map((key) => key.message),
      ask.messages,
    )
  )
    return undefined;
  const bytes = [...messages, ...records, ...pages].reduce((sum, { length }) => sum + length, 0);
  if (ask.kind !== "messages") return { bytes, given: { messages: [], withheld: [] }, left: [] };
  const given = givenOf(ask.ranges, messages, withheld);
  if (given === undefined) return undefined;
  const came = [...given.messages, ...given.withheld];
  return { bytes, given, left: came.length === 0 ? [] : subtract(ask.ranges, came) };
}

function areAsked(named: readonly Uint8Array[], asked: readonly Uint8Array[]): boolean {
  const open = new Set(asked.map(toHex));
  return named.every((one) => open.delete(toHex(one)));
}

/** The ranges of a page, where each message was asked for and those of a stream ascend. */
function givenOf(
  asked: readonly WantedRange[],
  messages: readonly Uint8Array[],
  withheld: readonly SentRange[],
): Given | undefined {
  const found: WantedRange[] = [];
  const last = new Map<string, number>();
  for (const message of messages) {
    const parts = decodeGroupMessage(message);
    if (parts === undefined) return undefined;
    const [member, stream] = [memberId.from(parts.member), streamId.from(parts.stream)];
    const { seq } = parts;
    if (seq <= (last.get(stream) ?? 0)) return undefined;
    if (!contains(asked, { member, stream, from: seq, to: seq })) return undefined;
    last.set(stream, seq);
    found.push({ member, stream, from: seq, to: seq });
  }
  const kept = withheld.map(wantedRange);
  return kept.every((range) => contains(asked, range))
    ? { messages: found, withheld: kept }
    : undefined;
}

function contains(asked: readonly WantedRange[], range: WantedRange): boolean {
  return asked.some(
    (one) =>
      one.stream === range.stream &&
      one.member === range.member &&
      one.from <= range.from &&
      range.to <= one.to,
  );
}

/** The parts of ranges that are in none of the others. */
export function subtract(
  ranges: readonly WantedRange[],
  others: readonly WantedRange[],
): WantedRange[] {
  const byStream = new Map<string, SeqRange[]>();
  for (const { stream, from, to } of [...others].sort((a, b) => a.from - b.from))
    byStream.set(stream, [...(byStream.get(stream) ?? []), { from, to }]);
  return ranges.flatMap(({ member, stream, from, to }) =>
    without({ from, to }, byStream.get(stream) ?? []).map((part) => ({ member, stream, ...part })),
  );
}

export const sentRange = ({ member, stream, from, to }: WantedRange): SentRange => ({
  ...{ member: memberId.bytes(member), stream: streamId.bytes(stream), from, to },
});

const wantedRange = ({ member, stream, from, to }: SentRange): WantedRange => ({
  ...{ member: memberId.from(member), stream: streamId.from(stream), from, to },
});

/** A head as it is sent. */
export function sentHead({ member, stream, upTo, hash, missing }: StreamHead): SentHead {
  return {
    ...{ member: memberId.bytes(member), stream: streamId.bytes(stream), upTo, hash },
    missing: missing.flatMap(({ from, to }) => [from, to]),
  };
}

/** A head as it was sent; whether it can be is judged where heads are compared. */
export function headOf({ member, stream, upTo, hash, missing }: SentHead): StreamHead {
  return {
    ...{ member: memberId.from(member), stream: streamId.from(stream), upTo, hash },
    missing: Array.from({ length: missing.length / 2 }, (_, i) => ({
      from: missing[2 * i] as number,
      to: missing[2 * i + 1] as number,
    })),
  };
}
