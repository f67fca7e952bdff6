import assert from "node:assert/strict";
import { isZero, toHex, utf8 } from "../../src/base/index.ts";
import { accountFromEntropy } from "../../src/crypto/account.ts";
import { hkdfOver } from "../../src/crypto/hkdf.ts";
import { deriveFromPassphrase, nodeCrypto, sodiumCrypto } from "../../src/crypto/index.ts";
import { kemFrom } from "../../src/crypto/kem.ts";
import { hmac, open, seal } from "../../src/crypto/openssl-primitives.ts";
import { systemRandom } from "../../src/crypto/random.ts";
import { extended } from "../../src/crypto/xchacha.ts";
import { GivenKeys } from "../secrets/given-keys.ts";

/** Randomness that keeps what it gave out. */
function remembering() {
  const drawn: Uint8Array[] = [];
  const system = systemRandom();
  const random = (length: number): Uint8Array => {
    const bytes = system(length);
    drawn.push(bytes);
    return bytes;
  };
  return { drawn, random };
}

/** What arrays held, in hex, where `run` overwrote them with zeros. */
function overwritten(run: () => void): Set<string> {
  const { fill } = Uint8Array.prototype;
  const seen = new Set<string>();
  Uint8Array.prototype.fill = function (this: Uint8Array, value, start, end) {
    if (value === 0) seen.add(toHex(this.subarray(start, end)));
    return fill.call(this, value, start, end);
  };
  try {
    run();
  } finally {
    Uint8Array.prototype.fill = fill;
  }
  return seen;
}

const key = new Uint8Array(32).fill(3);

describe("crypto/wiping", () => {
  it("overwrites the intermediate values of HKDF: the extracted key and each block", () => {
    const made: Uint8Array[] = [];
    const inputs = new Set<ArrayBufferLike>();
    const spy = (k: Uint8Array, data: Uint8Array): Uint8Array => {
      const mac = hmac(k, data);
      made.push(mac);
      if (made.length > 2) inputs.add(data.buffer);
      return mac;
    };
    const okm = hkdfOver(spy, key, key, utf8("info"), 96);
    assert.equal(toHex(okm), toHex(nodeCrypto().hkdf(key, key, utf8("info"), 96)));
    assert.equal(made.length, 4);
    for (const mac of made) assert.ok(isZero(mac));
    for (const block of inputs) assert.ok(isZero(new Uint8Array(block)));
  });

  for (const kind of ["noble", "sodium"] as const)
    it(`overwrites the randomness of ML-KEM keys and ciphertexts (${kind})`, async function () {
      const { drawn, random } = remembering();
      const kem = kind === "noble" ? kemFrom(random) : await sodiumCrypto(random);
      if (kem === undefined) return this.skip();
      const pair = kem.kemGenerate();
      assert.ok(kem.kemEncapsulate(pair.public));
      assert.deepEqual(
        drawn.map(({ length }) => length),
        [64, 32],
      );
      for (const bytes of drawn) assert.ok(isZero(bytes), `${bytes.length} bytes`);
    });

  it("overwrites the library's own copy of a secret that ML-KEM made", () => {
    const kem = kemFrom(systemRandom());
    const pair = kem.kemGenerate();
    let made: ReturnType<typeof kem.kemEncapsulate>;
    const before = overwritten(() => {
      made = kem.kemEncapsulate(pair.public);
    });
    assert.ok(made && before.has(toHex(made.shared)));
    const { ciphertext, shared } = made;
    const again = overwritten(() => assert.ok(kem.kemDecapsulate(pair, ciphertext)));
    assert.ok(again.has(toHex(shared)));
  });

  it("overwrites the key that XChaCha20 was called with and the one that it derived", () => {
    let subkey = new Uint8Array(0);
    const before = overwritten(() =>
      extended(key, new Uint8Array(24), (derived) => {
        subkey = derived as Uint8Array<ArrayBuffer>;
        assert.ok(!isZero(derived));
      }),
    );
    assert.ok(isZero(subkey));
    assert.ok(before.has(toHex(key)));
  });

  it("overwrites the message in the memory that HMAC computes in", () => {
    const data = utf8("a secret message");
    assert.ok(overwritten(() => hmac(key, data)).has(toHex(data)));
  });

  it("overwrites a plaintext whose tag is wrong", () => {
    const nonce = new Uint8Array(12);
    const text = utf8("a text that must not get out");
    const sealed = seal(key, nonce, text, key);
    sealed[sealed.length - 1] = (sealed.at(-1) as number) ^ 1;
    const before = overwritten(() => assert.equal(open(key, nonce, sealed, key), undefined));
    assert.ok(before.has(toHex(text)));
  });

  it("overwrites an account's seed and a passphrase's bytes once the key is derived", async () => {
    const given = new GivenKeys();
    const account = accountFromEntropy(given.crypto, new Uint8Array(32).fill(9));
    assert.deepEqual(given.left(account), {});

    const { encode } = TextEncoder.prototype;
    const encoded: Uint8Array[] = [];
    TextEncoder.prototype.encode = function (text) {
      const bytes = encode.call(this, text);
      encoded.push(bytes);
      return bytes;
    };
    try {
      const cost = { memoryKiB: 8, passes: 1, lanes: 1 };
      await deriveFromPassphrase("a passphrase", new Uint8Array(16), cost);
    } finally {
      TextEncoder.prototype.encode = encode;
    }
    const password = encoded.filter(({ length }) => length === "a passphrase".length);
    assert.equal(password.length, 1);
    assert.ok(isZero(password[0] as Uint8Array));
  });

  it("erases randomness from the pool once it was returned", () => {
    const { getRandomValues } = globalThis.crypto;
    let pool: Uint8Array | undefined;
    const source = globalThis.crypto as { getRandomValues: unknown };
    source.getRandomValues = (bytes: Uint8Array) => {
      pool = bytes;
      return getRandomValues.call(globalThis.crypto, bytes);
    };
    try {
      const random = systemRandom();
      random(32);
      assert.ok(pool && isZero(pool.subarray(0, 32)) && !isZero(pool.subarray(32, 64)));
      random(32);
      assert.ok(isZero(pool.subarray(0, 64)));
    } finally {
      source.getRandomValues = getRandomValues;
    }
  });
});
