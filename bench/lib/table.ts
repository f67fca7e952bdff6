/**
 * Figures in columns: ours, and beside each the figure of a peer that was measured in the same run.
 */

export interface Figure {
  /** What was measured. */
  readonly name: string;
  readonly value: number;
  /** Such as "µs", "ms", "MB" or "/s". */
  readonly unit: string;
  /** What it is held against, in the same unit. */
  readonly beside?: { readonly name: string; readonly value: number };
}

/**
 * The lines of a table of figures. The ratio is ours over the peer's, so that 1.00 means that we
 * cost nothing more.
 */
export function tableLines(title: string, figures: readonly Figure[]): string[] {
  const cells = figures.map(({ name, value, unit, beside }) => [
    name,
    `${readable(value)} ${unit}`,
    beside?.name ?? "",
    beside === undefined ? "" : `${readable(beside.value)} ${unit}`,
    beside === undefined ? "" : `${(value / beside.value).toFixed(2)}×`,
  ]);
  return columns(title, [["", "figure", "beside it", "", "ratio"], ...cells], [0, 2]);
}

export function printTable(title: string, figures: readonly Figure[]): void {
  process.stdout.write(`${tableLines(title, figures).join("\n")}\n`);
}

/**
 * A table of texts, the first row being its head. `left` are the columns of words; numbers stand to
 * the right.
 */
export function printRows(
  title: string,
  rows: readonly (readonly string[])[],
  left: readonly number[] = [0],
): void {
  process.stdout.write(`${columns(title, rows, left).join("\n")}\n`);
}

function columns(
  title: string,
  rows: readonly (readonly string[])[],
  left: readonly number[],
): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  const lines = rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return left.includes(column) ? cell.padEnd(width) : cell.padStart(width);
      })
      .join("  ")
      .trimEnd(),
  );
  return ["", title, ...lines];
}

/** Three significant digits, or whole numbers with groups of three from 1000 on. */
export function readable(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString("en-US");
  return Number(value.toPrecision(3)).toString();
}
