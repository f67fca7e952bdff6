import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SottoError, toHex } from "../../../src/base/index.ts";
import { nodeCrypto } from "../../../src/crypto/index.ts";
import { makeNetworkKey, readNetworkKey } from "../../../src/daemon/settings/network-key.ts";
import { dyingAt } from "../../store/dying.ts";

describe("daemon/network-key", () => {
  const crypto = nodeCrypto();
  let directory: string;
  let path: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "sotto-key-"));
  });
  beforeEach(async () => {
    path = join(directory, "some", "network.key");
    await rm(path, { force: true });
    await makeNetworkKey(path, crypto);
  });
  after(() => rm(directory, { recursive: true, force: true }));

  it("is a file with mode 0600, and gives the same network wherever it is read", async () => {
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    const one = await readNetworkKey(path, crypto);
    const two = await readNetworkKey(path, crypto);
    assert.deepEqual(one, two);
    assert.match(one.service, /^_s[a-z2-7]{12}$/);
    const other = join(directory, "other.key");
    await makeNetworkKey(other, crypto);
    const third = await readNetworkKey(other, crypto);
    assert.notEqual(toHex(third.prologue), toHex(one.prologue));
    assert.notEqual(third.service, one.service);
  });

  it("does not write over a key", async () => {
    const before = await readFile(path, "utf8");
    await assert.rejects(makeNetworkKey(path, crypto), { code: "network-key-exists" });
    assert.equal(await readFile(path, "utf8"), before);
  });

  it("leaves a whole key or none wherever its process dies, and no draft after the next", async () => {
    const folder = join(directory, "some");
    for (let step = 1, reached = true; reached; step++) {
      await rm(folder, { recursive: true, force: true });
      reached = await dyingAt(step, () => makeNetworkKey(path, crypto));
      const found = await readdir(folder).catch((): string[] => []);
      if (found.includes("network.key")) {
        await readNetworkKey(path, crypto);
        await assert.rejects(makeNetworkKey(path, crypto), { code: "network-key-exists" });
      } else await makeNetworkKey(path, crypto);
      assert.deepEqual(await readdir(folder), ["network.key"], `died at step ${step}`);
      await readNetworkKey(path, crypto);
    }
  });

  const spoil: Record<string, (text: string) => string> = {
    empty: () => "",
    "too short": (text) => text.slice(0, -9),
    damaged: (text) => text.replace(/:(.)/, (_, first: string) => `:${first === "a" ? "b" : "a"}`),
    "invalid characters": (text) => text.replace(/.\n$/, "!\n"),
    "not a network key": () => "-----BEGIN PRIVATE KEY-----",
  };
  for (const [why, change] of Object.entries(spoil))
    it(`says that a file is ${why}, and nothing of what is in it`, async () => {
      const text = await readFile(path, "utf8");
      await writeFile(path, change(text));
      await assert.rejects(readNetworkKey(path, crypto), (error) => {
        assert.ok(error instanceof SottoError && error.code === "network-key-invalid");
        assert.match(error.message, new RegExp(why));
        assert.ok(!error.message.includes(text.slice(20, 30)));
        return true;
      });
    });

  it("says that a file is not there", async () => {
    await assert.rejects(readNetworkKey(`${path}.none`, crypto), { code: "file-unreadable" });
  });
});
