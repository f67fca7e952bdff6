/** The table of docs/ERRORS.md as rows, from the source and from the page. */
import { errorTable } from "../../src/base/index.ts";

export interface ErrorRow {
  readonly code: string;
  readonly class: string;
  readonly remedy: string;
}

const START = "<!-- table: npm run docs:errors -->\n";
const END = "<!-- end of table -->\n";

/** Rows of the table in the source, in its order. */
export function errorRows(): ErrorRow[] {
  return Object.entries(errorTable).map(([code, entry]) => ({
    code,
    class: entry.class,
    remedy: entry.remedy,
  }));
}

/** The page around its table, the marks included. */
export function splitAtTable(page: string): { before: string; table: string; after: string } {
  const start = page.indexOf(START);
  const end = page.indexOf(END);
  if (start < 0 || end < start) throw new Error(`docs/ERRORS.md lacks ${START} or ${END}`);
  return {
    before: page.slice(0, start + START.length),
    table: page.slice(start + START.length, end),
    after: page.slice(end),
  };
}

/** Rows of a page, in its order. */
export function pageRows(page: string): ErrorRow[] {
  const rows: ErrorRow[] = [];
  for (const line of splitAtTable(page).table.split("\n")) {
    const match = /^\| `([^`]+)` \| ([\w-]+) \| (.*) \|$/.exec(line);
    if (match === null) continue;
    const [, code, errorClass, remedy] = match as unknown as [string, string, string, string];
    rows.push({ code, class: errorClass, remedy: remedy.replaceAll("\\|", "|") });
  }
  return rows;
}
