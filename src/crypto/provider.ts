/**
 * The primitives as one interface, with three complete implementations. A refusal (a tag that does
 * not fit, a bad point) is `undefined` or `false`, never an exception; a wrong length from our own
 * code throws a RangeError.
 */

/**
 * X25519 key pair (RFC 7748). A provider may keep a parsed form of the secret for the object.
 */
export interface DhKeyPair {
  /** 32 bytes. */
  readonly public: Uint8Array;
  /** 32 bytes. */
  readonly secret: Uint8Array;
}

/** Ed25519 key pair (RFC 8032). */
export interface SigningKeyPair {
  /** 32 bytes. */
  readonly public: Uint8Array;
  /** 32 bytes, the seed. */
  readonly seed: Uint8Array;
}

/** ML-KEM-768 key pair (FIPS 203). */
export interface KemKeyPair {
  /** Encapsulation key, 1184 bytes. */
  readonly public: Uint8Array;
  /** Decapsulation key, 2400 bytes. */
  readonly secret: Uint8Array;
}

export interface Encapsulated {
  /** 1088 bytes. */
  readonly ciphertext: Uint8Array;
  /** 32 bytes. */
  readonly shared: Uint8Array;
}

/** Random bytes: the system's in the product, seeded in the simulator. */
export type Rng = (length: number) => Uint8Array;

export interface CryptoProvider {
  readonly name: "sodium" | "node" | "noble";
  /** Its libraries with their versions, as shown to the user. */
  readonly engine: string;
  /** Unpredictable bytes; every key and nonce of this provider comes from here. */
  readonly random: Rng;

  /** SHA-256, 32 bytes. */
  sha256(data: Uint8Array): Uint8Array;
  /** HMAC-SHA-256 (RFC 2104), 32 bytes. */
  hmac(key: Uint8Array, data: Uint8Array): Uint8Array;
  /** HKDF-SHA-256 (RFC 5869), extract and expand. An empty salt means 32 zero bytes. */
  hkdf(salt: Uint8Array, ikm: Uint8Array, info: Uint8Array, length: number): Uint8Array;

  /** ChaCha20-Poly1305 (RFC 8439 §2.8): 32-byte key, 12-byte nonce; ciphertext ‖ 16-byte tag. */
  seal(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, ad: Uint8Array): Uint8Array;
  /** The plaintext, or `undefined` where key, nonce, data or associated data do not fit. */
  open(
    key: Uint8Array,
    nonce: Uint8Array,
    sealed: Uint8Array,
    ad: Uint8Array,
  ): Uint8Array | undefined;
  /** XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03): 32-byte key, 24-byte nonce. */
  sealX(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, ad: Uint8Array): Uint8Array;
  openX(
    key: Uint8Array,
    nonce: Uint8Array,
    sealed: Uint8Array,
    ad: Uint8Array,
  ): Uint8Array | undefined;

  dhGenerate(): DhKeyPair;
  /** The pair of a 32-byte secret. */
  dhFromSecret(secret: Uint8Array): DhKeyPair;
  /** X25519; `undefined` for a non-canonical public key or an all-zero result. */
  dh(ours: DhKeyPair, theirs: Uint8Array): Uint8Array | undefined;

  /** The Ed25519 pair of a 32-byte seed. */
  signingFromSeed(seed: Uint8Array): SigningKeyPair;
  /** 64-byte signature. */
  sign(pair: SigningKeyPair, message: Uint8Array): Uint8Array;
  /** Strict: refuses small-order and non-canonical A and R, and S ≥ L; cofactorless equation. */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;

  kemGenerate(): KemKeyPair;
  /** `undefined` for an encapsulation key that fails the modulus check of FIPS 203 §7.2. */
  kemEncapsulate(publicKey: Uint8Array): Encapsulated | undefined;
  /**
   * 32 bytes. A tampered ciphertext gives an unrelated secret (implicit rejection); a wrong length
   * gives `undefined`.
   */
  kemDecapsulate(pair: KemKeyPair, ciphertext: Uint8Array): Uint8Array | undefined;
}
