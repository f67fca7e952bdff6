/**
 * A second implementation of what docs/SPEC.md and docs/WIRE.md say, written from them alone: it
 * imports nothing of src/, and only node:crypto below it. It shows that the pages are enough, and
 * that the vectors are not merely what our code does.
 */
import { createCipheriv, createDecipheriv, createHash, createHmac, createPrivateKey, createPublicKey, diffieHellman, hkdfSync, sign, verify } from "node:crypto";

export const sha256 = (data: Uint8Array): Buffer => createHash("sha256").update(data).digest();
export const hmac = (key: Uint8Array, data: Uint8Array): Buffer => createHmac("sha256", key).update(data).digest();
export const hkdf = (salt: Uint8Array, ikm: Uint8Array, info: Uint8Array, length: number): Buffer =>
  Buffer.from(hkdfSync("sha256", ikm, salt.length > 0 ? salt : Buffer.alloc(32), info, length));

/** SPEC §11. */
export const label = (name: string): Buffer => Buffer.from(`sotto/1 ${name}`, "ascii");
/** The form in which most keys are derived. */
export const derive = (from: Uint8Array, name: string, length = 32): Buffer => hkdf(Buffer.alloc(0), from, label(name), length);

export const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
export const u64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
};

export function seal(key: Uint8Array, nonce: Uint8Array, plain: Uint8Array, ad: Uint8Array): Buffer {
  const cipher = createCipheriv("chacha20-poly1305", key, nonce, { authTagLength: 16 });
  cipher.setAAD(ad, { plaintextLength: plain.length });
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

export function open(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array, ad: Uint8Array): Buffer | undefined {
  const end = sealed.length - 16;
  if (end < 0) return undefined;
  const decipher = createDecipheriv("chacha20-poly1305", key, nonce, { authTagLength: 16 });
  decipher.setAAD(ad, { plaintextLength: end });
  decipher.setAuthTag(sealed.subarray(end));
  const plain = decipher.update(sealed.subarray(0, end));
  try {
    decipher.final();
    return plain;
  } catch {
    return undefined;
  }
}

/** draft-irtf-cfrg-xchacha-03 §2.2. */
function hchacha20(key: Uint8Array, nonce: Uint8Array): Buffer {
  const input = Buffer.concat([Buffer.from("expand 32-byte k"), key, nonce.subarray(0, 16)]);
  const x = Array.from({ length: 16 }, (_, i) => input.readUInt32LE(4 * i));
  const at = (i: number) => x[i] as number;
  const mix = (a: number, b: number, d: number, turn: number): void => {
    x[a] = (at(a) + at(b)) >>> 0;
    const mixed = at(d) ^ at(a);
    x[d] = ((mixed << turn) | (mixed >>> (32 - turn))) >>> 0;
  };
  const quarter = (a: number, b: number, c: number, d: number): void => {
    mix(a, b, d, 16);
    mix(c, d, b, 12);
    mix(a, b, d, 8);
    mix(c, d, b, 7);
  };
  for (let round = 0; round < 10; round++) {
    for (let i = 0; i < 4; i++) quarter(i, 4 + i, 8 + i, 12 + i);
    for (let i = 0; i < 4; i++) quarter(i, 4 + ((i + 1) % 4), 8 + ((i + 2) % 4), 12 + ((i + 3) % 4));
  }
  const out = Buffer.alloc(32);
  for (let i = 0; i < 4; i++) {
    out.writeUInt32LE(at(i), 4 * i);
    out.writeUInt32LE(at(12 + i), 16 + 4 * i);
  }
  return out;
}

const inner = (nonce: Uint8Array) => Buffer.concat([Buffer.alloc(4), nonce.subarray(16)]);
export const sealX = (key: Uint8Array, nonce: Uint8Array, plain: Uint8Array, ad: Uint8Array): Buffer =>
  seal(hchacha20(key, nonce), inner(nonce), plain, ad);
export const openX = (key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array, ad: Uint8Array): Buffer | undefined =>
  open(hchacha20(key, nonce), inner(nonce), sealed, ad);

const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const number = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).reverse().toString("hex") || "0"}`);
/** y of the points of order 8; d of the curve is -121665/121666. */
const ORDER_8 = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd83d3d706a17c7n;
const SMALL_Y = [0n, 1n, P - 1n, ORDER_8, P - ORDER_8];

/** SPEC §1: canonical, not of small order. */
const goodPoint = (point: Uint8Array): boolean => {
  const y = number(point) & (2n ** 255n - 1n);
  return point.length === 32 && y < P && !SMALL_Y.includes(y);
};

/** What precedes a secret in PKCS #8 (RFC 8410 §7). */
const PKCS8 = {
  Ed25519: Buffer.from("302e020100300506032b657004220420", "hex"),
  X25519: Buffer.from("302e020100300506032b656e04220420", "hex"),
};
type Curve = keyof typeof PKCS8;
const privateKey = (crv: Curve, secret: Uint8Array) =>
  createPrivateKey({ format: "der", type: "pkcs8", key: Buffer.concat([PKCS8[crv], secret]) });
const publicKey = (crv: Curve, x: Uint8Array) =>
  createPublicKey({ format: "jwk", key: { kty: "OKP", crv, x: Buffer.from(x).toString("base64url") } });

export const publicOf = (seed: Uint8Array): Buffer =>
  Buffer.from(privateKey("Ed25519", seed).export({ format: "jwk" }).x as string, "base64url");
export const publicOfX = (secret: Uint8Array): Buffer =>
  Buffer.from(privateKey("X25519", secret).export({ format: "jwk" }).x as string, "base64url");
export const signed = (seed: Uint8Array, message: Uint8Array): Buffer => sign(null, message, privateKey("Ed25519", seed));

export function verified(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== 64 || !goodPoint(key) || !goodPoint(signature.subarray(0, 32))) return false;
  return number(signature.subarray(32)) < L && verify(null, message, publicKey("Ed25519", key), signature);
}

/** SPEC §1: canonical; a key of low order gives zeros. */
export function dh(secret: Uint8Array, theirs: Uint8Array): Buffer | undefined {
  if (theirs.length !== 32 || number(theirs) >= P) return undefined;
  try {
    const shared = diffieHellman({ privateKey: privateKey("X25519", secret), publicKey: publicKey("X25519", theirs) });
    return shared.some((byte) => byte !== 0) ? shared : undefined;
  } catch {
    // OpenSSL refuses to give zeros.
    return undefined;
  }
}

/** Whether a device key is one that X25519 takes. */
export const goodKey = (key: Uint8Array): boolean => dh(Buffer.alloc(32, 1), key) !== undefined;
