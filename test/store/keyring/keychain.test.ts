import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
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
import { crypto } from "../place.ts";

const PROGRAMS = ["dbus-daemon", "dbus-send", "gnome-keyring-daemon", "secret-tool"];
const missing = PROGRAMS.filter((name) => spawnSync(name, ["--version"]).error !== undefined);
const LOGIN = "/org/freedesktop/secrets/collection/login";

/** A session bus with a GNOME keyring of its own, unlocked, in a home of its own. */
class Desktop {
  readonly #home = mkdtempSync(join(tmpdir(), "sotto-desktop-"));
  readonly #children: ChildProcess[] = [];
  readonly #before = process.env.DBUS_SESSION_BUS_ADDRESS;

  async start(): Promise<void> {
    const runtime = join(this.#home, "run");
    mkdirSync(runtime, { mode: 0o700 });
    const env = { ...process.env, HOME: this.#home, XDG_RUNTIME_DIR: runtime };
    const bus = spawn("dbus-daemon", ["--session", "--nofork", "--print-address"], {
      env,
      stdio: ["ignore", "pipe", "ignore"],
    });
    this.#children.push(bus);
    const [address] = (await once(bus.stdout, "data")) as [Buffer];
    process.env.DBUS_SESSION_BUS_ADDRESS = address.toString().trim();
    const keyring = spawn(
      "gnome-keyring-daemon",
      ["--foreground", "--unlock", "--components=secrets"],
      {
        env: { ...env, DBUS_SESSION_BUS_ADDRESS: process.env.DBUS_SESSION_BUS_ADDRESS },
        stdio: ["pipe", "ignore", "ignore"],
      },
    );
    this.#children.push(keyring);
    keyring.stdin.end("a password\n");
    // Another one would be started by the bus if somebody asked before this one answers.
    while (!this.#owned()) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  #owned(): boolean {
    const call = "org.freedesktop.DBus.NameHasOwner";
    const out = this.#send("org.freedesktop.DBus", "/", call, "string:org.freedesktop.secrets");
    return out.includes("boolean true");
  }

  lock(): void {
    const call = "org.freedesktop.Secret.Service.Lock";
    const service = "/org/freedesktop/secrets";
    this.#send("org.freedesktop.secrets", service, call, `array:objpath:${LOGIN}`);
  }

  #send(to: string, path: string, method: string, argument: string): string {
    const args = ["--session", "--print-reply", `--dest=${to}`, path, method, argument];
    return execFileSync("dbus-send", args, { encoding: "utf8" });
  }

  async stop(): Promise<void> {
    for (const child of this.#children.toReversed()) {
      const closed = once(child, "close");
      child.kill("SIGTERM");
      await closed;
    }
    if (this.#before === undefined) delete process.env.DBUS_SESSION_BUS_ADDRESS;
    else process.env.DBUS_SESSION_BUS_ADDRESS = this.#before;
    rmSync(this.#home, { recursive: true, force: true });
  }
}

describe("the keychain of the system", () => {
  it("that is not there is named, with what to do", async () => {
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

    it("keeps a secret, replaces it, and forgets it", async () => {
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

    it("guards a store key, which moves into it and out again", async () => {
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

    it("that is locked is told from one that holds nothing", async () => {
      await keychain.set("aa", secret);
      desktop.lock();
      await assert.rejects(keychain.get("aa"), { code: "keychain-locked" });
      await assert.rejects(keychain.set("cc", secret), { code: "keychain-locked" });
      await assert.rejects(keychain.remove("aa"), { code: "keychain-locked" });
      assert.equal(await keychain.get("none"), undefined);
    });
  });

  it("in a session without one is named, with what to do", async function () {
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
