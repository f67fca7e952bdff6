/** A text as a QR code of half blocks, which every terminal with UTF-8 shows. */
export async function qrCode(text: string): Promise<string> {
  const { renderUnicodeCompact } = await import("uqr");
  // Upper case fits the alphanumeric mode of QR: a smaller code. Links are read in either case.
  return renderUnicodeCompact(text.toUpperCase(), { border: 2 });
}
