/**
 * The secret keys of the ratchet, each a type of its own: to pass one where another belongs does
 * not compile. At run time each is a plain array of 32 bytes. The letters in parentheses are the
 * names in the Double Ratchet specification, under which the fields and variables go.
 */

declare const role: unique symbol;

/** 32 bytes that serve one purpose. */
type Key<Role extends string> = Uint8Array & { readonly [role]: Role };

/** The root of the Diffie-Hellman ratchet (RK). */
export type RootKey = Key<"root key">;
/** The state of a sending or receiving chain (CKs, CKr). */
export type ChainKey = Key<"chain key">;
/** Seals the headers of a chain (HKs, HKr). */
export type HeaderKey = Key<"header key">;
/** Seals the headers of the chain that the next ratchet step begins (NHKs, NHKr). */
export type NextHeaderKey = Key<"next header key">;
/** A result of X25519, the input of the root's derivation. */
export type DhOutput = Key<"DH output">;

/** What the root and the chains of the first post-quantum epoch are derived from. */
export type PqSeed = Key<"post-quantum seed">;
/** The root of the post-quantum ratchet. */
export type PqRootKey = Key<"post-quantum root key">;
/** The state of a chain of the post-quantum ratchet. */
export type PqChainKey = Key<"post-quantum chain key">;
/** A secret that ML-KEM made, the input of the next epoch's derivation. */
export type KemSecret = Key<"KEM secret">;

/** The elliptic-curve half of a message key (ec_mk). */
export type EcMessageKey = Key<"elliptic-curve message key">;
/** The post-quantum half of a message key (pq_mk). */
export type PqMessageKey = Key<"post-quantum message key">;
/** Seals the body of one message (mk). */
export type MessageKey = Key<"message key">;

/**
 * A constructor of keys of one role. It keeps the array that it is given.
 * @returns a function that throws a RangeError for anything but 32 bytes.
 */
function keyOf<K extends Key<string>>(name: K[typeof role]): (bytes: Uint8Array) => K {
  return (bytes) => {
    if (bytes.length !== 32) throw new RangeError(`a ${name} has 32 bytes`);
    return bytes as K;
  };
}

export const rootKey: (bytes: Uint8Array) => RootKey = keyOf("root key");
export const chainKey: (bytes: Uint8Array) => ChainKey = keyOf("chain key");
export const headerKey: (bytes: Uint8Array) => HeaderKey = keyOf("header key");
export const nextHeaderKey: (bytes: Uint8Array) => NextHeaderKey = keyOf("next header key");
export const dhOutput: (bytes: Uint8Array) => DhOutput = keyOf("DH output");
export const pqSeed: (bytes: Uint8Array) => PqSeed = keyOf("post-quantum seed");
export const pqRootKey: (bytes: Uint8Array) => PqRootKey = keyOf("post-quantum root key");
export const pqChainKey: (bytes: Uint8Array) => PqChainKey = keyOf("post-quantum chain key");
export const kemSecret: (bytes: Uint8Array) => KemSecret = keyOf("KEM secret");
export const ecMessageKey: (bytes: Uint8Array) => EcMessageKey = keyOf(
  "elliptic-curve message key",
);
export const pqMessageKey: (bytes: Uint8Array) => PqMessageKey = keyOf("post-quantum message key");
export const messageKey: (bytes: Uint8Array) => MessageKey = keyOf("message key");
