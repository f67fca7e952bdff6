import assert from "node:assert/strict";
import { argon2id } from "@noble/hashes/argon2.js";
import { limits } from "../../src/base/index.ts";
import {
  bearableCost,
  defaultPassphraseCost,
  deriveFromPassphrase,
  type PassphraseCost,
} from "../../src/crypto/index.ts";
import { hex } from "./support.ts";

const salt = Uint8Array.from({ length: 16 }, (_, i) => i);
const cheap: PassphraseCost = { memoryKiB: 256, passes: 1, lanes: 1 };
const derive = (text: string) => deriveFromPassphrase(text, salt, cheap);

describe("a passphrase", () => {
  it("derives the recorded key at the default cost of 64 MiB and 3 passes", async () => {
    assert.deepEqual(defaultPassphraseCost, { memoryKiB: 65_536, passes: 3, lanes: 1 });
    assert.deepEqual(
      await deriveFromPassphrase("correct horse", salt, defaultPassphraseCost),
      hex("e3c889ca40ed01e6b6771fc8a5bf16e35ad60b41c9bd5d7e6d63adf51e50b0fd"),
    );
  });

  it("derives the same key as another argon2id, and depends on every cost parameter", async () => {
    for (const cost of [
      cheap,
      { ...cheap, memoryKiB: 512 },
      { ...cheap, passes: 2 },
      { ...cheap, lanes: 2 },
    ]) {
      const { memoryKiB: m, passes: t, lanes: p } = cost;
      assert.deepEqual(
        await deriveFromPassphrase("correct horse", salt, cost),
        argon2id("correct horse", salt, { m, t, p, dkLen: 32 }),
      );
    }
  });

  it("is the same in every Unicode composition, and case-sensitive", async () => {
    const composed = await derive("caf\u00e9 \ufb01");
    assert.deepEqual(await derive("cafe\u0301 fi"), composed);
    assert.notDeepEqual(await derive("Caf\u00e9 fi"), composed);
  });

  it("derives a different key per salt, and leaves the salt unchanged", async () => {
    const other = new Uint8Array(16);
    assert.notDeepEqual(await deriveFromPassphrase("x", other, cheap), await derive("x"));
    assert.deepEqual(other, new Uint8Array(16));
    await assert.rejects(deriveFromPassphrase("x", new Uint8Array(8), cheap), RangeError);
  });

  it("must not be empty", async () => {
    await assert.rejects(derive(""), {
      code: "passphrase-needed",
      message: "The passphrase is empty.",
    });
  });

  it("rejects a stored cost that would exhaust this machine, before anything is computed", async () => {
    const most = {
      memoryKiB: limits.passphraseMemoryKiB,
      passes: limits.passphrasePasses,
      lanes: limits.passphraseLanes,
    };
    assert.equal(bearableCost(most), true);
    for (const cost of [
      { ...most, memoryKiB: most.memoryKiB + 1 },
      { ...most, memoryKiB: 100 * 1024 * 1024 },
      { ...most, passes: most.passes + 1 },
      { ...most, lanes: most.lanes + 1 },
      { ...cheap, memoryKiB: 7 },
      { ...cheap, memoryKiB: 15, lanes: 2 },
      { ...cheap, passes: 0 },
      { ...cheap, lanes: 0 },
      { ...cheap, memoryKiB: 64.5 },
      { ...cheap, passes: Number.NaN },
    ]) {
      assert.equal(bearableCost(cost), false);
      await assert.rejects(deriveFromPassphrase("x", salt, cost), {
        code: "keyring-damaged",
        message: "The passphrase parameters in the file keyring are out of range.",
      });
    }
  });
});
