/**
 * Which tests a change can affect: those whose files import a changed file, directly or through
 * others, or name one in a string: a fixture, a folder that they read, a script that they start.
 */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, posix, relative, sep } from "node:path";
import { importsOf } from "../../test/architecture/scan.ts";
import { root } from "./suites.ts";

/** A change of one of these can affect every test. */
const EVERYTHING =
  /^(?:package(?:-lock)?\.json|tsconfig[^/]*\.json|\.mocharc\.json|test\/support\/(?:setup|properties)\.\w+|scripts\/test\/.+)$/;

/** Tests that read the repository as a whole. They take seconds. */
const ALWAYS = /^test\/(?:architecture|docs)\//;

/** Folders with code that tests import or start. */
const CODE = ["src", "bin", "test", "scripts"];

/** A string, up to its first `${`. */
const STRING = /["'`]([^"'`\n$]+)/g;

const git = (...args: string[]): string[] =>
  execFileSync("git", args, { cwd: root, encoding: "utf8" }).split("\n").filter(Boolean);

/** Where this branch left `main`; `HEAD` on `main` itself and where there is no such branch. */
export function defaultBase(): string {
  try {
    return git("merge-base", "HEAD", "main")[0] ?? "HEAD";
  } catch {
    return "HEAD";
  }
}

/** Files that differ from a commit, untracked ones included. */
export function changedFiles(base: string): string[] {
  return [
    ...git("diff", "--name-only", "--no-renames", base),
    ...git("ls-files", "--others", "--exclude-standard"),
  ];
}

/** Every file below the folders with code, as a path from the root with forward slashes. */
function codeFiles(): string[] {
  return CODE.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/")),
  );
}

/** A file or folder of the repository, folders with a slash at the end; `undefined` for others. */
function existing(path: string): string | undefined {
  if (path === "." || path.startsWith("..") || path.startsWith("node_modules")) return undefined;
  try {
    return statSync(join(root, path)).isDirectory() ? `${path.replace(/\/$/, "")}/` : path;
  } catch {
    return undefined;
  }
}

/**
 * Files and folders that the strings of a source name, from its own folder or from the root. What
 * is compiled counts as its source. Folders of code as a whole name nothing in particular.
 */
function named(path: string, source: string): string[] {
  return [...source.matchAll(STRING)].flatMap(([, text = ""]) => {
    if (!/^[\w@./-]+$/.test(text) || !/[./]/.test(text)) return [];
    const places = [
      posix.join(posix.dirname(path), text),
      posix.normalize(text).replace(/^dist\/(.+)\.js$/, "$1.ts"),
    ];
    return places
      .map(existing)
      .filter((place) => place !== undefined && !CODE.includes(place.slice(0, -1)))
      .map(String);
  });
}

/** What each file depends on: files, and folders with a slash at the end. */
function dependencies(files: readonly string[]): Map<string, readonly string[]> {
  const graph = new Map<string, readonly string[]>();
  for (const path of files) {
    if (!/\.(?:ts|mjs|py)$/.test(path)) continue;
    const source = readFileSync(join(root, path), "utf8");
    const imported = importsOf(source).flatMap(({ specifier }) =>
      specifier?.startsWith(".") ? [posix.join(posix.dirname(path), specifier)] : [],
    );
    graph.set(path, [...imported, ...(path.startsWith("src/") ? [] : named(path, source))]);
  }
  return graph;
}

/** The tests that changes of some files can affect. */
export function testsReaching(changed: readonly string[], tests: readonly string[]): string[] {
  if (changed.length === 0) return [];
  if (changed.some((path) => EVERYTHING.test(path))) return [...tests];
  const files = codeFiles();
  const graph = dependencies(files);
  const isChanged = new Set(changed);
  const inChanged = (place: string): boolean =>
    place.endsWith("/") ? changed.some((path) => path.startsWith(place)) : isChanged.has(place);
  const reaches = (test: string): boolean => {
    const seen = new Set([test]);
    for (const file of seen) {
      if (isChanged.has(file)) return true;
      for (const place of graph.get(file) ?? []) {
        if (inChanged(place)) return true;
        seen.add(place);
      }
    }
    return false;
  };
  return tests.filter((test) => ALWAYS.test(test) || reaches(test));
}
