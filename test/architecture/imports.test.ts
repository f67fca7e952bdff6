import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { check, type Rule, type Sources } from "./check.ts";
import { longestFile, modules, mostFiles, widestLine } from "./rules.ts";
import { codeOf, importsOf } from "./scan.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

function sourcesOnDisk(): Sources {
  const sources = new Map<string, string>();
  for (const top of ["src", "bin"]) {
    for (const entry of readdirSync(join(root, top), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !/\.[cm]?[jt]sx?$/.test(entry.name)) continue;
      const path = join(entry.parentPath, entry.name);
      sources.set(relative(root, path).split(sep).join("/"), readFileSync(path, "utf8"));
    }
  }
  return sources;
}

/** A small tree that keeps every rule; each planted file changes or adds one thing. */
const sound: Readonly<Record<string, string>> = {
  "bin/sotto.ts": 'import { main } from "../src/cli/main.ts";\nawait main();\n',
  "src/base/index.ts": 'export * from "./bytes.ts";\n',
  "src/base/bytes.ts": "export const zero = new Uint8Array(1);\n",
  "src/ports/index.ts": 'export type { Clock } from "./clock.ts";\n',
  "src/ports/clock.ts": "export interface Clock { now(): number }\n",
  "src/api/index.ts": 'export { methods } from "./methods.ts";\n',
  "src/api/methods.ts": 'import * as v from "valibot";\nexport const methods = v;\n',
  "src/crypto/index.ts": 'export type { Provider } from "./provider.ts";\n',
  "src/crypto/provider.ts": "export interface Provider { readonly name: string }\n",
  "src/crypto/node.ts":
    'import { createHmac } from "node:crypto";\nexport const hmac = createHmac;\n',
  "src/ratchet/index.ts": 'export { step } from "./step.ts";\n',
  "src/ratchet/step.ts":
    'import type { Provider } from "../crypto/index.ts";\nexport const step = (p: Provider) => p.name;\n',
  "src/node/index.ts": 'export { tag } from "./tag.ts";\n',
  "src/node/tag.ts":
    'import type { Provider } from "../crypto/index.ts";\nimport { tcp } from "@libp2p/tcp";\nexport const tag = (p: Provider) => [p, tcp];\n',
  "src/daemon/index.ts": 'export { config } from "./config.ts";\n',
  "src/daemon/config.ts": "export const config = () => process.env;\n",
  "src/cli/main.ts":
    'export const main = async () => (await import("../daemon/index.ts")).config();\n',
};

const tree = (planted: Readonly<Record<string, string>> = {}): Sources =>
  new Map(Object.entries({ ...sound, ...planted }));

const plants: readonly (readonly [string, Rule, Readonly<Record<string, string>>])[] = [
  [
    "a forbidden edge",
    "module-edge",
    { "src/base/up.ts": 'import { step } from "../ratchet/index.ts";\nexport const up = step;\n' },
  ],
  [
    "a forbidden edge of only a type",
    "module-edge",
    {
      "src/ports/up.ts":
        'import type { Provider } from "../crypto/index.ts";\nexport type P = Provider;\n',
    },
  ],
  [
    "a forbidden edge by a re-export",
    "module-edge",
    { "src/cli/up.ts": 'export { step } from "../ratchet/index.ts";\n' },
  ],
  [
    "a forbidden edge by a type query",
    "module-edge",
    { "src/cli/up.ts": 'export type P = import("../crypto/index.ts").Provider;\n' },
  ],
  [
    "an import past a module's index.ts",
    "module-entry",
    {
      "src/ratchet/in.ts":
        'import type { Provider } from "../crypto/provider.ts";\nexport type P = Provider;\n',
    },
  ],
  [
    "a static import of what must be lazy",
    "lazy-only",
    {
      "src/cli/up.ts": 'import { config } from "../daemon/index.ts";\nexport const up = config;\n',
    },
  ],
  [
    "a value where only types are allowed",
    "types-only",
    {
      "src/node/in.ts":
        'import { type Provider } from "../crypto/index.ts";\nexport type P = Provider;\n',
    },
  ],
  [
    "libp2p outside its module",
    "package",
    { "src/ratchet/in.ts": 'import { tcp } from "@libp2p/tcp";\nexport const t = tcp;\n' },
  ],
  [
    "level by a dynamic import outside its module",
    "package",
    { "src/daemon/in.ts": "export const open = () => import(`level`);\n" },
  ],
  [
    "an unlisted package, imported for its side effects",
    "package",
    { "src/base/in.ts": 'import "left-pad";\n' },
  ],
  [
    "a built-in module in a pure module",
    "builtin",
    {
      "src/base/in.ts": 'import { readFileSync } from "node:fs";\nexport const r = readFileSync;\n',
    },
  ],
  [
    "node:crypto outside the crypto module",
    "builtin",
    {
      "src/daemon/in.ts":
        'import { randomBytes } from "node:crypto";\nexport const r = randomBytes;\n',
    },
  ],
  [
    "a built-in module without its prefix",
    "builtin",
    { "src/daemon/in.ts": 'import { readFileSync } from "fs";\nexport const r = readFileSync;\n' },
  ],
  [
    "a relative import without .ts",
    "extension",
    { "src/base/in.ts": 'export * from "./bytes.js";\n' },
  ],
  [
    "an import of a missing file",
    "unresolved",
    { "src/base/in.ts": 'export * from "./gone.ts";\n' },
  ],
  [
    "an import with a computed path",
    "uncheckable-import",
    { "src/cli/in.ts": "export const load = (name: string) => import(`./$" + "{name}.ts`);\n" },
  ],
  [
    "a require",
    "uncheckable-import",
    { "src/cli/in.ts": 'export const r = require("commander");\n' },
  ],
  [
    "a require from createRequire",
    "uncheckable-import",
    {
      "src/cli/in.ts":
        'import { createRequire } from "node:module";\nexport const r = createRequire;\n',
    },
  ],
  [
    "a cycle of types",
    "cycle",
    {
      "src/base/a.ts": 'import type { B } from "./b.ts";\nexport type A = B;\n',
      "src/base/b.ts": 'import type { A } from "./a.ts";\nexport type B = A;\n',
    },
  ],
  [
    "an index.ts that does more than re-export",
    "index-only-re-exports",
    { "src/api/index.ts": "export const x = 1;\n" },
  ],
  [
    "an environment read",
    "environment",
    { "src/cli/in.ts": "export const home = process.env.HOME;\n" },
  ],
  [
    "an environment read through node:process",
    "environment",
    { "src/cli/in.ts": 'import { env } from "node:process";\nexport const home = env.HOME;\n' },
  ],
  [
    "a write to the terminal past the printer",
    "terminal",
    { "src/cli/in.ts": "export const say = (text: string) => process.stderr.write(text);\n" },
  ],
  [
    "a write to the console",
    "terminal",
    { "src/daemon/in.ts": "export const say = (text: string) => console.log(text);\n" },
  ],
  [
    "a clock in a pure module",
    "time-or-randomness",
    { "src/base/in.ts": "export const t = () => Date.now();\n" },
  ],
  [
    "randomness in a pure module",
    "time-or-randomness",
    { "src/ratchet/in.ts": "export const r = () => Math.random();\n" },
  ],
  [
    "a timer in a pure module",
    "time-or-randomness",
    { "src/dht/in.ts": "setTimeout(() => 0, 1);\n" },
  ],
  ["a default export", "default-export", { "src/base/in.ts": "const x = 1;\nexport default x;\n" }],
  [
    "a default export by name",
    "default-export",
    { "src/base/in.ts": "const x = 1;\nexport { x as default };\n" },
  ],
  [
    "unfinished work",
    "unfinished",
    { "src/base/in.ts": `// ${"TO"}DO: later\nexport const x = 1;\n` },
  ],
  [
    "a file above the line limit",
    "too-long",
    { "src/base/in.ts": "export {};\n".repeat(longestFile + 1) },
  ],
  [
    "a line above the column limit",
    "too-wide",
    { "src/base/in.ts": `// ${"x".repeat(widestLine - 2)}\nexport {};\n` },
  ],
  [
    "a forbidden edge between two folders of a module",
    "folder-edge",
    {
      "src/messenger/model/in.ts": 'import { x } from "../state/x.ts";\nexport const y = x;\n',
      "src/messenger/state/x.ts": "export const x = 1;\n",
    },
  ],
  [
    "a forbidden edge from a folder to its module's own files",
    "folder-edge",
    {
      "src/messenger/state/in.ts": 'import { x } from "../x.ts";\nexport const y = x;\n',
      "src/messenger/x.ts": "export const x = 1;\n",
    },
  ],
  [
    "a folder of a module without rules",
    "folder-unknown",
    { "src/messenger/attic/in.ts": "export const x = 1;\n" },
  ],
  [
    "a folder with too many files",
    "folder-crowded",
    Object.fromEntries(
      Array.from({ length: mostFiles + 1 }, (_, at) => [
        `src/wire/f${mostFiles - at}.ts`,
        "export const x = 1;\n",
      ]).reverse(),
    ),
  ],
  ["a module without rules", "module-unknown", { "src/attic/in.ts": "export const x = 1;\n" }],
];

describe("the architecture", () => {
  it("is kept in src and bin", () => {
    const sources = sourcesOnDisk();
    assert.ok(sources.size > 10, "the sources were found");
    const said = check(sources).map(({ rule, file, detail }) => `${rule}: ${file}: ${detail}`);
    assert.deepEqual(said, []);
  });

  it("lets modules depend on each other in one direction only", () => {
    for (const [name, module] of Object.entries(modules)) {
      for (const other of [
        ...module.modules,
        ...(module.typesOf ?? []),
        ...(module.lazily ?? []),
      ]) {
        assert.ok(
          !modules[other]?.modules.includes(name),
          `${name} and ${other} import each other`,
        );
      }
    }
  });

  it("finds no violation in a sound tree", () => assert.deepEqual(check(tree()), []));

  for (const [what, rule, files] of plants) {
    it(`notices ${what}`, () => {
      const found = check(tree(files));
      const file = Object.keys(files)[rule === "folder-crowded" ? mostFiles : 0] as string;
      assert.deepEqual(
        found.map((violation) => [violation.rule, violation.file]),
        [[rule, file]],
      );
    });
  }
});

describe("the scanner of imports", () => {
  const read = (source: string) =>
    importsOf(source).map(({ kind, specifier }) => `${kind} ${specifier}`);

  it("reads every form of an import", () => {
    const source = [
      'import a from "a1";',
      'import{b}from"a2";',
      "import * as c from 'a3';",
      'import type { D } from "a4";',
      'import {\n  type E,\n  e, // from "no"\n} from "a5";',
      'import "a6";',
      'export * from "a7";',
      'export * as f from "a8";',
      'export type { G } from "a9";',
      'export { type H } from "a10";',
      'const i = await import("a11");',
      'import type from "a12";',
      'import json from "./a13.json" with { type: "json" };',
      'const half = (1 / 2) / 3; import("a14");',
    ].join("\n");
    assert.deepEqual(read(source), [
      "static a1",
      "static a2",
      "static a3",
      "type a4",
      "static a5",
      "static a6",
      "static a7",
      "static a8",
      "type a9",
      "static a10",
      "dynamic a11",
      "static a12",
      "static ./a13.json",
      "dynamic a14",
    ]);
  });

  it("is not misled by comments, strings, templates or regular expressions", () => {
    const source = [
      '// import a from "no1";',
      '/* import b from "no2"; */',
      "const c = 'import d from \"no3\"';",
      `const e = \`import f from "no4" $${"{"} g("}") + \`import("no5")\` } import h from "no6"\`;`,
      "const i = /import j from \"no7\"/; const k = x.import('no8'); y.require(z);",
      'const l = /["`]/.test(m) ? "\\"" : 1; import n from "yes";',
    ].join("\n");
    assert.deepEqual(read(source), ["static yes"]);
  });

  it("sees code inside a template", () => {
    assert.deepEqual(read(`const a = \`x $${"{"} await import("yes") } y\`;`), ["dynamic yes"]);
  });

  it("keeps the length and the lines of a source", () => {
    const source = "const a = `\n$" + '{1}`; // é "\n/* \n */ const r = /[/"]/g;\n';
    const code = codeOf(source);
    assert.equal(code.length, source.length);
    assert.equal(code.split("\n").length, source.split("\n").length);
  });
});
