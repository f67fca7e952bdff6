import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { type ErrorRow, errorRows, pageRows } from "./errorsPage.ts";

const page = readFileSync(new URL("../../docs/ERRORS.md", import.meta.url), "utf8");

/** What one side says that the other does not. */
const missing = (from: readonly ErrorRow[], among: readonly ErrorRow[]) => {
  const said = new Set(among.map((row) => JSON.stringify(row)));
  return from.map((row) => JSON.stringify(row)).filter((row) => !said.has(row));
};

describe("docs/ERRORS.md", () => {
  it("names every error of the table with its class and remedy (npm run docs:errors)", () => {
    assert.ok(errorRows().length > 0);
    assert.deepEqual(missing(errorRows(), pageRows(page)), []);
  });

  it("names no error that the table does not have (npm run docs:errors)", () => {
    assert.deepEqual(missing(pageRows(page), errorRows()), []);
  });

  it("names each error once", () => {
    const codes = pageRows(page).map(({ code }) => code);
    assert.deepEqual(codes, [...new Set(codes)]);
  });

  it("is read so that a change on either side shows", () => {
    const changed = page.replace(/^(\| `.*\| )bad-input \|/m, "$1bug |");
    assert.notEqual(changed, page);
    assert.equal(missing(errorRows(), pageRows(changed)).length, 1);
    assert.equal(missing(pageRows(changed), errorRows()).length, 1);
    const fewer = page.replace(/^\| `.*\n/m, "");
    assert.equal(missing(errorRows(), pageRows(fewer)).length, 1);
  });
});
