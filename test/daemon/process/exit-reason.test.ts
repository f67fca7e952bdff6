import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SottoError } from "../../../src/base/index.ts";
import { readExitReason, reserveExitReason } from "../../../src/daemon/process/exit-reason.ts";

describe("the exit reason of a node", () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "sotto-words-"));
  });
  afterEach(() => rmSync(home, { recursive: true }));

  it("is kept until the next node starts", async () => {
    const reason = await reserveExitReason(home);
    assert.equal(await readExitReason(home), undefined);
    await reason.write(new SottoError("disk-full", "No space."));
    await reason.close();
    const { code, message } = (await readExitReason(home)) as SottoError;
    assert.deepEqual([code, message], ["disk-full", "No space."]);
    await (await reserveExitReason(home)).close();
    assert.equal(await readExitReason(home), undefined);
    assert.deepEqual(readdirSync(home), []);
  });

  it("is ignored if the file is malformed", async () => {
    assert.equal(await readExitReason(home), undefined);
    for (const text of ["", "{", "null", '{"code":"constructor","message":"x"}', '{"code":1}']) {
      writeFileSync(join(home, "node.fault"), text);
      assert.equal(await readExitReason(home), undefined, text);
    }
  });
});
