/** QR codes of half block characters for a terminal. */
import type { NewInvite } from "../../api/index.ts";
import { joined, type SafeText, safeLines } from "../../base/index.ts";

/** Rows of a terminal whose size is not known. */
const ROWS = 24;
/** Rows for what is printed after the code of an invite: two lines of text and the prompt. */
const ROWS_AFTER = 3;

/** A text as a QR code (UTF-8). */
export async function qrCode(text: string): Promise<SafeText> {
  const { renderUnicodeCompact } = await import("uqr");
  // Upper case fits the alphanumeric mode of QR: a smaller code. Links are read in either case.
  return safeLines(renderUnicodeCompact(text.toUpperCase(), { border: 2 }));
}

/**
 * The QR code of an invite; one without bootstrap nodes and addresses, with a note, if the whole
 * one does not fit on the screen: a code that is cut cannot be scanned.
 * @param rows height of the terminal; `undefined` if it is not known.
 */
export async function inviteQrCode(
  { link, shortLink }: Pick<NewInvite, "link" | "shortLink">,
  rows = ROWS,
): Promise<SafeText> {
  const whole = await qrCode(link);
  if (link === shortLink || heightOf(whole) + ROWS_AFTER <= rows) return whole;
  const note = "This QR code has no bootstrap nodes and addresses, to fit; the link has them.";
  return joined([note, await qrCode(shortLink)], "\n");
}

const heightOf = (code: SafeText): number => code.toString().split("\n").length;
