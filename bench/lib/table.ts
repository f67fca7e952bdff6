/** Figures in columns: ours, and beside each the figure of a peer that was measured in the same run. */

export interface Figure {
  /** What was measured. */
  readonly name: string;
  readonly value: number;
  /** Such as "µs", "ms", "MB" or "/s". */
  readonly unit: string;
  /** What it is held against, in the same unit. */
  readonly beside?: { readonly name: string; readonly value: number };
}

/** The lines of a table. The ratio is ours over the peer's, so that 1.00 means that we cost nothing more. */
export function tableLines(title: string, figures: readonly Figure[]): string[] {
  const cells = figures.map(({ name, value, unit, beside }) => [
    name,
    `${readable(value)} ${unit}`,
    beside?.name ?? "",
    beside === undefined ? "" : `${readable(beside.value)} ${unit}`,
    beside === undefined ? "" : `${(value / beside.value).toFixed(2)}×`,
  ]);
  const rows = [["", "figure", "beside it", "", "ratio"], ...cells];
  const widths = [0, 1, 2, 3, 4].map((column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  const lines = rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column === 0 || column === 2 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join("  ")
      .trimEnd(),
  );
  return ["", title, ...lines];
}

export function printTable(title: string, figures: readonly Figure[]): void {
  process.stdout.write(`${tableLines(title, figures).join("\n")}\n`);
}

/** Three significant digits, or whole numbers with groups of three from 1000 on. */
function readable(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString("en-US");
  return Number(value.toPrecision(3)).toString();
}
