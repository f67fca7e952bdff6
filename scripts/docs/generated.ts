/** The generated part of a page: everything between two marks. What surrounds it is hand-written. */

const START = "<!-- generated: npm run docs -->\n";
const END = "<!-- end of the generated part -->\n";

/** The page around its generated part, the marks included. Throws where a mark is missing. */
export function splitPage(page: string): { before: string; part: string; after: string } {
  const start = page.indexOf(START);
  const end = page.indexOf(END);
  if (start < 0 || end < start) throw new Error(`the page lacks ${START} or ${END}`);
  return {
    before: page.slice(0, start + START.length),
    part: page.slice(start + START.length, end).trim(),
    after: page.slice(end),
  };
}

/** The page with another generated part. */
export function withPart(page: string, part: string): string {
  const { before, after } = splitPage(page);
  return `${before}\n${part}\n\n${after}`;
}

/** A table in Markdown. Cells are escaped. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;
  return [line(head), `|${"---|".repeat(head.length)}`, ...rows.map(line)];
}
