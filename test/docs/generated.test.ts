import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { splitPage, withPart } from "../../scripts/docs/generated.ts";
import { pages } from "../../scripts/docs/pages.ts";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

describe("generated parts of pages", () => {
  for (const [name, { path, part }] of Object.entries(pages)) {
    it(`${path} is equal to its source (npm run docs:${name})`, async () => {
      assert.deepEqual(splitPage(read(path)).part.split("\n"), (await part()).split("\n"));
    });
  }

  it("keep the text around them when they are written", () => {
    const page = read("docs/ERRORS.md");
    const changed = withPart(page, "| another | table |");
    assert.equal(splitPage(changed).part, "| another | table |");
    assert.equal(splitPage(changed).before, splitPage(page).before);
    assert.equal(splitPage(changed).after, splitPage(page).after);
  });

  it("need both marks", () => {
    assert.throws(() => splitPage("# A page without marks\n"), /lacks/);
  });
});
