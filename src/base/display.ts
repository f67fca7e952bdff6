/**
 * Text of peers made safe for a terminal. Only the displayed copy changes: texts are stored and
 * returned by the API as they arrived.
 */

/**
 * Bidi embeddings, overrides and isolates; and invisible characters that no script needs: with them
 * one text can look like another. Joiners, variation selectors and the marks LRM, RLM and ALM stay.
 */
const REMOVED =
  /[\u202a-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}]/gu;
/** Tag characters, except those after U+1F3F4, which make the flag of a region. */
const TAGS = /(?<!\u{1f3f4}[\u{e0020}-\u{e007f}]*)[\u{e0000}-\u{e007f}]/gu;
const CONTROL = /[\p{Cc}\p{Cs}]/gu;

/**
 * A text that cannot control a terminal: control characters become visible symbols, line ends
 * become \n, bidi controls and invisible characters are removed, so that letters appear in the
 * order in which they were written. Keeps \n and \t.
 */
export function displayText(text: string): string {
  return text
    .replace(/\r\n|[\u2028\u2029\u0085]/g, "\n")
    .replace(REMOVED, "")
    .replace(TAGS, "")
    .replace(CONTROL, (character) => {
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

/** Control, format, private and other invisible characters, and line separators. */
const ESCAPED = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/**
 * A value as one line of JSON that cannot control a terminal: control, bidi and invisible
 * characters are escaped (\uXXXX), so that a parser reads exactly the value.
 */
export function displayJson(value: unknown): string {
  return JSON.stringify(value).replace(ESCAPED, (character) =>
    [...Array(character.length).keys()]
      .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`)
      .join(""),
  );
}
