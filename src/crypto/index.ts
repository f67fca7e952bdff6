/** Keys, ciphers and hashes. The only room that knows a crypto library. */
export {
  accountFromEntropy,
  certificateBytes,
  certify,
  type DeviceCertificate,
  entropyToWords,
  readCertificate,
  wordsToEntropy,
} from "./account.ts";
export { bestCrypto } from "./best.ts";
export { safetyNumber, sameSafetyNumber } from "./fingerprint.ts";
export { nobleCrypto } from "./noble.ts";
export { nodeCrypto } from "./node.ts";
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
export { sodiumCrypto } from "./sodium.ts";
