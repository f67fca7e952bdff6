/** Branded ids: parsed once where they enter; from then on the type proves the form. */
import { fromBase32, toBase32 } from "./encoding.ts";

declare const brand: unique symbol;
/** Exported so that declarations of other modules can name it. */
export interface Brand<Name extends string> {
  readonly [brand]: Name;
}
type Branded<Name extends string> = string & Brand<Name>;

/** An account: the base32 of the Ed25519 account public key (32 bytes, 52 characters). */
export type AccountId = Branded<"AccountId">;
/** A device of an account: base32 of the X25519 device public key (32 bytes, 52 characters). */
export type DeviceId = Branded<"DeviceId">;
/** A message: the base32 of 16 random bytes (26 characters). */
export type MessageId = Branded<"MessageId">;
/** An invite that we made: the base32 of 16 bytes derived from its secret (26 characters). */
export type InviteId = Branded<"InviteId">;
/** A libp2p PeerId as text: the host that a device runs at present. */
export type HostId = Branded<"HostId">;

const of = <Id extends string>(length: number) => ({
  /** The id of these bytes. Throws a RangeError if their number is wrong. */
  from(bytes: Uint8Array): Id {
    if (bytes.length !== length) throw new RangeError(`an id of this kind has ${length} bytes`);
    return toBase32(bytes) as Id;
  },
  /** The id that a text is, or `undefined`. */
  parse(text: string): Id | undefined {
    const bytes = fromBase32(text);
    return bytes?.length === length ? (toBase32(bytes) as Id) : undefined;
  },
  /** The bytes of an id. */
  bytes(id: Id): Uint8Array {
    return fromBase32(id) as Uint8Array;
  },
});

export const accountId = of<AccountId>(32);
export const deviceId = of<DeviceId>(32);
export const messageId = of<MessageId>(16);
export const inviteId = of<InviteId>(16);
