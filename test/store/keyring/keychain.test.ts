import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fromHex } from "../../../src/base/index.ts";
import {
  changeProtection,
  createKeyring,
  systemKeychain,
  unlockKeyring,
} from "../../../src/store/index.ts";
import { secretService } from "../../../src/store/keyring/keychain-backends.ts";
import { crypto } from "../fixtures.ts";
import { Desktop, missing } from "./desktop.ts";

describe("the keychain of the system", () => {
  it("reports a missing keychain", async () => {
    for (const keychain of [secretService("no-such-program"), systemKeychain("win32")])
      await assert.rejects(keychain.get("00"), {
        code: "keychain-missing",
        remedy: /sotto passwd/,
      });
  });

  describe("through secret-tool and GNOME Keyring", function () {
    this.timeout(30_000);
    let desktop: Desktop;
    before(async function () {
      if (missing.length > 0) {
        process.stdout.write(`      skipped: not installed here: ${missing.join(", ")}\n`);
        this.skip();
      }
      desktop = new Desktop();
      await desktop.start();
    });
    after(() => desktop?.stop());
    const keychain = systemKeychain("linux");
    const secret = fromHex("0f".repeat(32)) as Uint8Array;

    it("stores, replaces and removes a secret", async () => {
      assert.equal(await keychain.get("aa"), undefined);
      await keychain.set("aa", secret);
      await keychain.set("bb", new Uint8Array(32));
      assert.deepEqual(await keychain.get("aa"), secret);
      await keychain.set(
        "aa",
        secret.map((byte) => byte ^ 1),
      );
      assert.notDeepEqual(await keychain.get("aa"), secret);
      await keychain.remove("aa");
      await keychain.remove("aa");
      assert.equal(await keychain.get("aa"), undefined);
      assert.deepEqual(await keychain.get("bb"), new Uint8Array(32));
    });

    it("protects a store key that is moved into it and out of it", async () => {
      const directory = mkdtempSync(join(tmpdir(), "sotto-store-"));
      try {
        const key = await createKeyring(directory, { kind: "key-file" }, crypto);
        await changeProtection(directory, crypto, undefined, { kind: "keychain" });
        assert.deepEqual(await unlockKeyring(directory, undefined, crypto), key);
        await changeProtection(directory, crypto, undefined, { kind: "keychain" });
        assert.deepEqual(await unlockKeyring(directory, undefined, crypto), key);
        await changeProtection(directory, crypto, undefined, { kind: "key-file" });
        assert.deepEqual(await unlockKeyring(directory, undefined, crypto), key);
      } finally {
        rmSync(directory, { recursive: true });
      }
    });

    it("reports a locked keychain and not a missing entry", async () => {
      await keychain.set("aa", secret);
      desktop.lock();
      await assert.rejects(keychain.get("aa"), { code: "keychain-locked" });
      await assert.rejects(keychain.set("cc", secret), { code: "keychain-locked" });
      await assert.rejects(keychain.remove("aa"), { code: "keychain-locked" });
      assert.equal(await keychain.get("none"), undefined);
    });
  });

  it("reports a session without a keychain", async function () {
    if (missing.includes("secret-tool")) this.skip();
    const before = process.env.DBUS_SESSION_BUS_ADDRESS;
    process.env.DBUS_SESSION_BUS_ADDRESS = "unix:path=/nonexistent";
    try {
      await assert.rejects(systemKeychain("linux").get("00"), { code: "keychain-missing" });
    } finally {
      if (before === undefined) delete process.env.DBUS_SESSION_BUS_ADDRESS;
      else process.env.DBUS_SESSION_BUS_ADDRESS = before;
    }
  });
});
