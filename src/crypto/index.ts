/** Keys, ciphers and hashes. The only module that knows a crypto library. */
export {
  accountFromEntropy,
  certificateBytes,
  certify,
  type DeviceCertificate,
  entropyToWords,
  readCertificate,
  wordsToEntropy,
} from "./account.ts";
export { safetyNumber, sameSafetyNumber } from "./fingerprint.ts";
export { sodiumCrypto } from "./libsodium-provider.ts";
export { nobleCrypto } from "./noble-provider.ts";
export { nodeCrypto } from "./openssl-provider.ts";
export {
  bearableCost,
  defaultPassphraseCost,
  deriveFromPassphrase,
  type PassphraseCost,
} from "./passphrase.ts";
export type {
  CryptoProvider,
  DhKeyPair,
  Encapsulated,
  KemKeyPair,
  Rng,
  SigningKeyPair,
} from "./provider.ts";
export { type SecretKey, secretKeyOf } from "./secret-key.ts";
export { bestCrypto } from "./select-provider.ts";
