/** Keys, ciphers and hashes. The only room that knows a crypto library. */
export { nobleCrypto } from "./noble.ts";
export { nodeCrypto } from "./node.ts";
export type {
  CryptoProvider,
  DhKeyPair,
  Encapsulated,
  KemKeyPair,
  Rng,
  SigningKeyPair,
} from "./provider.ts";
