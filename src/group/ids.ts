/**
 * Ids of a group as lower-case hex, so that comparing two texts compares their bytes: the order of
 * operations depends on it (docs/SPEC.md, groups).
 */
import { type Brand, fromHex, idOf, toHex } from "../base/index.ts";

type Hex<Name extends string> = string & Brand<Name>;

/** A group: the first 16 bytes of the id of its create operation (32 characters). */
export type GroupId = Hex<"GroupId">;
/** An operation of the membership log: 32 bytes (64 characters). */
export type OpId = Hex<"OpId">;
/** An account in one group: 16 bytes derived from both (32 characters). */
export type MemberId = Hex<"MemberId">;
/** An invitation link of a group: 16 random bytes (32 characters). */
export type LinkId = Hex<"LinkId">;
/** A stream of one member's messages: 8 random bytes (16 characters). */
export type StreamId = Hex<"StreamId">;
/** A key generation: 32 bytes (64 characters); the first 16 bytes name it on the wire. */
export type GenerationId = Hex<"GenerationId">;

const hex = { write: toHex, read: fromHex };

export const groupId = idOf<GroupId>(16, hex);
export const opId = idOf<OpId>(32, hex);
export const memberId = idOf<MemberId>(16, hex);
export const linkId = idOf<LinkId>(16, hex);
export const streamId = idOf<StreamId>(8, hex);
export const generationId = idOf<GenerationId>(32, hex);
