/** The table of docs/ERRORS.md, from src/base/error-table.ts. */
import { errorTable } from "../../src/base/index.ts";
import { table } from "./generated.ts";

export function errorsPart(): string {
  const rows = Object.entries(errorTable).map(([code, entry]) => [
    `\`${code}\``,
    entry.class,
    entry.remedy,
  ]);
  return table(["code", "class", "what to do"], rows).join("\n");
}
