/**
 * Texts of other people, made fit for a screen of ours. The text itself is kept and handed on
 * exactly as it came.
 */

/**
 * A text that cannot command a terminal: control characters become visible signs, line ends become
 * \n, and bidi embeddings, overrides and isolates are dropped, so that letters show in the order in
 * which they were written. Keeps \n and \t.
 */
export function displayText(text: string): string {
  return text
    .replace(/\r\n|[\u2028\u2029\u0085]/g, "\n")
    .replace(/[\u202a-\u202e\u2066-\u2069]/g, "")
    .replace(/[\p{Cc}\p{Cs}]/gu, (character) => {
      if (character === "\n" || character === "\t") return character;
      const code = character.charCodeAt(0);
      // U+2400 to U+241F picture the C0 controls, U+2421 pictures DEL; the C1 controls have no
      // picture.
      if (code < 0x20) return String.fromCharCode(0x2400 + code);
      return code === 0x7f ? "\u2421" : "\ufffd";
    });
}

/** The same for a name, or whatever else must stay on one line. */
export function displayLine(text: string): string {
  return displayText(text).replace(/[\t\n]+/g, " ");
}
