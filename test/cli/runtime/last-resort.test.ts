import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { SottoError } from "../../../src/base/index.ts";
import { faultOf } from "../../../src/cli/runtime/last-resort.ts";

describe("an exception that nothing catches", () => {
  it("is reported by what the system refused, or as a bug without its message", () => {
    const refused = Object.assign(new Error("a secret"), { code: "EMFILE" });
    assert.equal(faultOf(refused, "ended the command").code, "too-many-files");
    const own = new SottoError("disk-full", "The disk is full.");
    assert.equal(faultOf(own, "ended the command"), own);
    const bug = faultOf(new TypeError("a secret"), "ended the command");
    assert.equal(bug.code, "internal");
    assert.match(bug.message, /^An unexpected TypeError ended the command \(.+\)\.$/);
  });

  it("ends a node that is starting with an error instead of a stack trace", async () => {
    const home = mkdtempSync(join(tmpdir(), "sotto-uncaught-"));
    const main = pathToFileURL(join(process.cwd(), "src/cli/main.ts"));
    const up = ["up", "--name", "ann", "--no-mdns", "--listen", "/ip4/127.0.0.1/tcp/0"];
    // Thrown as soon as the home is locked, by the first timer that runs then.
    const script = `
      import { existsSync } from "node:fs";
      import { main } from "${main}";
      setInterval(() => {
        if (existsSync(${JSON.stringify(join(home, "node.lock"))})) throw new TypeError("a secret");
      }, 1);
      await main(${JSON.stringify(up)});`;
    const args = ["--import", "tsx", "--input-type=module", "-e", script];
    const env = { ...process.env, SOTTO_HOME: home };
    try {
      const [code, err] = await new Promise<[unknown, string]>((resolve) => {
        execFile(process.execPath, args, { env }, (error, _, err) => resolve([error?.code, err]));
      });
      assert.equal(code, 1, err);
      assert.match(err, /^✗ An unexpected TypeError ended the command \(.*\)\.\n→ [^\n]+\n$/);
    } finally {
      rmSync(home, { recursive: true });
    }
  });
});
