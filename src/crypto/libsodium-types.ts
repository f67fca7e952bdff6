/**
 * The part of libsodium's WebAssembly build that we call: the C functions under their own names,
 * pointers as numbers, a 64-bit length as two halves (low, high). The package brings no types.
 */

type Pointer = number;

export interface Libsodium {
  /** The whole linear memory. */
  readonly HEAPU8: Uint8Array;
  UTF8ToString(text: Pointer): string;
  _malloc(bytes: number): Pointer;
  _sodium_version_string(): Pointer;
  _crypto_auth_hmacsha256(
    out: Pointer,
    data: Pointer,
    low: number,
    high: number,
    key: Pointer,
  ): number;
  _crypto_kdf_hkdf_sha256_extract(
    prk: Pointer,
    salt: Pointer,
    saltLength: number,
    ikm: Pointer,
    ikmLength: number,
  ): number;
  _crypto_kdf_hkdf_sha256_expand(
    out: Pointer,
    outLength: number,
    info: Pointer,
    infoLength: number,
    prk: Pointer,
  ): number;
  _crypto_aead_chacha20poly1305_ietf_encrypt: Encrypt;
  _crypto_aead_chacha20poly1305_ietf_decrypt: Decrypt;
  _crypto_aead_xchacha20poly1305_ietf_encrypt: Encrypt;
  _crypto_aead_xchacha20poly1305_ietf_decrypt: Decrypt;
  _crypto_kem_mlkem768_seed_keypair(publicKey: Pointer, secret: Pointer, seed: Pointer): number;
  _crypto_kem_mlkem768_enc_deterministic(
    ciphertext: Pointer,
    shared: Pointer,
    publicKey: Pointer,
    message: Pointer,
  ): number;
  _crypto_kem_mlkem768_dec(shared: Pointer, ciphertext: Pointer, secret: Pointer): number;
}

export type Encrypt = (
  sealed: Pointer,
  sealedLength: Pointer,
  text: Pointer,
  low: number,
  high: number,
  ad: Pointer,
  adLow: number,
  adHigh: number,
  secretNonce: Pointer,
  nonce: Pointer,
  key: Pointer,
) => number;

export type Decrypt = (
  text: Pointer,
  textLength: Pointer,
  secretNonce: Pointer,
  sealed: Pointer,
  low: number,
  high: number,
  ad: Pointer,
  adLow: number,
  adHigh: number,
  nonce: Pointer,
  key: Pointer,
) => number;
