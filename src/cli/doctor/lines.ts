/**
 * Findings as lines: a mark, a topic, what was found, and where it is not well the next command to
 * type.
 */
import type { Style } from "../runtime/print.ts";

export interface Line {
  /** well: no need to read it. note: good to know. wrong: links fail by it. */
  readonly state: "well" | "note" | "wrong";
  readonly topic: string;
  /** One or several lines. */
  readonly text: string;
  /** What to do next. */
  readonly remedy?: string | undefined;
}

const TOPIC = 10;
/** Mark, topic and the spaces behind each. */
const INDENT = " ".repeat(2 + TOPIC + 2);

export function printed(lines: readonly Line[], style: Style): string {
  const marks = { well: style.green("✓"), note: style.yellow("·"), wrong: style.red("✗") };
  return lines
    .map(({ state, topic, text, remedy }) => {
      const all = [...text.split("\n"), ...(remedy === undefined ? [] : [`→ ${remedy}`])];
      return `${marks[state]} ${topic.padEnd(TOPIC)}  ${all.join(`\n${INDENT}`)}`;
    })
    .join("\n");
}
