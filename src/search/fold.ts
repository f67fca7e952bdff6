/**
 * Folding of a text for search: two spellings that a reader takes for the same word become the
 * same string.
 */

/** Letters that Unicode does not decompose, and what they are found by. */
const LETTERS: readonly (readonly [letters: string, folded: string])[] = [
  // Latin
  ["ß", "ss"],
  ["æ", "ae"],
  ["œ", "oe"],
  ["þ", "th"],
  ["ø", "o"],
  ["đð", "d"],
  ["ħ", "h"],
  ["ı", "i"],
  ["ł", "l"],
  ["ŧ", "t"],
  // Greek and Hebrew: the form at the end of a word
  ["ς", "σ"],
  ["ך", "כ"],
  ["ם", "מ"],
  ["ן", "נ"],
  ["ף", "פ"],
  ["ץ", "צ"],
  // Arabic and Persian: letters that keyboards and habits exchange
  ["ٱ", "ا"],
  ["ىی", "ي"],
  ["ک", "ك"],
  ["ة", "ه"],
  // Devanagari: both signs of a nasal
  ["ँ", "ं"],
];

/** The digit zero of decimal systems other than ASCII; their other digits follow it. */
const ZEROS = "٠۰߀०০੦૦୦௦౦೦൦๐໐༠၀႐០᠐";

const REPLACED = new Map<string, string>([
  ...LETTERS.flatMap(([letters, folded]) => [...letters].map((one) => [one, folded] as const)),
  ...[...ZEROS].flatMap((zero) =>
    Array.from({ length: 10 }, (_, digit) => {
      const code = (zero.codePointAt(0) as number) + digit;
      return [String.fromCodePoint(code), String(digit)] as const;
    }),
  ),
  // Devanagari: the nasal at the end of a syllable, written as a letter or as a sign
  ["न्", "ं"],
]);

/** Longest first, so that a letter with a sign is replaced as a whole. */
const REPLACE = new RegExp(
  [...REPLACED.keys()].sort((a, b) => b.length - a.length).join("|"),
  "gu",
);

/**
 * What a reader does not see or does not type: invisible characters (soft hyphen, zero-width
 * characters, variation selectors), skin tones, the Arabic tatweel, the nukta of Devanagari, and
 * accents and vowel points. Marks of other scripts are letters to their readers and are kept, as
 * are the voicing marks of kana (U+3099, U+309A).
 */
const REMOVED = new RegExp(
  "[\\p{Default_Ignorable_Code_Point}\\p{Emoji_Modifier}\\u0640\\u093c]|" +
    "[[\\p{M}--[\\u3099\\u309a]]&&[\\p{sc=Inherited}\\p{sc=Cyrillic}\\p{sc=Hebrew}" +
    "\\p{sc=Arabic}\\p{sc=Syriac}]]",
  "gv",
);

/**
 * A text without case, accents, compatibility forms and invisible characters (Unicode NFKD, then
 * NFC of what is left, so that a Hangul syllable is one character). Digits become ASCII.
 */
export function fold(text: string): string {
  return text
    .normalize("NFKD")
    .toLowerCase()
    .replace(REMOVED, "")
    .replace(REPLACE, (found) => REPLACED.get(found) ?? found)
    .normalize("NFC");
}
