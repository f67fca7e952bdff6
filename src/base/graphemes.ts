/** Cutting text without cutting a character as a reader sees it. */

let segmenter: Intl.Segmenter | undefined;

/**
 * The longest start of a text that has at most `most` code points and ends between two grapheme
 * clusters (Unicode UAX #29): accents stay with their letters, and joined emoji stay whole.
 */
export function cutText(text: string, most: number): string {
  // A code point has one or two code units.
  if (text.length <= most) return text;
  segmenter ??= new Intl.Segmenter();
  let end = 0;
  let left = most;
  // Where a cluster ends depends on no more than the next code point: what follows is not read.
  for (const { segment, index } of segmenter.segment(text.slice(0, 2 * most + 2))) {
    left -= [...segment].length;
    if (left < 0) break;
    end = index + segment.length;
  }
  return text.slice(0, end);
}
