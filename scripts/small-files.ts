/**
 * Prints source files that may be worth merging: `npm run small-files`. A file of few lines, or one
 * that only one other file imports, needs a reason; no test asks for it.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, posix, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { importsOf } from "../test/architecture/scan.ts";

/** Files with fewer lines are printed. */
const FEW_LINES = 40;

/** One file for each command or method, and files that only re-export. */
const isExempt = (path: string) => /\/(?:commands|methods)\/|(?:^|\/)index\.ts$/.test(path);

const root = fileURLToPath(new URL("../", import.meta.url));

interface Row {
  readonly path: string;
  readonly lines: number;
  readonly importers: readonly string[];
}

/** Every hand-written file of src with its lines and the files that import it. */
function rows(): Row[] {
  const sources = new Map<string, string>();
  for (const entry of readdirSync(join(root, "src"), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith(".ts")) continue;
    const path = join(entry.parentPath, entry.name);
    sources.set(relative(root, path).split(sep).join("/"), readFileSync(path, "utf8"));
  }
  const importers = new Map<string, Set<string>>();
  for (const [path, source] of sources) {
    for (const { specifier } of importsOf(source)) {
      if (!specifier?.startsWith(".")) continue;
      const target = posix.join(posix.dirname(path), specifier);
      importers.set(target, (importers.get(target) ?? new Set()).add(path));
    }
  }
  return [...sources]
    .filter(([path]) => !isExempt(path))
    .map(([path, source]) => ({
      path,
      lines: source.trimEnd().split("\n").length,
      importers: [...(importers.get(path) ?? [])].sort(),
    }))
    .sort((a, b) => a.path.localeCompare(b.path));
}

const all = rows();
const small = all.filter(({ lines }) => lines < FEW_LINES);
/** An index.ts hands a file on to other modules, so it counts for more than one. */
const single = all.filter(
  ({ importers: [first, second] }) =>
    first !== undefined && second === undefined && !first.endsWith("/index.ts"),
);

console.log(`Files below ${FEW_LINES} lines: ${small.length} of ${all.length}`);
for (const { path, lines } of small) console.log(`  ${String(lines).padStart(3)}  ${path}`);
console.log(`\nFiles that only one other file imports: ${single.length} of ${all.length}`);
for (const { path, lines, importers } of single)
  console.log(`  ${String(lines).padStart(3)}  ${path}  <- ${importers[0]}`);
