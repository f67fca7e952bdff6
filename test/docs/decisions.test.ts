import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = new URL("../../docs/decisions/", import.meta.url);

describe("docs/decisions", () => {
  it("are numbered one after another, and each says its own number first", () => {
    const names = readdirSync(fileURLToPath(folder)).sort();
    for (const [index, name] of names.entries()) {
      const number = index + 1;
      assert.ok(name.startsWith(`${String(number).padStart(4, "0")}-`), name);
      const [title] = readFileSync(new URL(name, folder), "utf8").split("\n");
      assert.ok(title?.startsWith(`# ${number}. `), `${name}: ${title}`);
    }
  });
});
