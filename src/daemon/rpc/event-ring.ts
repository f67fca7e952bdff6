/**
 * The latest events of an open node, in memory only: a client whose connection was lost for a
 * moment gets those that it missed. Nothing of it is left once the node is locked.
 */
import { type NodeEvent, refOf } from "../../api/index.ts";
import { limits } from "../../base/index.ts";
import type { CryptoProvider } from "../../crypto/index.ts";
import type { EventRing } from "./methods/method-types.ts";

interface Entry {
  event: NodeEvent;
  /** Characters of its JSON. */
  size: number;
}

/** @param most events that are kept, and characters of their JSON. */
export function createEventRing(
  crypto: Pick<CryptoProvider, "seal" | "open" | "random">,
  most: { readonly events: number; readonly characters: number } = {
    events: limits.eventRing,
    characters: limits.eventRingCharacters,
  },
): EventRing {
  const cursors = createCursors(crypto);
  /** By their number, oldest first. */
  const entries = new Map<number, Entry>();
  /** The numbers of the events that contain a message, by its id. */
  const ofMessage = new Map<string, Set<number>>();
  /** The number of the newest `conversation.changed`, by its conversation. */
  const ofConversation = new Map<string, number>();
  let newest = 0;
  /** The newest event that had to go because of the limits. */
  let passed = 0;
  let size = 0;

  const drop = (number: number): void => {
    const entry = entries.get(number);
    if (entry === undefined) return;
    entries.delete(number);
    size -= entry.size;
    const { event } = entry;
    if ("message" in event) {
      const numbers = ofMessage.get(event.message.id);
      numbers?.delete(number);
      if (numbers?.size === 0) ofMessage.delete(event.message.id);
    }
    if ("conversation" in event && ofConversation.get(event.conversation.ref) === number)
      ofConversation.delete(event.conversation.ref);
  };
  const replace = (entry: Entry, event: NodeEvent): void => {
    entry.event = event;
    size -= entry.size;
    entry.size = JSON.stringify(event).length;
    size += entry.size;
  };
  /** What was deleted, edited or replaced must not be read here any more. */
  const forget = (event: NodeEvent): void => {
    switch (event.type) {
      case "message.removed":
        for (const number of [...(ofMessage.get(event.id) ?? [])]) drop(number);
        return;
      case "message.changed":
        if (event.what !== "edited" && event.what !== "deleted") return;
        for (const number of ofMessage.get(event.message.id) ?? []) {
          const entry = entries.get(number);
          if (entry === undefined || !("message" in entry.event)) continue;
          const { state } = entry.event.message;
          replace(entry, { ...entry.event, message: { ...event.message, state } });
        }
        return;
      case "conversation.changed":
        drop(ofConversation.get(event.conversation.ref) ?? 0);
        return;
      case "contact.removed":
        for (const [number, entry] of entries)
          if (refOf(entry.event) === event.account) drop(number);
        return;
      default:
        return;
    }
  };

  return {
    add(event) {
      forget(event);
      newest += 1;
      const kept = { ...event, streamCursor: cursors.seal(newest) };
      const entry: Entry = { event: kept, size: JSON.stringify(kept).length };
      entries.set(newest, entry);
      size += entry.size;
      if ("message" in kept) {
        const numbers = ofMessage.get(kept.message.id) ?? new Set();
        ofMessage.set(kept.message.id, numbers.add(newest));
      }
      if ("conversation" in kept) ofConversation.set(kept.conversation.ref, newest);
      for (const oldest of entries.keys()) {
        if (entries.size <= most.events && size <= most.characters) break;
        drop(oldest);
        passed = oldest;
      }
      return kept;
    },
    now: () => cursors.seal(newest),
    clear() {
      for (const number of entries.keys()) drop(number);
      passed = newest + 1;
    },
    since(cursor) {
      const after = cursors.open(cursor);
      if (after === undefined || after < passed) return undefined;
      return [...entries].filter(([number]) => number > after).map(([, { event }]) => event);
    },
  };
}

const NONCE = 12;
const AD = new Uint8Array();

/**
 * Numbers of events as texts, encrypted with a key of this ring: a token that is limited to some
 * contacts cannot count the events of the others, and a cursor of another run does not open.
 */
function createCursors({ random, seal, open }: Pick<CryptoProvider, "seal" | "open" | "random">) {
  const key = random(32);
  return {
    seal(number: number): string {
      const plain = Buffer.alloc(8);
      plain.writeBigUInt64BE(BigInt(number));
      const nonce = random(NONCE);
      return Buffer.concat([nonce, seal(key, nonce, plain, AD)]).toString("base64url");
    },
    open(text: string): number | undefined {
      const bytes = Buffer.from(text, "base64url");
      if (bytes.length !== NONCE + 8 + 16) return undefined;
      const plain = open(key, bytes.subarray(0, NONCE), bytes.subarray(NONCE), AD);
      return plain && Number(Buffer.from(plain).readBigUInt64BE());
    },
  };
}
