/**
 * Ids of a group as lower-case hex, so that comparing two texts compares their bytes: the order of
 * operations depends on it (docs/SPEC.md, groups).
 */
import { fromHex, toHex } from "../base/index.ts";

declare const brand: unique symbol;
type Hex<Name extends string> = string & { readonly [brand]: Name };

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

const of = <Id extends string>(length: number) => ({
  /** The id of these bytes. Throws a RangeError if their number is wrong. */
  from(bytes: Uint8Array): Id {
    if (bytes.length !== length) throw new RangeError(`an id of this kind has ${length} bytes`);
    return toHex(bytes) as Id;
  },
  /** The bytes of an id. */
  bytes(id: Id): Uint8Array {
    return fromHex(id) as Uint8Array;
  },
});

export const groupId = of<GroupId>(16);
export const opId = of<OpId>(32);
export const memberId = of<MemberId>(16);
export const linkId = of<LinkId>(16);
export const streamId = of<StreamId>(8);
export const generationId = of<GenerationId>(32);
