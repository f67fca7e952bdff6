/** JSON for a page: as many fields on a line as fit, long strings cut. */

const WIDTH = 100;
/** Longest string that is shown whole. */
const LONGEST = 240;

/** The lines of a value. */
export function packedJson(value: unknown): readonly string[] {
  return packed(value, 0).split("\n");
}

/**
 * @param indent columns before the lines of the value.
 * @param lead columns of what stands before it on its first line.
 */
function packed(value: unknown, indent: number, lead = 0): string {
  const line = oneLine(value);
  if (indent + lead + line.length <= WIDTH || typeof value !== "object" || value === null)
    return line;
  const isList = Array.isArray(value);
  const parts = Object.entries(value).map(([name, each]) => {
    const key = isList ? "" : `${JSON.stringify(name)}: `;
    return `${key}${packed(each, indent + 2, key.length)}`;
  });
  const margin = " ".repeat(indent + 2);
  const [open, close] = isList ? ["[", "]"] : ["{", "}"];
  return `${open}\n${filled(parts, margin)}\n${" ".repeat(indent)}${close}`;
}

/** The parts with commas, several on a line unless one has lines of its own. */
function filled(parts: readonly string[], margin: string): string {
  const lines: string[] = [];
  let isOpen = false;
  for (const [at, part] of parts.entries()) {
    const text = at + 1 < parts.length ? `${part},` : part;
    const last = lines.at(-1) ?? "";
    if (isOpen && !text.includes("\n") && last.length + 1 + text.length <= WIDTH)
      lines[lines.length - 1] = `${last} ${text}`;
    else lines.push(`${margin}${text}`);
    isOpen = !text.includes("\n");
  }
  return lines.join("\n");
}

function oneLine(value: unknown): string {
  if (typeof value === "string")
    return JSON.stringify(value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(oneLine).join(", ")}]`;
  const fields = Object.entries(value).map(
    ([name, each]) => `${JSON.stringify(name)}: ${oneLine(each)}`,
  );
  return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`;
}
