/**
 * Text of peers made safe for a terminal. Only the displayed copy changes: texts are stored and
 * returned by the API as they arrived.
 */

/**
 * A text that cannot control a terminal: control characters become visible symbols, line ends
 * become \n, and bidi embeddings, overrides and isolates are removed, so that letters appear in the
 * order in which they were written. Keeps \n and \t.
 */
export function displayText(text: string): string {
  return text
    .replace(/\r\n|[\u2028\u2029\u0085]/g, "\n")
    .replace(/[\u202a-\u202e\u2066-\u2069]/g, "")
    .replace(/[\p{Cc}\p{Cs}]/gu, (character) => {
      if (character === "\n" || character === "\t") return character;
      const code = character.charCodeAt(0);
      // U+2400 to U+241F are symbols for the C0 controls and U+2421 for DEL; the C1 controls have
      // none.
      if (code < 0x20) return String.fromCharCode(0x2400 + code);
      return code === 0x7f ? "\u2421" : "\ufffd";
    });
}

/** The same on one line, as for a name. */
export function displayLine(text: string): string {
  return displayText(text).replace(/[\t\n]+/g, " ");
}
