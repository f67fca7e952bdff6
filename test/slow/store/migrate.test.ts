import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { dyingAt } from "../../store/dying.ts";
import { openAt, temporaryDirectory } from "../../store/place.ts";
import { assertMigrated, V1 } from "../../store/v1.ts";

const OPENER = fileURLToPath(new URL("../../store/opener.ts", import.meta.url));

describe("the migration of a store of version 1", () => {
  let directory: string;
  beforeEach(() => {
    directory = temporaryDirectory();
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it("is whole whenever the process dies between two changes of the directory", async function () {
    this.timeout(60_000);
    for (let step = 1; ; step++) {
      rmSync(directory, { recursive: true });
      cpSync(V1, directory, { recursive: true });
      const came = await dyingAt(step, async () => (await openAt(directory)).close());
      await assertMigrated(directory);
      if (came) continue;
      assert.ok(step > 12, `${step} steps`);
      break;
    }
  });

  it("survives a kill -9 at any moment of it", async function () {
    this.timeout(60_000);
    for (const delay of [0, 2, 5, 10, 15, 20, 30, 45]) {
      rmSync(directory, { recursive: true });
      cpSync(V1, directory, { recursive: true });
      const child = spawn(process.execPath, ["--import", "tsx", OPENER, directory], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      const closed = once(child, "close");
      await once(child.stdout, "data");
      setTimeout(() => child.kill("SIGKILL"), delay);
      await closed;
      assert.ok(existsSync(join(directory, "db")) || existsSync(join(directory, "db.new")));
      await assertMigrated(directory);
    }
  });
});
