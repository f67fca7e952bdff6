import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { importsOf } from "../architecture/scan.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const readJson = (path: string) => JSON.parse(readFileSync(join(root, path), "utf8"));

interface LockEntry {
  readonly version?: string;
  readonly license?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly engines?: { readonly node?: string };
}

const { dependencies, optionalDependencies, devDependencies } = readJson("package.json") as Record<
  "dependencies" | "optionalDependencies" | "devDependencies",
  Record<string, string>
>;
const product = { ...dependencies, ...optionalDependencies };
const declared = { ...product, ...devDependencies };
const lock = readJson("package-lock.json").packages as Record<string, LockEntry>;
const page = readFileSync(join(root, "docs/DEPENDENCIES.md"), "utf8");

/** Lines of the page's tables: package, version, licence, reason, why not another. */
const rows = [
  ...page.matchAll(/^\| `([^`]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/gm),
].map((match) => {
  const [name = "", version = "", license = "", reason = "", instead = ""] = match
    .slice(1)
    .map((cell) => cell.trim());
  return { name, version, license, reason, instead };
});

/** Names of the packages that the product imports. */
function imported(): Set<string> {
  const names = new Set<string>();
  for (const top of ["src", "bin"]) {
    for (const path of readdirSync(join(root, top), { recursive: true, encoding: "utf8" })) {
      if (!path.endsWith(".ts")) continue;
      for (const { specifier } of importsOf(readFileSync(join(root, top, path), "utf8"))) {
        if (specifier === undefined || /^(?:\.|node:)/.test(specifier)) continue;
        names.add(specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/"));
      }
    }
  }
  return names;
}

interface Named {
  readonly name: string | undefined;
}

const byName = ({ name: a = "" }: Named, { name: b = "" }: Named) => (a < b ? -1 : 1);

describe("the dependencies", () => {
  it("are all in the packed product, the optional ones too", () => {
    const { bundleDependencies } = readJson("package.json") as { bundleDependencies: string[] };
    assert.deepEqual(bundleDependencies, Object.keys(product).sort());
  });

  it("are pinned to exact versions, those of the benches too", () => {
    const bench = readJson("bench/package.json") as Record<string, Record<string, string>>;
    const measured = { ...bench.devDependencies, ...bench.optionalDependencies };
    const loose = Object.entries({ ...declared, ...measured }).filter(
      ([, range]) => !/^\d+\.\d+\.\d+$/.test(range),
    );
    assert.deepEqual(loose, []);
  });

  it("have one line each in docs/DEPENDENCIES.md, and no other package has one", () => {
    assert.deepEqual(rows.map(({ name }) => name).sort(), Object.keys(declared).sort());
  });

  it("of the benches have one line each, with the version and the licence that are installed", () => {
    const bench = readJson("bench/package.json") as Record<string, Record<string, string>>;
    const installed = readJson("bench/package-lock.json").packages as Record<string, LockEntry>;
    const names = Object.keys({ ...bench.devDependencies, ...bench.optionalDependencies });
    const lines = [...page.matchAll(/^\| `([^`]+)` \| ([^|]+) \| ([^|]+) \| [^|]+ \|$/gm)];
    assert.deepEqual(
      lines.map(([, name, version, license]) => ({ name, version, license })).sort(byName),
      names
        .map((name) => {
          const { version, license } = installed[`node_modules/${name}`] ?? {};
          return { name, version, license };
        })
        .sort(byName),
    );
  });

  it("are described with the version and the licence that are installed", () => {
    for (const { name, version, license } of rows) {
      const entry = lock[`node_modules/${name}`];
      assert.deepEqual(
        { name, version, license },
        { name, version: entry?.version, license: entry?.license?.replace(/^\((.*)\)$/, "$1") },
      );
    }
  });

  it("each have a reason", () => {
    const silent = rows.filter(({ reason, instead }) => (reason + instead).length < 20);
    assert.deepEqual(silent, []);
  });

  it("are all imported, and nothing else is", () => {
    assert.deepEqual([...imported()].sort(), Object.keys(product).sort());
  });
});

/** Compares two versions of three numbers, as `sort` does. */
function compareVersions(a: readonly number[], b: readonly number[]): number {
  for (const [at, number] of a.entries()) {
    const difference = number - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * Whether a version is in a range of the forms that occur in the lock file: `||` between sets of
 * `>=1.2`, `^1.2.3`, `1.*` and `1`. Throws for any other form.
 */
function inRange(version: readonly number[], range: string): boolean {
  return range.split("||").some((set) =>
    [...set.trim().matchAll(/\S+(?<=[>=^~<])\s+\S+|\S+/g)].every(([comparator]) => {
      const major = /^(\d+)(?:\.\*)?$/.exec(comparator)?.[1];
      if (major !== undefined) return version[0] === Number(major);
      const parts = /^(>=|\^)\s*v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:\.\*)?$/.exec(comparator);
      if (parts === null) throw new Error(`unknown form of a version range: ${range}`);
      const [, operator, ...numbers] = parts;
      const floor = numbers.map((number) => Number(number ?? 0));
      const above = compareVersions(version, floor) >= 0;
      return above && (operator === ">=" || version[0] === floor[0]);
    }),
  );
}

describe("the lock file", () => {
  const entries = Object.entries(lock).filter(([path]) => path !== "");

  it("names no registry host, so that any registry serves it", () => {
    const named = entries.filter(
      ([path, { resolved }]) => !path.startsWith("node_modules/") || resolved !== undefined,
    );
    assert.deepEqual(named, []);
  });

  it("holds the SHA-512 hash of every package", () => {
    const unproven = entries.filter(([, { integrity }]) => !/^sha512-/.test(integrity ?? ""));
    assert.deepEqual(unproven, []);
  });

  it("holds no package that excludes the oldest Node that is supported", () => {
    const { engines } = readJson("package.json");
    const oldest = /^>=(\d+)\.(\d+)$/.exec(engines.node)?.slice(1).map(Number) ?? [];
    assert.equal(oldest.length, 2, "the floor is >=MAJOR.MINOR");
    const excluding = entries.filter(
      ([, entry]) => !inRange([...oldest, 0], entry.engines?.node ?? ">=0"),
    );
    assert.deepEqual(excluding, []);
  });

  it("agrees with package.json", () => {
    const { name, version } = readJson("package.json");
    const locked = readJson("package-lock.json");
    assert.deepEqual([locked.name, locked.version], [name, version]);
    for (const [dependency, range] of Object.entries(declared)) {
      assert.equal(lock[`node_modules/${dependency}`]?.version, range, dependency);
    }
  });
});
