/**
 * Writes the generated parts of pages: `npm run docs` all of them, `npm run docs:cli` and its
 * likes one. test/docs/generated.test.ts fails while a page differs from its source.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { withPart } from "./generated.ts";
import { isPage, pages } from "./pages.ts";

const wanted = process.argv.slice(2);
for (const name of wanted.length === 0 ? Object.keys(pages) : wanted) {
  if (!isPage(name)) throw new Error(`no page ${name}; there are ${Object.keys(pages).join(", ")}`);
  const { path, part } = pages[name];
  const file = fileURLToPath(new URL(`../../${path}`, import.meta.url));
  writeFileSync(file, withPart(readFileSync(file, "utf8"), await part()));
  console.log(`wrote ${path}`);
}
