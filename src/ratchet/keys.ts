/**
 * The secret keys of the ratchet, each a type of its own: to pass one where another belongs does
 * not compile. At run time each is a plain array of 32 bytes. The letters in parentheses are the
 * names in the Double Ratchet specification, under which the fields and variables go.
 */
import { type SecretKey, secretKeyOf } from "../crypto/index.ts";

/** The root of the Diffie-Hellman ratchet (RK). */
export type RootKey = SecretKey<"root key">;
/** The state of a sending or receiving chain (CKs, CKr). */
export type ChainKey = SecretKey<"chain key">;
/** Seals the headers of a chain (HKs, HKr). */
export type HeaderKey = SecretKey<"header key">;
/** Seals the headers of the chain that the next ratchet step begins (NHKs, NHKr). */
export type NextHeaderKey = SecretKey<"next header key">;
/** A result of X25519, the input of the root's derivation. */
export type DhOutput = SecretKey<"DH output">;

/** What the root and the chains of the first post-quantum epoch are derived from. */
export type PqSeed = SecretKey<"post-quantum seed">;
/** The root of the post-quantum ratchet. */
export type PqRootKey = SecretKey<"post-quantum root key">;
/** The state of a chain of the post-quantum ratchet. */
export type PqChainKey = SecretKey<"post-quantum chain key">;
/** A secret that ML-KEM made, the input of the next epoch's derivation. */
export type KemSecret = SecretKey<"KEM secret">;

/** The elliptic-curve half of a message key (ec_mk). */
export type EcMessageKey = SecretKey<"elliptic-curve message key">;
/** The post-quantum half of a message key (pq_mk). */
export type PqMessageKey = SecretKey<"post-quantum message key">;
/** Seals the body of one message (mk). */
export type MessageKey = SecretKey<"message key">;

export const rootKey: (bytes: Uint8Array) => RootKey = secretKeyOf("root key");
export const chainKey: (bytes: Uint8Array) => ChainKey = secretKeyOf("chain key");
export const headerKey: (bytes: Uint8Array) => HeaderKey = secretKeyOf("header key");
export const nextHeaderKey: (bytes: Uint8Array) => NextHeaderKey = secretKeyOf("next header key");
export const dhOutput: (bytes: Uint8Array) => DhOutput = secretKeyOf("DH output");
export const pqSeed: (bytes: Uint8Array) => PqSeed = secretKeyOf("post-quantum seed");
export const pqRootKey: (bytes: Uint8Array) => PqRootKey = secretKeyOf("post-quantum root key");
export const pqChainKey: (bytes: Uint8Array) => PqChainKey = secretKeyOf("post-quantum chain key");
export const kemSecret: (bytes: Uint8Array) => KemSecret = secretKeyOf("KEM secret");
export const ecMessageKey: (bytes: Uint8Array) => EcMessageKey = secretKeyOf(
  "elliptic-curve message key",
);
export const pqMessageKey: (bytes: Uint8Array) => PqMessageKey = secretKeyOf(
  "post-quantum message key",
);
export const messageKey: (bytes: Uint8Array) => MessageKey = secretKeyOf("message key");
