import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { root } from "../../../scripts/test/suites.ts";
import { installNode, majors, run } from "../platform/node-binaries.ts";

const { dependencies, optionalDependencies } = JSON.parse(
  readFileSync(join(root, "package.json"), "utf8"),
);
const bundled = Object.keys({ ...dependencies, ...optionalDependencies });

describe("the packed program", function () {
  this.timeout(10 * 60_000);
  let directory: string;
  let tarball: string;

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), "sotto-packed-"));
    const packed = await run("npm", ["pack", "--silent", "--pack-destination", directory]);
    assert.equal(packed.code, 0, packed.said);
    const [name = ""] = readdirSync(directory);
    assert.match(name, /^sotto-.*\.tgz$/);
    tarball = join(directory, name);
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  for (const major of majors)
    it(`is installed globally by Node ${major}, without a registry, and runs the demo`, async () => {
      const place = join(directory, `${major}`);
      const [prefix, home] = [join(place, "prefix"), join(place, "home")];
      mkdirSync(home, { recursive: true });
      const bin = await installNode(`${major}`, place);
      // What a new user has: this Node, no settings, no cache, and nothing of this checkout.
      const env = {
        PATH: [join(prefix, "bin"), bin, process.env.PATH].join(delimiter),
        HOME: home,
        TMPDIR: place,
      };
      const npm = ["install", "--global", "--prefix", prefix, "--engine-strict", "--offline"];
      const quiet = ["--no-audit", "--no-fund"];
      const installed = await run("npm", [...npm, ...quiet, tarball], { env, cwd: home });
      assert.equal(installed.code, 0, installed.said);
      for (const name of bundled)
        assert.ok(existsSync(join(prefix, "lib/node_modules/sotto/node_modules", name)), name);
      const where = await run("sh", ["-c", "command -v sotto && node --version"], {
        env,
        cwd: home,
      });
      assert.match(where.said, new RegExp(`^${prefix}/bin/sotto\nv${major}\\.`));
      const demo = await run("sotto", ["demo"], { env, cwd: home });
      assert.equal(demo.code, 0, demo.said);
      assert.match(demo.said, /delivered .* after the start/);
      assert.match(demo.said, /done in/);
    });
});
