/** Modules, folders and their arrows in docs/ARCHITECTURE.md, from test/architecture/rules.ts. */
import { existsSync } from "node:fs";
import { purposes } from "../../test/architecture/purposes.ts";
import { folders, type Module, modules } from "../../test/architecture/rules.ts";
import { table } from "./generated.ts";

export function architecturePart(): string {
  const names = Object.keys(modules);
  same(names, Object.keys(purposes), "modules");
  return [
    ...["## Modules", "", "```mermaid", ...diagram(), "```", ""],
    "An arrow means *may import*. An arrow that follows from others is left out; the dotted one is",
    "an `import()` at run time. The table has them all.",
    "",
    ...table(
      ["module", "what it is", "what it must not know", "may import", "packages", "built-ins"],
      names.map(moduleRow),
    ),
    ...Object.keys(folders).flatMap(folderLines),
  ].join("\n");
}

/** Throws unless both lists name the same: each module and folder has one purpose. */
function same(rules: readonly string[], named: readonly string[], what: string): void {
  const missing = rules.filter((each) => !named.includes(each));
  const unknown = named.filter((each) => !rules.includes(each));
  if (missing.length > 0 || unknown.length > 0)
    throw new Error(
      `${what} in test/architecture: no purpose for [${missing}], no rule for [${unknown}]`,
    );
}

const list = (names: readonly string[], none: string) => names.join(", ") || none;

const present = (path: string) =>
  existsSync(new URL(`../../${path}`, import.meta.url)) ? `\`${path}\`` : `${path} (planned)`;

function moduleRow(name: string): string[] {
  const rule = modules[name] as Module;
  const { what = "", not = "" } = purposes[name] ?? {};
  const may = [
    ...rule.modules,
    ...(rule.typesOf ?? []).map((other) => `${other} (types)`),
    ...(rule.lazily ?? []).map((other) => `${other} (by \`import()\`)`),
  ];
  const built = { none: "none", any: "any but node:crypto", crypto: "any" }[rule.builtins];
  return [
    name === "library" || name === "bin" ? name : present(`src/${name}`),
    what,
    not,
    list(may, "nothing"),
    list(rule.packages ?? [], "none"),
    built,
  ];
}

function folderLines(module: string): string[] {
  const rules = folders[module] ?? {};
  const texts = purposes[module]?.folders ?? {};
  same(Object.keys(rules), Object.keys(texts), `folders of ${module}`);
  const rows = Object.entries(rules).map(([folder, may]) => [
    folder === "." ? "its own files" : present(`src/${module}/${folder}`),
    texts[folder] ?? "",
    list(
      may.map((other) => (other === "." ? "its own files" : other)),
      "nothing",
    ),
  ]);
  return ["", `### Folders of ${module}`, "", ...table(["folder", "purpose", "may import"], rows)];
}

/** Every arrow of a module, whatever its kind. */
const arrowsOf = ({ modules, typesOf = [], lazily = [] }: Module): readonly string[] => [
  ...modules,
  ...typesOf,
  ...lazily,
];

/** Whether one module leads to another by arrows, over others or not. */
function leads(from: string, to: string): boolean {
  const rule = modules[from];
  return rule !== undefined && arrowsOf(rule).some((next) => next === to || leads(next, to));
}

/** The arrows that do not follow from others. */
function diagram(): string[] {
  return [
    "flowchart TD",
    ...Object.entries(modules).flatMap(([name, rule]) =>
      arrowsOf(rule)
        .filter((to) => !arrowsOf(rule).some((other) => other !== to && leads(other, to)))
        .map((to) => `  ${name} ${rule.lazily?.includes(to) ? "-.->" : "-->"} ${to}`),
    ),
  ];
}
