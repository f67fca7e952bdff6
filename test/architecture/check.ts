/** Holds the files of the source against the rules of the house. */
import { builtinModules } from "node:module";
import { posix } from "node:path";
import { findCycle } from "./cycles.ts";
import { doors, environmentFiles, longestFile, type Room, rooms } from "./house.ts";
import { codeOf, type Import, importsOf } from "./scan.ts";

export type Rule =
  | "room-unknown"
  | "room-edge"
  | "room-entry"
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
  | "time-or-chance"
  | "default-export"
  | "unfinished"
  | "too-long";

export interface Violation {
  readonly rule: Rule;
  readonly file: string;
  readonly detail: string;
}

/** Paths, relative to the repository and with `/`, to texts. */
export type Sources = ReadonlyMap<string, string>;

/** The room of a path, or the name of the folder where no rule knows it. */
export function roomOf(path: string): string {
  const [top, second, third] = path.split("/");
  if (top === "bin") return "bin";
  return third === undefined ? (path === "src/index.ts" ? "face" : path) : (second as string);
}

const IMPURE =
  /\bDate\s*\.\s*now\b|\bnew\s+Date\s*(?:\(\s*\)|(?![\s(]))|\bperformance\s*\.\s*now\b|\bMath\s*\.\s*random\b|\bset(?:Timeout|Interval|Immediate)\s*\(|\bAbortSignal\s*\.\s*timeout\b/;

/** What a single file does wrong, its imports aside. */
function* textViolations(file: string, source: string, code: string): Generator<Violation> {
  const generated = file.endsWith(".pb.ts");
  const lines = source.split("\n").length - (source.endsWith("\n") ? 1 : 0);
  if (!generated && lines > longestFile) {
    yield { rule: "too-long", file, detail: `${lines} lines, at most ${longestFile}` };
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
  if (rooms[roomOf(file)]?.pure && !generated) {
    const impure = IMPURE.exec(code);
    if (impure !== null) yield { rule: "time-or-chance", file, detail: impure[0] };
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

function isAllowedPackage(room: Room, specifier: string): boolean {
  const name = packageOf(specifier);
  return (room.packages ?? []).some(
    (allowed) =>
      allowed === name || (allowed.endsWith("/*") && name.startsWith(allowed.slice(0, -1))),
  );
}

function* outsideViolations(file: string, room: Room, one: Import): Generator<Violation> {
  const specifier = one.specifier as string;
  const detail = `line ${one.line}: ${specifier}`;
  if (!specifier.startsWith("node:")) {
    const bare = builtinModules.includes(specifier);
    if (bare || !isAllowedPackage(room, specifier)) {
      yield { rule: bare ? "builtin" : "package", file, detail };
    }
    return;
  }
  const forbidden =
    room.builtins === "none" || (room.builtins === "any" && specifier === "node:crypto");
  if (forbidden) yield { rule: "builtin", file, detail };
}

function* insideViolations(
  file: string,
  room: Room,
  one: Import,
  target: string,
): Generator<Violation> {
  const from = roomOf(file);
  const to = roomOf(target);
  if (from === to) return;
  const detail = `line ${one.line}: ${from} imports ${target}`;
  const entry = /^src\/[^/]+\/index\.ts$/.test(target);
  if (!entry && !doors.includes(target)) yield { rule: "room-entry", file, detail };
  if (room.rooms.includes(to)) return;
  if (room.typesOf?.includes(to)) {
    if (one.kind !== "type") yield { rule: "types-only", file, detail };
  } else if (room.lazily?.includes(to)) {
    if (one.kind !== "dynamic") yield { rule: "lazy-only", file, detail };
  } else yield { rule: "room-edge", file, detail };
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
    const room = rooms[roomOf(file)];
    if (room === undefined) {
      violations.push({ rule: "room-unknown", file, detail: roomOf(file) });
      continue;
    }
    for (const one of importsOf(source, code)) {
      const { specifier, kind, line } = one;
      // node:module gives a require that takes a computed path.
      if (specifier === undefined || kind === "require" || specifier === "node:module") {
        violations.push({ rule: "uncheckable-import", file, detail: `line ${line}: ${kind}` });
      } else if (!specifier.startsWith(".")) {
        violations.push(...outsideViolations(file, room, one));
      } else {
        const target = posix.join(posix.dirname(file), specifier);
        const detail = `line ${line}: ${specifier}`;
        if (!specifier.endsWith(".ts")) violations.push({ rule: "extension", file, detail });
        else if (!sources.has(target)) violations.push({ rule: "unresolved", file, detail });
        else {
          targets.push(target);
          violations.push(...insideViolations(file, room, one, target));
        }
      }
    }
  }
  const cycle = findCycle(graph);
  if (cycle !== undefined) {
    violations.push({ rule: "cycle", file: cycle[0] as string, detail: cycle.join(" -> ") });
  }
  return violations;
}
