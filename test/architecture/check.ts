/** Checks source files against the rules of the architecture. */
import { builtinModules } from "node:module";
import { posix } from "node:path";
import { findCycle } from "./cycles.ts";
import {
  crowdedFolders,
  doors,
  environmentFiles,
  folders,
  longestFile,
  type Module,
  modules,
  mostFiles,
  terminalFiles,
  widestLine,
} from "./rules.ts";
import { codeOf, type Import, importsOf } from "./scan.ts";

export type Rule =
  | "module-unknown"
  | "module-edge"
  | "module-entry"
  | "folder-unknown"
  | "folder-edge"
  | "folder-crowded"
  | "lazy-only"
  | "types-only"
  | "package"
  | "builtin"
  | "extension"
  | "unresolved"
  | "uncheckable-import"
  | "cycle"
  | "index-only-re-exports"
  | "environment"
  | "terminal"
  | "time-or-randomness"
  | "default-export"
  | "unfinished"
  | "too-long"
  | "too-wide";

export interface Violation {
  readonly rule: Rule;
  readonly file: string;
  readonly detail: string;
}

/** Paths, relative to the repository and with `/`, to texts. */
export type Sources = ReadonlyMap<string, string>;

/** The module of a path, or the path itself where no rule knows it. */
export function moduleOf(path: string): string {
  const [top, second, third] = path.split("/");
  if (top === "bin") return "bin";
  return third === undefined ? (path === "src/index.ts" ? "library" : path) : (second as string);
}

/** The folder of a file inside its module, as `folders` names it: `"."` for the module's own. */
function folderOf(path: string): string {
  return posix.dirname(path).split("/").slice(2).join("/") || ".";
}

const IMPURE =
  /\bDate\s*\.\s*now\b|\bnew\s+Date\s*(?:\(\s*\)|(?![\s(]))|\bperformance\s*\.\s*now\b|\bMath\s*\.\s*random\b|\bset(?:Timeout|Interval|Immediate)\s*\(|\bAbortSignal\s*\.\s*timeout\b/;

/** What a single file does wrong, its imports aside. */
function* textViolations(file: string, source: string, code: string): Generator<Violation> {
  const lines = source.split("\n").length - (source.endsWith("\n") ? 1 : 0);
  if (lines > longestFile) {
    yield { rule: "too-long", file, detail: `${lines} lines, at most ${longestFile}` };
  }
  for (const [index, line] of source.split("\n").entries()) {
    if ([...line].length <= widestLine) continue;
    const detail = `line ${index + 1}: ${[...line].length} columns, at most ${widestLine}`;
    yield { rule: "too-wide", file, detail };
  }
  if (/\bexport\s+default\b|\bas\s+default\b/.test(code)) {
    yield { rule: "default-export", file, detail: "a default export" };
  }
  const unfinished = /\b(?:TODO|FIXME)\b/.exec(source);
  if (unfinished !== null) yield { rule: "unfinished", file, detail: unfinished[0] };
  if (/\bprocess\s*(?:\?\.|\.)\s*env\b|\bprocess\s*\[/.test(code) && !mayReadEnvironment(file)) {
    yield { rule: "environment", file, detail: "process.env" };
  }
  for (const { index, 0: text } of code.matchAll(/\{[^{}]*\benv\b[^{}]*\}\s*from\s*["']/g)) {
    const named = source.startsWith("node:process", index + text.length);
    if (named && !mayReadEnvironment(file)) {
      yield { rule: "environment", file, detail: "env of node:process" };
    }
  }
  const writes = /\bstd(?:out|err)\s*\.\s*write\b|\bconsole\s*\./.exec(code);
  if (writes !== null && !terminalFiles.some((pattern) => pattern.test(file))) {
    yield { rule: "terminal", file, detail: writes[0] };
  }
  if (modules[moduleOf(file)]?.pure) {
    const impure = IMPURE.exec(code);
    if (impure !== null) yield { rule: "time-or-randomness", file, detail: impure[0] };
  }
  if (/^src\/.+\/index\.ts$/.test(file)) {
    const rest = code.replace(/\bexport\b[\w$*{},\s]*?\bfrom\s*["'][^"']*["']\s*;?/g, "").trim();
    if (rest !== "") {
      yield { rule: "index-only-re-exports", file, detail: rest.slice(0, 60) };
    }
  }
}

const mayReadEnvironment = (file: string) => environmentFiles.some((pattern) => pattern.test(file));

const packageOf = (specifier: string) =>
  specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");

function isAllowedPackage(module: Module, specifier: string): boolean {
  const name = packageOf(specifier);
  return (module.packages ?? []).some(
    (allowed) =>
      allowed === name || (allowed.endsWith("/*") && name.startsWith(allowed.slice(0, -1))),
  );
}

function* outsideViolations(file: string, module: Module, one: Import): Generator<Violation> {
  const specifier = one.specifier as string;
  const detail = `line ${one.line}: ${specifier}`;
  if (!specifier.startsWith("node:")) {
    const bare = builtinModules.includes(specifier);
    if (bare || !isAllowedPackage(module, specifier)) {
      yield { rule: bare ? "builtin" : "package", file, detail };
    }
    return;
  }
  const forbidden =
    module.builtins === "none" || (module.builtins === "any" && specifier === "node:crypto");
  if (forbidden) yield { rule: "builtin", file, detail };
}

/** An import between two folders of one module. */
function* folderViolations(file: string, one: Import, target: string): Generator<Violation> {
  const rules = folders[moduleOf(file)];
  if (rules === undefined || file.endsWith("/index.ts")) return;
  const [from, to] = [folderOf(file), folderOf(target)];
  if (from === to || rules[from]?.includes(to)) return;
  yield { rule: "folder-edge", file, detail: `line ${one.line}: ${from} imports ${target}` };
}

/** Folders that no rule knows, and folders with too many files. */
function* folderListViolations(sources: Sources): Generator<Violation> {
  const files = new Map<string, string[]>();
  for (const file of sources.keys()) {
    const folder = posix.dirname(file);
    files.set(folder, [...(files.get(folder) ?? []), file]);
  }
  for (const [folder, inside] of files) {
    const file = inside.at(-1) as string;
    const rules = folders[moduleOf(file)];
    if (rules !== undefined && rules[folderOf(file)] === undefined) {
      yield { rule: "folder-unknown", file, detail: folder };
    }
    if (inside.length > mostFiles && !crowdedFolders.includes(folder)) {
      const detail = `${folder}: ${inside.length} files, at most ${mostFiles}`;
      yield { rule: "folder-crowded", file, detail };
    }
  }
}

function* insideViolations(
  file: string,
  module: Module,
  one: Import,
  target: string,
): Generator<Violation> {
  const from = moduleOf(file);
  const to = moduleOf(target);
  if (from === to) {
    yield* folderViolations(file, one, target);
    return;
  }
  const detail = `line ${one.line}: ${from} imports ${target}`;
  const entry = /^src\/[^/]+\/index\.ts$/.test(target);
  if (!entry && !doors.includes(target)) yield { rule: "module-entry", file, detail };
  if (module.modules.includes(to)) return;
  if (module.typesOf?.includes(to)) {
    if (one.kind !== "type") yield { rule: "types-only", file, detail };
  } else if (module.lazily?.includes(to)) {
    if (one.kind !== "dynamic") yield { rule: "lazy-only", file, detail };
  } else yield { rule: "module-edge", file, detail };
}

/** Every violation in the sources, in the order of their files. */
export function check(sources: Sources): Violation[] {
  const violations: Violation[] = [];
  const graph = new Map<string, string[]>();
  for (const [file, source] of sources) {
    const code = codeOf(source);
    violations.push(...textViolations(file, source, code));
    const targets: string[] = [];
    graph.set(file, targets);
    const module = modules[moduleOf(file)];
    if (module === undefined) {
      violations.push({ rule: "module-unknown", file, detail: moduleOf(file) });
      continue;
    }
    for (const one of importsOf(source, code)) {
      const { specifier, kind, line } = one;
      // node:module gives a require that takes a computed path.
      if (specifier === undefined || kind === "require" || specifier === "node:module") {
        violations.push({ rule: "uncheckable-import", file, detail: `line ${line}: ${kind}` });
      } else if (!specifier.startsWith(".")) {
        violations.push(...outsideViolations(file, module, one));
      } else {
        const target = posix.join(posix.dirname(file), specifier);
        const detail = `line ${line}: ${specifier}`;
        if (!specifier.endsWith(".ts")) violations.push({ rule: "extension", file, detail });
        else if (!sources.has(target)) violations.push({ rule: "unresolved", file, detail });
        else {
          targets.push(target);
          violations.push(...insideViolations(file, module, one, target));
        }
      }
    }
  }
  violations.push(...folderListViolations(sources));
  const cycle = findCycle(graph);
  if (cycle !== undefined) {
    violations.push({ rule: "cycle", file: cycle[0] as string, detail: cycle.join(" -> ") });
  }
  return violations;
}
