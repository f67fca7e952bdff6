/**
 * Which encodings of public values we take, the same for both providers. Libraries differ in what
 * they let through (non-canonical points, small orders); these checks come first, so they cannot.
 * They look at public bytes only, so their time may depend on them.
 */
import { fromHex } from "../base/index.ts";

type Encoded = readonly Uint8Array[];
const encoded = (...texts: readonly string[]): Encoded =>
  texts.map((text) => fromHex(text) as Uint8Array);

/** p = 2^255 - 19, least significant byte first. */
const [P, L] = encoded(
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  // L, the order of the base point (RFC 8032 §5.1).
  "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010",
) as [Uint8Array, Uint8Array];

/**
 * Canonical u of every point whose order divides the cofactor, on the curve or on its twist:
 * 0, 1, two of order 8, and p - 1. Exactly these give an all-zero X25519 result.
 */
const LOW_ORDER_U = encoded(
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
);

/**
 * Canonical y of the eight points of small order on edwards25519: 0, 1, p - 1, and two of order 8.
 */
const SMALL_ORDER_Y = encoded(
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
);

/**
 * Whether 32 bytes are an X25519 public key that we take: u < p with bit 255 clear, and not of low
 * order. RFC 7748 §5 would mask and reduce the others, so one point would have several spellings.
 */
export function acceptableU(u: Uint8Array): boolean {
  return u.length === 32 && less(u, P) && !LOW_ORDER_U.some((low) => same(u, low));
}

/**
 * Whether 32 bytes may encode a point of an Ed25519 key or signature: y < p, and not of small
 * order. The list ignores the sign, so it also covers "x = 0 with sign 1", the other non-canonical
 * form.
 */
function acceptablePoint(point: Uint8Array): boolean {
  if (point.length !== 32) return false;
  const y = Uint8Array.from(point);
  y[31] = (y[31] as number) & 0x7f;
  return less(y, P) && !SMALL_ORDER_Y.some((small) => same(y, small));
}

/**
 * Whether a key and a signature have the form that strict verification asks for: A, R, and S < L.
 */
export function acceptableSignature(publicKey: Uint8Array, signature: Uint8Array): boolean {
  return (
    signature.length === 64 &&
    acceptablePoint(publicKey) &&
    acceptablePoint(signature.subarray(0, 32)) &&
    less(signature.subarray(32), L)
  );
}

/** 3 polynomials of 256 coefficients of 12 bits, then the 32-byte seed (FIPS 203 §7.2, k = 3). */
const KEM_COEFFICIENTS = 1152;
const KEM_PUBLIC = KEM_COEFFICIENTS + 32;
const KEM_MODULUS = 3329;

/**
 * The type and modulus checks of an ML-KEM-768 encapsulation key: length, and each coefficient < q.
 */
export function acceptableKemKey(key: Uint8Array): boolean {
  if (key.length !== KEM_PUBLIC) return false;
  for (let at = 0; at < KEM_COEFFICIENTS; at += 3) {
    const [low, middle, high] = [key[at], key[at + 1], key[at + 2]] as [number, number, number];
    if ((low | ((middle & 15) << 8)) >= KEM_MODULUS) return false;
    if (((middle >> 4) | (high << 4)) >= KEM_MODULUS) return false;
  }
  return true;
}

/** a < b, both with the least significant byte first. */
function less(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = a.length - 1; i >= 0; i--) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.every((byte, i) => byte === b[i]);
}
