import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** Runs a script that has made something, and returns how it ended and what it cleaned up. */
async function run(then: string, signal?: NodeJS.Signals) {
  const helper = pathToFileURL(join(process.cwd(), "test/support/process-end.ts"));
  const script = `
    import { atProcessEnd } from "${helper}";
    const clean = (what) => atProcessEnd(() => process.stdout.write("removed " + what + "\\n"));
    clean("one")();
    atProcessEnd(() => { throw new Error("it was not there"); });
    clean("two");
    process.stdout.write("ready\\n");
    ${then}`;
  const args = ["--import", "tsx", "--input-type=module", "-e", script];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    out += text;
    if (signal !== undefined) child.kill(signal);
  });
  const [code, endedBy] = await once(child, "close");
  return { code, endedBy, out };
}

describe("what outlives the process of a test", () => {
  it("is removed when a signal ends the run, once, and what a test removed is not", async () => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      const { endedBy, out } = await run("setInterval(() => undefined, 1000);", signal);
      assert.deepEqual([endedBy, out], [signal, "ready\nremoved two\n"]);
    }
  });

  it("is removed when the process exits", async () => {
    assert.deepEqual(await run("process.exit(3);"), {
      code: 3,
      endedBy: null,
      out: "ready\nremoved two\n",
    });
  });
});
