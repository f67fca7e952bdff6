/** Text in chunks -> whole lines, with a cap on how much is ever held. */

/** A line that grew beyond the cap: its rest is skipped up to its newline. */
export const tooLong: unique symbol = Symbol("too long");

export interface LineSplitter {
  /** The lines that this chunk completes, in order, without their newlines. */
  push(chunk: string): (string | typeof tooLong)[];
}

/** @param cap characters of the longest line that is taken. */
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
