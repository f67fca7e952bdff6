import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { importsOf } from "./scan.ts";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

/** The packages that a file loads as soon as it is loaded, and the files over which it does. */
function packagesOf(entry: string): Map<string, string> {
  const packages = new Map<string, string>();
  const seen = new Set<string>();
  const waiting = [entry];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    for (const { specifier, kind } of importsOf(read(file))) {
      if (kind !== "static" || specifier === undefined || specifier.startsWith("node:")) continue;
      if (specifier.startsWith(".")) waiting.push(posix.join(posix.dirname(file), specifier));
      else packages.set(specifier, file);
    }
  }
  return packages;
}

describe("the start of a client", () => {
  const commands = readdirSync(new URL("../../src/cli/commands", import.meta.url));
  for (const entry of [
    "bin/sotto.ts",
    "src/index.ts",
    ...commands.map((name) => `src/cli/commands/${name}`),
  ])
    it(`${entry} loads no schema library`, () => {
      const packages = packagesOf(entry);
      assert.deepEqual(
        [...packages].filter(([name]) => name.includes("valibot")),
        [],
      );
    });

  it("is followed to the files that do load it", () => {
    assert.ok(packagesOf("src/api/contract.ts").has("valibot"));
    assert.ok(!packagesOf("src/api/contract.ts").has("@valibot/to-json-schema"));
  });
});
