import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { utf8 } from "../../../src/base/index.ts";
import { type Needle, scan } from "../../../src/daemon/node/plaintext-scan.ts";

const text = (bytes: string): Needle => ({ kind: "message text", bytes: utf8(bytes) });
const name = (bytes: string): Needle => ({ kind: "contact's name", bytes: utf8(bytes) });

describe("a scan for plain text", () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "sotto-scan-"));
  });
  afterEach(() => rmSync(home, { recursive: true }));

  it("finds a text anywhere in any file, also across pieces", async () => {
    mkdirSync(join(home, "db"));
    const MIB = 1 << 20;
    for (const [file, at] of Object.entries({ "db/a": 0, b: MIB - 4, c: 2 * MIB - 1 })) {
      const bytes = Buffer.alloc(3 * MIB, 7);
      bytes.write("see you at noon", at);
      writeFileSync(join(home, file), bytes);
    }
    writeFileSync(join(home, "d"), "see you at noo");
    const { files, bytes, found } = await scan(home, [text("see you at noon")], []);
    assert.deepEqual(found.map(({ file }) => file).sort(), ["b", "c", "db/a"]);
    assert.equal(files, 4);
    assert.equal(bytes, 9 * MIB + 14);
  });

  it("distinguishes kinds with the same start, and does not follow links", async () => {
    writeFileSync(join(home, "a"), "xx carola yy");
    symlinkSync("/etc/hostname", join(home, "link"));
    const { found, files } = await scan(home, [name("carol"), text("carolyn")], []);
    assert.deepEqual(found, [{ kind: "contact's name", file: "a" }]);
    assert.equal(files, 1);
  });

  it("agrees with a plain search for any bytes", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 60, max: 2 }),
        fc.uint8Array({ minLength: 5, maxLength: 7, max: 2 }),
        async (hay, needle) => {
          writeFileSync(join(home, "hay"), hay);
          const { found } = await scan(home, [{ kind: "account id", bytes: needle }], []);
          assert.equal(found.length === 1, Buffer.from(hay).includes(Buffer.from(needle)));
        },
      ),
      { numRuns: 60 },
    );
  });

  it("refuses what would turn up by chance", async () => {
    await assert.rejects(scan(home, [name("bob")], []), RangeError);
  });
});
