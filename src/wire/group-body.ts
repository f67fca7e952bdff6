/** The body of a group message: a message of a conversation as bytes (docs/WIRE.md §4 and §9). */
import { limits } from "../base/index.ts";
import {
  type Body,
  bodyFields,
  bodyMembers,
  messageId,
  type NewerBody,
  readBody,
} from "./message-body.ts";
import { count, message, repeated, required } from "./protobuf.ts";

/** The fields of a group message besides its text or action. */
export interface GroupEnvelope {
  /** 16 random bytes. Others name the message by a hash of them and its author. */
  readonly id: Uint8Array;
  /** Lamport value, at least 1 (docs/SPEC.md §8, Order). */
  readonly lamport: number;
  /** Ids of the latest messages that the author saw, 16 bytes each, at most `limits.parents`. */
  readonly parents: readonly Uint8Array[];
  /** The author's wall clock in ms, for display only. */
  readonly sentAt: number;
}

export interface GroupBody extends GroupEnvelope {
  readonly body: Body;
}

/** A group message as received: a newer Sotto may have sent a body that this one does not know. */
export interface ReceivedGroupBody extends GroupEnvelope {
  readonly body: Body | NewerBody;
}

/** A message without the numbers of a pair's stream: the header of a group message has its own. */
const fields = message({
  id: required(1, messageId),
  lamport: required(3, count(1)),
  parents: repeated(4, messageId, limits.parents),
  sentAt: required(5, count()),
  ...bodyMembers,
});
/** Fields of a message to a contact that a group message has not. */
const PAIR_ONLY: ReadonlySet<number> = new Set([2, 7]);

/** The bytes that are sealed. Throws a RangeError where a field breaks its bound. */
export function encodeGroupBody({ body, ...envelope }: GroupBody): Uint8Array {
  return fields.write({ ...envelope, ...bodyFields(body) });
}

/** The message in opened bytes, or `undefined` where they are none. */
export function decodeGroupBody(from: Uint8Array): ReceivedGroupBody | undefined {
  const parsed = fields.parse(from);
  if (parsed === undefined || parsed.unknown.some((number) => PAIR_ONLY.has(number)))
    return undefined;
  const { id, lamport, parents, sentAt, ...rest } = parsed.value;
  const body = readBody(rest, parsed.unknown);
  return body && { id, lamport, parents, sentAt, body };
}
