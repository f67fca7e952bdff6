import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeCrypto } from "../../../src/crypto/index.ts";
import { seedOf } from "../../../src/daemon/bootstrap/bootstrap-daemon.ts";
import { dyingAt } from "../../store/dying.ts";

describe("the seed of a bootstrap node", () => {
  const crypto = nodeCrypto();
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "sotto-seed-"));
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));
  const path = (): string => join(home, "bootstrap.key");

  it("is written with mode 0600 and stays the same", async () => {
    const seed = await seedOf(home, crypto);
    assert.equal(seed.length, 32);
    assert.equal(statSync(path()).mode & 0o777, 0o600);
    assert.deepEqual(await seedOf(home, crypto), seed);
    assert.deepEqual(readdirSync(home), ["bootstrap.key"]);
  });

  it("is whole or absent wherever the process dies, and the next start removes its draft", async () => {
    for (let step = 1, reached = true; reached; step++) {
      rmSync(path(), { force: true });
      reached = await dyingAt(step, () => seedOf(home, crypto));
      const written = readdirSync(home).includes("bootstrap.key") && readFileSync(path());
      const seed = await seedOf(home, crypto);
      if (written) assert.deepEqual(seed, Uint8Array.from(written));
      assert.deepEqual(readdirSync(home), ["bootstrap.key"], `died at step ${step}`);
    }
  });

  it("refuses a file of another length and leaves it unchanged", async () => {
    writeFileSync(path(), new Uint8Array(16));
    await assert.rejects(seedOf(home, crypto), { code: "store-key-missing" });
    assert.equal(readFileSync(path()).length, 16);
  });
});
