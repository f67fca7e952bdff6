/** Text of others made harmless for a terminal. The text itself is kept and handed on exactly as it came. */

/**
 * Control characters (C0 without tab and newline, DEL, C1), which a terminal obeys; and the marks that reorder or hide text
 * (Unicode bidi controls, line separators, byte-order mark, interlinear and tag characters), which let one text look like another.
 * Joiners stay: scripts and emoji need them.
 */
const HARMFUL =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|\p{Cs}/gu;

/** A text for the screen: what could command the terminal or reorder the line is shown as `\ufffd`. */
export function displayText(text: string): string {
  return text.replace(HARMFUL, "\ufffd");
}

/** The same for a name or whatever else must stay on one line. */
export function displayLine(text: string): string {
  return displayText(text).replace(/[\t\n]/g, " ");
}
