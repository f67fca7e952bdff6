import assert from "node:assert/strict";
import { chmodSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { concat, u32 } from "../../../src/base/index.ts";
import { createKeyring, readProtection, unlockKeyring } from "../../../src/store/index.ts";
import { crypto, temporaryDirectory } from "../fixtures.ts";

/** The least that argon2id can cost: the tests are about the file, not about the time. */
const cost = { memoryKiB: 8, passes: 1, lanes: 1 };

describe("the keyring", () => {
  let directory: string;
  let file: string;
  beforeEach(() => {
    directory = temporaryDirectory();
    file = join(directory, "keyring");
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const withPassphrase = (passphrase: string): Promise<Uint8Array> =>
    createKeyring(directory, { kind: "passphrase", passphrase, cost }, crypto);
  const withKeyFile = (): Promise<Uint8Array> =>
    createKeyring(directory, { kind: "key-file" }, crypto);
  /** Writes the file with other bytes at a place, and a checksum that fits them. */
  const forge = (at: number, bytes: Uint8Array): void => {
    const body = Uint8Array.from(readFileSync(file).subarray(0, -8));
    body.set(bytes, at);
    writeFileSync(file, concat(body, crypto.sha256(body).subarray(0, 8)));
  };

  it("unlocks with the right passphrase in any Unicode form, and refuses others", async () => {
    const key = await withPassphrase("caf\u00e9 au lait");
    assert.equal(key.length, 32);
    assert.deepEqual(await unlockKeyring(directory, "cafe\u0301 au lait", crypto), key);
    await assert.rejects(unlockKeyring(directory, "cafe au lait", crypto), {
      code: "passphrase-wrong",
    });
    await assert.rejects(unlockKeyring(directory, undefined, crypto), {
      code: "passphrase-needed",
    });
    await assert.rejects(unlockKeyring(directory, "", crypto), { code: "passphrase-needed" });
    assert.equal(await readProtection(directory), "passphrase");
  });

  it("unlocks with its key file, without a passphrase", async () => {
    const key = await withKeyFile();
    assert.deepEqual(await unlockKeyring(directory, undefined, crypto), key);
    assert.equal(await readProtection(directory), "key-file");
  });

  it("writes only its files, readable by the owner only, without the store key", async () => {
    const key = await withKeyFile();
    assert.deepEqual(readdirSync(directory).toSorted(), ["keyring", "store.key"]);
    for (const name of readdirSync(directory)) {
      assert.equal(statSync(join(directory, name)).mode & 0o777, 0o600);
      assert.ok(!readFileSync(join(directory, name)).includes(Buffer.from(key)));
    }
  });

  it("sets the mode of a key file that others may read to 0600, and logs it", async () => {
    const key = await withKeyFile();
    chmodSync(join(directory, "store.key"), 0o644);
    const events: string[] = [];
    const log = (event: string): void => void events.push(event);
    assert.deepEqual(await unlockKeyring(directory, undefined, crypto, log), key);
    assert.equal(statSync(join(directory, "store.key")).mode & 0o777, 0o600);
    await unlockKeyring(directory, undefined, crypto, log);
    assert.deepEqual(events, ["store.key-file-was-open"]);
  });

  it("names the file that is missing or belongs to another store", async () => {
    assert.equal(await readProtection(directory), undefined);
    const missing = { code: "store-key-missing" };
    await assert.rejects(unlockKeyring(directory, undefined, crypto), {
      ...missing,
      message: /keyring is missing/,
    });
    await withKeyFile();
    writeFileSync(join(directory, "store.key"), new Uint8Array(32).fill(1));
    await assert.rejects(unlockKeyring(directory, undefined, crypto), {
      ...missing,
      message: /key of another store/,
    });
    rmSync(join(directory, "store.key"));
    await assert.rejects(unlockKeyring(directory, undefined, crypto), {
      ...missing,
      message: /store\.key is missing/,
    });
  });

  it("refuses to replace a keyring", async () => {
    const key = await withPassphrase("one");
    await assert.rejects(withPassphrase("two"), { code: "account-exists" });
    await assert.rejects(withKeyFile(), { code: "account-exists" });
    assert.deepEqual(await unlockKeyring(directory, "one", crypto), key);
  });

  it("distinguishes damage from a wrong passphrase, at every byte and every length", async () => {
    await withPassphrase("one");
    const whole = readFileSync(file);
    for (let at = 0; at < whole.length; at++) {
      const flipped = Buffer.from(whole);
      flipped[at] = (flipped[at] as number) ^ 0x10;
      writeFileSync(file, flipped);
      await assert.rejects(unlockKeyring(directory, "one", crypto), {
        // A version that counts higher is a newer one.
        code: at === 0 ? "store-version" : "keyring-damaged",
      });
      writeFileSync(file, whole.subarray(0, at));
      await assert.rejects(unlockKeyring(directory, "one", crypto), { code: "keyring-damaged" });
    }
  });

  it("refuses a forged cost before deriving a key, and authenticates every field of the header", async () => {
    await withPassphrase("one");
    const whole = readFileSync(file);
    const before = process.memoryUsage().rss;
    for (const [at, value] of [
      [2, 0xffff_ffff],
      [2, 1024 * 1024 + 1],
      [2, 0],
      [6, 0xffff_ffff],
      [10, 1000],
    ] as const) {
      writeFileSync(file, whole);
      forge(at, u32(value));
      await assert.rejects(unlockKeyring(directory, "one", crypto), { code: "keyring-damaged" });
    }
    assert.ok(process.memoryUsage().rss - before < 256 * 1024 * 1024);
    for (const [at, bytes] of [
      [2, u32(16)],
      [6, u32(2)],
      [14, new Uint8Array(16)],
      [30, new Uint8Array(24)],
      [54, new Uint8Array(48)],
    ] as const) {
      writeFileSync(file, whole);
      forge(at, bytes);
      await assert.rejects(unlockKeyring(directory, "one", crypto), { code: "passphrase-wrong" });
    }
  });
});
