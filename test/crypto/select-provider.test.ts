import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { bestCrypto, nobleCrypto, nodeCrypto } from "../../src/crypto/index.ts";
import { loadSodium } from "../../src/crypto/wasm-memory.ts";
import { flip, makers } from "./support.ts";

const room = new URL("../../src/crypto/index.ts", import.meta.url);

describe("the best provider", () => {
  it("is libsodium if its package is installed, and names both libraries", async () => {
    const { name, engine } = await bestCrypto();
    assert.equal(name, "sodium");
    assert.match(engine, /^libsodium \d+\.\d+\.\d+, OpenSSL \d+\.\d+\.\d+/);
  });

  it("is identified by its engine", () => {
    assert.match(nodeCrypto().engine, /^OpenSSL \d+\.\d+\.\d+/);
    assert.equal(nobleCrypto().engine, "noble");
  });

  it("is OpenSSL if that package is missing", () => {
    const missing = `export function resolve(name, context, next) {
      if (name === "libsodium-sumo") throw new Error("not installed");
      return next(name, context);
    }`;
    const program = `
      import { register } from "node:module";
      register("data:text/javascript," + encodeURIComponent(${JSON.stringify(missing)}));
      const { bestCrypto } = await import(${JSON.stringify(room.href)});
      process.stdout.write(JSON.stringify(await bestCrypto()));`;
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ["--import", "tsx", "--input-type=module", "--eval", program],
      { cwd: fileURLToPath(new URL("../..", import.meta.url)), encoding: "utf8" },
    );
    assert.equal(stderr, "");
    const { name, engine } = JSON.parse(stdout);
    assert.equal(name, "node");
    assert.match(engine, /^OpenSSL /);
  });

  it("generates keys from the given randomness", async () => {
    const crypto = await bestCrypto((length) => new Uint8Array(length).fill(7));
    assert.deepEqual(crypto.dhGenerate().secret, new Uint8Array(32).fill(7));
  });
});

describe("libsodium's memory", () => {
  it("contains nothing of a call after it returned", async () => {
    const crypto = await makers.sodium();
    const scratch = await loadSodium();
    assert.ok(scratch !== undefined);
    const [key, nonce, text, ad] = [32, 24, 2048, 2048].map(crypto.random) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    const short = nonce.subarray(0, 12);
    const sealed = crypto.seal(key, short, text, ad);
    const sealedX = crypto.sealX(key, nonce, text, ad);
    const pair = crypto.kemGenerate();
    const { ciphertext } = crypto.kemEncapsulate(pair.public) as { ciphertext: Uint8Array };
    const calls = {
      seal: () => crypto.seal(key, short, text, ad),
      open: () => crypto.open(key, short, sealed, ad),
      "open refused": () => crypto.open(key, short, flip(sealed, 0), ad),
      sealX: () => crypto.sealX(key, nonce, text, ad),
      openX: () => crypto.openX(key, nonce, sealedX, ad),
      "openX refused": () => crypto.openX(key, nonce, flip(sealedX, 0), ad),
      hmac: () => crypto.hmac(key, text.subarray(0, 256)),
      hkdf: () => crypto.hkdf(key, nonce, ad.subarray(0, 100), 96),
      kemGenerate: () => crypto.kemGenerate(),
      kemEncapsulate: () => crypto.kemEncapsulate(pair.public),
      kemDecapsulate: () => crypto.kemDecapsulate(pair, ciphertext),
    };
    for (const [name, call] of Object.entries(calls)) {
      call();
      const { memory, at } = scratch;
      assert.ok(memory.length > 0);
      assert.ok(
        memory.subarray(at, at + 8192).every((byte) => byte === 0),
        name,
      );
    }
  });

  it("is written only in its scratch area, at any length of text, associated data and key", async () => {
    const crypto = await makers.sodium();
    const scratch = await loadSodium();
    assert.ok(scratch !== undefined);
    // Free memory, a good way behind the notes of the allocator. Zeros there would look as if they
    // had been erased.
    const beyond = scratch.memory.subarray(scratch.at + 20_000, scratch.at + 200_000);
    assert.ok(beyond.every((byte) => byte === 0));
    beyond.fill(0xa5);
    const [key, nonce, huge] = [crypto.random(32), crypto.random(24), crypto.random(100_000)];
    const short = nonce.subarray(0, 12);
    for (const [text, ad] of [
      [huge, key],
      [key, huge],
    ] as const) {
      assert.deepEqual(crypto.open(key, short, crypto.seal(key, short, text, ad), ad), text);
      assert.deepEqual(crypto.openX(key, nonce, crypto.sealX(key, nonce, text, ad), ad), text);
    }
    assert.deepEqual(crypto.hmac(key, huge), makers.noble().hmac(key, huge));
    assert.deepEqual(crypto.hmac(huge, key), makers.noble().hmac(huge, key));
    const untouched = beyond.every((byte) => byte === 0xa5);
    beyond.fill(0);
    assert.ok(untouched);
  });
});
