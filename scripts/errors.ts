/**
 * Writes the table in docs/ERRORS.md anew from src/base/error-table.ts: `npm run docs:errors`.
 * The text around the table is written by hand and stays.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { errorRows, splitAtTable } from "../test/docs/errorsPage.ts";

const page = fileURLToPath(new URL("../docs/ERRORS.md", import.meta.url));
const { before, after } = splitAtTable(readFileSync(page, "utf8"));
const lines = ["| code | class | what to do |", "|---|---|---|"];
for (const { code, class: errorClass, remedy } of errorRows()) {
  lines.push(`| \`${code}\` | ${errorClass} | ${remedy.replaceAll("|", "\\|")} |`);
}
writeFileSync(page, `${before}\n${lines.join("\n")}\n\n${after}`);
