/**
 * What a message says: a text, or an act upon what was said before (content.pb.proto, docs/WIRE.md
 * §4).
 */
import { fromUtf8, limits, never, utf8 } from "../base/index.ts";
import type * as pb from "./content.pb.ts";
import { BYTES, type Field, fits, VARINT, walk } from "./strict-protobuf.ts";
import { isAddressText, own } from "./strict-protobuf-checks.ts";

const MESSAGE_ID = 16;
/**
 * Fields of a message from here on are acts; older readers show nothing of those that they do not
 * know.
 */
const FIRST_ACT = 16;
/** Fields from here on are things to show, in whose place older readers show a line. */
const FIRST_SHOWN = 32;

/** Changes something that was said before. `target` is the id of a message, 16 bytes. */
export type Act =
  /** `text`: 1 to `limits.textBytes` bytes of UTF-8. */
  | { readonly kind: "edit"; readonly target: Uint8Array; readonly text: string }
  | { readonly kind: "delete"; readonly target: Uint8Array }
  /** `emoji`: see `isReaction`; empty takes the reaction back. */
  | { readonly kind: "reaction"; readonly target: Uint8Array; readonly emoji: string }
  /**
   * How long messages from now on are kept: 0 for ever, else `limits.timerMin` to
   * `limits.timerMax`.
   */
  | { readonly kind: "timer"; readonly ms: number }
  /**
   * Bootstrap hosts of the sender's, for the day on which the other's are gone: at most
   * `limits.toldHosts` multiaddr texts, see `isAddressText`.
   */
  | { readonly kind: "hosts"; readonly hosts: readonly string[] };

export interface TextBody {
  readonly kind: "text";
  /** At most `limits.textBytes` of UTF-8. */
  readonly text: string;
  /** The message that it answers, 16 bytes. */
  readonly replyTo?: Uint8Array;
  /**
   * How long each side keeps it once its time runs, in ms: `limits.timerMin` to `limits.timerMax`.
   */
  readonly keep?: number;
}

export type Body = TextBody | Act;

/** What a newer Sotto said. */
export type NewerBody =
  /** Something to show; `text` is the sender's replacement for older readers, and may be empty. */
  | (Omit<TextBody, "kind"> & { readonly kind: "newer" })
  /** An act that we do not know: it counts as received, and nothing is shown. */
  | { readonly kind: "newer-act" };

/** Inner fields of the acts that we know, by the act's field number. */
const actTypes = new Map([
  [
    16,
    new Map([
      [1, BYTES],
      [2, BYTES],
    ]),
  ],
  [17, new Map([[1, BYTES]])],
  [
    18,
    new Map([
      [1, BYTES],
      [2, BYTES],
    ]),
  ],
  [19, new Map([[1, VARINT]])],
  [20, new Map([[1, BYTES]])],
]);

/** How often a field of an act may stand, where that is not once. */
const actRepeats = new Map([[20, new Map([[1, limits.toldHosts]])]]);

/** Wire types of a message's fields that hold its body. */
export const bodyTypes: readonly (readonly [number, number])[] = [
  [6, BYTES],
  [8, BYTES],
  [9, VARINT],
  ...[...actTypes.keys()].map((number) => [number, BYTES] as const),
];

/**
 * Whether a reaction may be sent and shown: at most `limits.emojiBytes` of UTF-8, without control
 * characters, line ends and signs that turn the direction of writing. Which characters are emoji
 * changes every year, so that is not asked.
 */
export function isReaction(emoji: string): boolean {
  return (
    utf8(emoji).length <= limits.emojiBytes &&
    !/[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u.test(emoji)
  );
}

/** Whether messages may be kept this long, in ms. */
export function isTimer(ms: number): boolean {
  return ms === 0 || (Number.isSafeInteger(ms) && ms >= limits.timerMin && ms <= limits.timerMax);
}

/**
 * The body's fields of a message. Throws a RangeError where one breaks its bound: our own mistake.
 */
export function writeBody(body: Body): pb.Message {
  const fields: pb.Message = { parents: [] };
  switch (body.kind) {
    case "text":
      fields.text = text(body.text, 0);
      if (body.replyTo !== undefined) fields.replyTo = id(body.replyTo);
      if (body.keep !== undefined) fields.keep = keep(body.keep);
      return fields;
    case "edit":
      fields.edit = { target: id(body.target), text: text(body.text, 1) };
      return fields;
    case "delete":
      fields.delete = { target: id(body.target) };
      return fields;
    case "reaction":
      if (!isReaction(body.emoji)) throw outOfBounds();
      fields.reaction = { target: id(body.target), emoji: own(utf8(body.emoji)) };
      return fields;
    case "timer":
      if (!isTimer(body.ms)) throw outOfBounds();
      fields.timer = { ms: body.ms };
      return fields;
    case "hosts":
      if (body.hosts.length > limits.toldHosts || !body.hosts.every(isAddressText))
        throw outOfBounds();
      fields.hosts = { address: body.hosts.map((host) => own(utf8(host))) };
      return fields;
    default:
      return never(body);
  }
}

function text(value: string, least: number): Uint8Array<ArrayBuffer> {
  const bytes = own(utf8(value));
  if (bytes.length < least || bytes.length > limits.textBytes) throw outOfBounds();
  return bytes;
}

function id(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  if (bytes.length !== MESSAGE_ID) throw outOfBounds();
  return own(bytes);
}

function keep(ms: number): number {
  if (ms === 0 || !isTimer(ms)) throw outOfBounds();
  return ms;
}

function outOfBounds(): RangeError {
  return new RangeError("the message breaks a bound of the wire");
}

/**
 * Whether the fields of a message can be one body: an act stands alone, and those that we know are
 * well formed. The generated decoder may then read them.
 */
export function soundBody(fields: readonly Field[]): boolean {
  const acts = fields.filter(({ number }) => number >= FIRST_ACT && number < FIRST_SHOWN);
  const [act] = acts;
  if (act === undefined) return true;
  const beside = ({ number }: Field) =>
    number === 6 || number === 8 || number === 9 || number >= FIRST_SHOWN;
  if (acts.length > 1 || fields.some(beside)) return false;
  const types = actTypes.get(act.number);
  if (types === undefined) return true;
  const inner = walk(act.value);
  return inner !== undefined && fits(inner, types, actRepeats.get(act.number));
}

/** The body, or `undefined` where a field of it is missing or breaks its bound. */
export function readBody(raw: pb.Message, fields: readonly Field[]): Body | NewerBody | undefined {
  if (raw.edit) return readEdit(raw.edit);
  if (raw.delete) {
    const target = readId(raw.delete.target);
    return target && { kind: "delete", target };
  }
  if (raw.reaction) return readReaction(raw.reaction);
  if (raw.timer) {
    const { ms } = raw.timer;
    return ms !== undefined && isTimer(ms) ? { kind: "timer", ms } : undefined;
  }
  if (raw.hosts) {
    const hosts = raw.hosts.address.map((bytes) => fromUtf8(bytes) ?? "");
    return hosts.every(isAddressText) ? { kind: "hosts", hosts } : undefined;
  }
  const newest = Math.max(...fields.map(({ number }) => number));
  if (newest >= FIRST_ACT && newest < FIRST_SHOWN) return { kind: "newer-act" };
  const kind = newest >= FIRST_SHOWN ? "newer" : "text";
  return readText(raw, kind);
}

function readText(raw: pb.Message, kind: "text" | "newer"): TextBody | NewerBody | undefined {
  const said = raw.text === undefined && kind === "newer" ? "" : readUtf8(raw.text, 0);
  const replyTo = readId(raw.replyTo);
  if (said === undefined || (raw.replyTo !== undefined && replyTo === undefined)) return undefined;
  const { keep } = raw;
  if (keep !== undefined && (keep === 0 || !isTimer(keep))) return undefined;
  return { kind, text: said, ...(replyTo && { replyTo }), ...(keep !== undefined && { keep }) };
}

function readEdit(raw: pb.Edit): Act | undefined {
  const target = readId(raw.target);
  const said = readUtf8(raw.text, 1);
  return target && said !== undefined ? { kind: "edit", target, text: said } : undefined;
}

function readReaction(raw: pb.Reaction): Act | undefined {
  const target = readId(raw.target);
  const emoji = raw.emoji && fromUtf8(raw.emoji);
  return target && emoji !== undefined && isReaction(emoji)
    ? { kind: "reaction", target, emoji }
    : undefined;
}

function readId(bytes: Uint8Array | undefined): Uint8Array | undefined {
  return bytes?.length === MESSAGE_ID ? bytes.slice() : undefined;
}

function readUtf8(bytes: Uint8Array | undefined, least: number): string | undefined {
  if (bytes === undefined || bytes.length < least || bytes.length > limits.textBytes)
    return undefined;
  return fromUtf8(bytes);
}
