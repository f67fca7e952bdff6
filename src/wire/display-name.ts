/** Display names: our own and those that peers choose (docs/SPEC.md, Names). */
import { limits } from "../base/index.ts";

/** Legitimate joiners: inside an emoji, and between letters of scripts that use them. */
const JOINED_EMOJI =
  /(?<=\p{Extended_Pictographic}|\p{Emoji_Modifier}|\ufe0f)\u200d(?=\p{Extended_Pictographic})/gu;
const EMOJI_STYLE = /(?<=[\p{Extended_Pictographic}0-9#*])\ufe0f/gu;
const SIMPLE_SCRIPT = "[\\p{sc=Latin}\\p{sc=Greek}\\p{sc=Cyrillic}\\p{sc=Common}]";
const JOINED_LETTERS = new RegExp(
  `(?<=(?!${SIMPLE_SCRIPT})[\\p{L}\\p{M}])[\\u200c\\u200d](?=\\p{L})`,
  "gu",
);
/** Control and format characters (bidi included), line ends, and blank characters. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/u;
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u;

/**
 * A name in NFC, trimmed, with single spaces: 1 to `limits.nameLength` code points. `undefined`
 * if it contains control, bidi or invisible characters (with them one name can look like another),
 * has no visible character, or is too long.
 */
export function cleanName(text: string): string | undefined {
  // Limits the work on a hostile name; valid names with many spaces or accents are far shorter.
  if (text.length > 8 * limits.nameLength) return undefined;
  const name = text
    .normalize("NFC")
    .replace(/\p{Zs}+/gu, " ")
    .trim();
  const plain = name.replace(JOINED_EMOJI, "").replace(EMOJI_STYLE, "").replace(JOINED_LETTERS, "");
  if (HIDDEN.test(plain) || !VISIBLE.test(plain)) return undefined;
  return [...name].length <= limits.nameLength ? name : undefined;
}

/** What a name would be taken for where a user types it: an option, a group or an account id. */
export type Mistakable = "option" | "group" | "account";

const ACCOUNT_START = new RegExp(`^[a-z2-7]{${limits.accountStart},}$`);

/**
 * Case folded as Unicode does in full (ß and ss, ς and σ), and ı as I. JavaScript has no case
 * folding: upper case first, which writes ß as SS.
 */
export function foldCase(text: string): string {
  return text.toUpperCase().toLowerCase().replaceAll("ς", "σ").normalize("NFC");
}

/** What a clean name would be taken for; `undefined` for one that is only a name. */
export function mistakable(name: string): Mistakable | undefined {
  // Folded as names are compared: ß and ı must not hide that a name reads as the start of an id.
  const typed = foldCase(name.normalize("NFKC"));
  if (typed.startsWith("-")) return "option";
  // Groups are typed as group:NAME and shown as #NAME.
  if (typed.startsWith("#") || typed.startsWith("group:")) return "group";
  return ACCOUNT_START.test(typed) ? "account" : undefined;
}

/**
 * The name that a peer chose, as this node uses it: a leading `-` or `#` and the colon of `group:`
 * become `_`. `undefined` for one that looks like an account id.
 */
export function usableName(name: string): string | undefined {
  switch (mistakable(name)) {
    case undefined:
      return name;
    case "account":
      return undefined;
    default: {
      const characters = [...name];
      const colon = characters.findIndex((each) => each.normalize("NFKC") === ":");
      const marked = /^[-#]/.test(name.normalize("NFKC")) ? 0 : colon;
      return characters.map((each, at) => (at === marked ? "_" : each)).join("");
    }
  }
}
