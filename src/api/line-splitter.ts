/** Splits a stream of text into lines of limited length. */

/** Returned instead of a line above the limit; the rest of the line is skipped. */
export const tooLong: unique symbol = Symbol("too long");

export interface LineSplitter {
  /** The lines that this chunk completes, without newlines. */
  push(chunk: string): (string | typeof tooLong)[];
}

/** @param cap characters of the longest line. */
export function lineSplitter(cap: number): LineSplitter {
  let held: string[] = [];
  let length = 0;
  let skipping = false;

  const end = (last: string): string | typeof tooLong => {
    const line = skipping || length + last.length > cap ? tooLong : held.join("") + last;
    held = [];
    length = 0;
    skipping = false;
    return line;
  };

  return {
    push(chunk) {
      const lines: (string | typeof tooLong)[] = [];
      let from = 0;
      for (;;) {
        const newline = chunk.indexOf("\n", from);
        if (newline < 0) break;
        lines.push(end(chunk.slice(from, newline)));
        from = newline + 1;
      }
      const rest = from === 0 ? chunk : chunk.slice(from);
      if (!skipping && length + rest.length > cap) {
        skipping = true;
        held = [];
      } else if (!skipping && rest.length > 0) {
        held.push(rest);
        length += rest.length;
      }
      return lines;
    },
  };
}
