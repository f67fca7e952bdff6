/** Branded ids: parsed once where they enter; from then on the type proves the form. */
import { fromBase32, toBase32 } from "./encoding.ts";

declare const brand: unique symbol;
/** Exported so that declarations of other modules can name it. */
export interface Brand<Name extends string> {
  readonly [brand]: Name;
}
type Branded<Name extends string> = string & Brand<Name>;

/** How the bytes of an id are written. */
interface Spelling {
  readonly write: (bytes: Uint8Array) => string;
  /** The bytes of a text, or `undefined` where it is none. */
  readonly read: (text: string) => Uint8Array | undefined;
}

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

/** Ids of one kind, which have this many bytes. */
export const idOf = <Id extends string>(length: number, { write, read }: Spelling) => ({
  /** The id of these bytes. Throws a RangeError if their number is wrong. */
  from(bytes: Uint8Array): Id {
    if (bytes.length !== length) throw new RangeError(`an id of this kind has ${length} bytes`);
    return write(bytes) as Id;
  },
  /** The id that a text is, or `undefined`. */
  parse(text: string): Id | undefined {
    const bytes = read(text);
    return bytes?.length === length ? (write(bytes) as Id) : undefined;
  },
  /** The bytes of an id. */
  bytes(id: Id): Uint8Array {
    return read(id) as Uint8Array;
  },
});

const base32: Spelling = { write: toBase32, read: fromBase32 };

export const accountId = idOf<AccountId>(32, base32);
export const deviceId = idOf<DeviceId>(32, base32);
export const messageId = idOf<MessageId>(16, base32);
export const inviteId = idOf<InviteId>(16, base32);
