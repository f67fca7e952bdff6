/**
 * When the messages of a batch of the index arrived, so that hits can be ordered without reading
 * them. A row is, for each conversation: its number, as the difference from the one before; the
 * length of what follows; and of each message its position and its number of arrival, as the
 * differences from the message before (both grow within a conversation). Numbers are LEB128.
 */
import { damaged, type Posting, type Reader, RowWriter, readNumber } from "./postings.ts";

/** By conversation and position: numbers of arrival. */
export type BatchArrivals = Map<number, Map<number, number>>;

/** The row of a batch; empty where it has no message. */
export function encodeArrivals(arrivals: BatchArrivals): Uint8Array {
  const writer = new RowWriter();
  let conversation = 0;
  for (const [number, messages] of [...arrivals].sort(([a], [b]) => a - b)) {
    if (messages.size === 0) continue;
    const block = new RowWriter(4 * messages.size);
    let [at, arrival] = [0, 0];
    for (const [place, arrived] of [...messages].sort(([a], [b]) => a - b)) {
      block.number(place - at);
      block.number(Math.max(0, arrived - arrival));
      [at, arrival] = [place, Math.max(arrival, arrived)];
    }
    writer.number(number - conversation);
    writer.number(block.length);
    writer.write(block.bytes());
    conversation = number;
  }
  return writer.bytes();
}

/**
 * What a row says of some conversations; the others are skipped. Throws `store-damaged` for bytes
 * that are no row.
 * @param wanted numbers of conversations; absent: all.
 */
export function decodeArrivals(row: Uint8Array, wanted?: ReadonlySet<number>): BatchArrivals {
  const found: BatchArrivals = new Map();
  const reader: Reader = { row, at: 0 };
  let conversation = 0;
  while (reader.at < row.length) {
    conversation += readNumber(reader);
    const length = readNumber(reader);
    const end = reader.at + length;
    if (end > row.length) throw damaged();
    if (wanted === undefined || wanted.has(conversation))
      found.set(conversation, messagesOf(reader, end));
    reader.at = end;
  }
  return found;
}

function messagesOf(reader: Reader, end: number): Map<number, number> {
  const messages = new Map<number, number>();
  let [at, arrival] = [0, 0];
  while (reader.at < end) {
    at += readNumber(reader);
    arrival += readNumber(reader);
    messages.set(at, arrival);
  }
  if (reader.at !== end) throw damaged();
  return messages;
}

/** Notes when a message arrived. */
export function noteArrival(
  arrivals: BatchArrivals,
  { conversation, at }: Posting,
  arrival: number,
): void {
  const messages = arrivals.get(conversation) ?? new Map<number, number>();
  arrivals.set(conversation, messages.set(at, arrival));
}
