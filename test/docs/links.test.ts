import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Every page that a person may read, relative to the repository. */
const pages = ["", "docs", "docs/decisions", "bench"].flatMap((folder) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(folder, name)),
);

const read = (page: string) => readFileSync(join(root, page), "utf8");

/** The anchor of a heading, as the usual viewers of Markdown make it. */
const anchorOf = (heading: string) =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replace(/\s/g, "-");

const anchorsOf = (text: string) =>
  withoutFences(text)
    .split("\n")
    .flatMap((line) => /^#{1,6}\s+(.*)$/.exec(line)?.slice(1, 2) ?? [])
    .map(anchorOf);

const withoutFences = (text: string) => text.replace(/^```[\s\S]*?^```/gm, "");

/** What of a page's relative links leads nowhere. */
function brokenLinks(page: string, text: string): string[] {
  const broken: string[] = [];
  for (const [, link] of withoutFences(text).matchAll(/\]\(([^)\s]+)[^)]*\)/g)) {
    if (link === undefined || /^[a-z][a-z+.-]*:/.test(link)) continue;
    const [path, anchor] = link.split("#") as [string, string | undefined];
    const target = path === "" ? join(root, page) : resolve(root, dirname(page), path);
    const outside = relative(root, target).startsWith("..");
    const found = !outside && existsSync(target);
    const lost =
      found && anchor !== undefined && !anchorsOf(readFileSync(target, "utf8")).includes(anchor);
    if (!found || lost) broken.push(`${page}: ${link}`);
  }
  return broken;
}

const { scripts, files } = JSON.parse(read("package.json")) as {
  scripts: Record<string, string>;
  files: readonly string[];
};

/** Top-level files and folders that the README links to. */
const linkedFromReadme = (text: string) =>
  [...withoutFences(text).matchAll(/\]\(([\w.-]+)[^)]*\)/g)].map(([, first]) => first as string);

/** Scripts that a page tells people to run and that do not exist. */
function unknownScripts(page: string, text: string): string[] {
  return [...text.matchAll(/\bnpm run (?:-s |--silent )?([a-z][\w:-]*)/g)]
    .map(([, name]) => name as string)
    .filter((name) => !(name in scripts))
    .map((name) => `${page}: npm run ${name}`);
}

/** Files of the project that a page names in code and that do not exist. */
function unknownPaths(page: string, text: string): string[] {
  return [...text.matchAll(/`((?:src|test|docs|bin|bench|scripts|deploy|mutation)\/[\w./-]+)`/g)]
    .map(([, path]) => path as string)
    .filter((path) => !existsSync(join(root, path)))
    .map((path) => `${page}: ${path}`);
}

describe("the pages", () => {
  it("link to what is there", () => {
    assert.ok(pages.includes("docs/ERRORS.md"));
    assert.deepEqual(
      pages.flatMap((page) => brokenLinks(page, read(page))),
      [],
    );
  });

  it("name scripts that exist", () => {
    assert.deepEqual(
      pages.flatMap((page) => unknownScripts(page, read(page))),
      [],
    );
  });

  it("name files that exist, but for decisions of the past", () => {
    assert.deepEqual(
      pages
        .filter((page) => !page.startsWith("docs/decisions/"))
        .flatMap((page) => unknownPaths(page, read(page))),
      [],
    );
  });

  it("that the README links to are in the package", () => {
    const linked = linkedFromReadme(read("README.md"));
    assert.ok(linked.includes("docs") && linked.includes("CONTRIBUTING.md"));
    assert.deepEqual(
      linked.filter((first) => !files.includes(first)),
      [],
    );
  });

  it("are read so that a fault in them shows", () => {
    const page = "docs/PLANTED.md";
    const text = [
      "# Here it is",
      "[gone](GONE.md) [there](ERRORS.md) [anchor](ERRORS.md#codes) [lost](ERRORS.md#lost)",
      "[web](https://example.org/x) [out](../../etc)",
      "`src/base/gone.ts` and `src/base/errors.ts`, npm run nothing, npm run build",
    ].join("\n");
    assert.deepEqual(brokenLinks(page, text), [
      `${page}: GONE.md`,
      `${page}: ERRORS.md#lost`,
      `${page}: ../../etc`,
    ]);
    assert.deepEqual(unknownPaths(page, text), [`${page}: src/base/gone.ts`]);
    assert.deepEqual(unknownScripts(page, text), [`${page}: npm run nothing`]);
  });
});
