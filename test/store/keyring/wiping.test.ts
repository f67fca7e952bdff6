import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { delimiter, join } from "node:path";
import { isZero, toHex } from "../../../src/base/index.ts";
import { systemKeychain } from "../../../src/store/index.ts";
import { readSecretFile } from "../../../src/store/keyring/key-file.ts";
import { run } from "../../../src/store/keyring/keychain-backends.ts";
import { allocations, holding } from "../../secrets/allocations.ts";
import { crypto, temporaryDirectory } from "../fixtures.ts";

describe("copies of the store key", () => {
  let directory: string;
  const secret = crypto.random(32);
  beforeEach(() => {
    directory = temporaryDirectory();
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it("are overwritten when a key file was read", async () => {
    const path = join(directory, "store.key");
    writeFileSync(path, secret);
    const { readFile } = fs;
    const buffers: Uint8Array[] = [];
    fs.readFile = (async (...args: Parameters<typeof readFile>) => {
      const read = await readFile(...args);
      if (typeof read !== "string") buffers.push(read);
      return read;
    }) as typeof readFile;
    syncBuiltinESMExports();
    try {
      assert.deepEqual(await readSecretFile(path), secret);
    } finally {
      fs.readFile = readFile;
      syncBuiltinESMExports();
    }
    assert.deepEqual(buffers.map(isZero), [true]);
  });

  it("are overwritten when a program of the keychain has printed them", async () => {
    const { concat } = Buffer;
    const buffers: Uint8Array[] = [];
    Buffer.concat = (parts, length) => {
      const whole = concat(parts, length);
      buffers.push(whole, ...parts);
      return whole;
    };
    try {
      const printed = await run(
        process.execPath,
        ["-e", "process.stdin.pipe(process.stdout)"],
        "x",
      );
      assert.ok(typeof printed === "object" && printed.out === "x");
    } finally {
      Buffer.concat = concat;
    }
    assert.deepEqual(buffers.map(isZero), [true, true]);
  });

  it("are overwritten when the keychain was asked what it stored", async function () {
    if (process.platform === "win32") this.skip();
    // In place of secret-tool: `store` and `lookup` of one entry.
    const entry = join(directory, "entry");
    const script = `#!/bin/sh\nif [ "$1" = store ]; then cat > "${entry}"; else cat "${entry}"; fi\n`;
    writeFileSync(join(directory, "secret-tool"), script, { mode: 0o755 });
    const { PATH } = process.env;
    process.env.PATH = `${directory}${delimiter}${PATH}`;
    try {
      const keychain = systemKeychain("linux");
      const { arrays } = await allocations(() => keychain.set("name", secret));
      assert.deepEqual(holding(arrays, secret), []);
      assert.equal(toHex((await keychain.get("name")) ?? new Uint8Array()), toHex(secret));
    } finally {
      process.env.PATH = PATH;
    }
  });
});
