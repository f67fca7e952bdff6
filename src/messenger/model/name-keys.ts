/** Which names a user may choose, and when two are the same or look alike (docs/SPEC.md, Names). */
import unhomoglyph from "unhomoglyph";
import { SottoError } from "../../base/index.ts";
import { cleanName, foldCase, type Mistakable, mistakable } from "../../wire/index.ts";

/**
 * What is equal for names that count as the same: NFC, single spaces, and case folded as Unicode
 * does in full (ß and ss, ς and σ), so that a typed name is read as a stored one is kept.
 */
export function nameKey(text: string): string {
  return foldCase(
    text
      .normalize("NFC")
      .replace(/[\s\p{Zs}]+/gu, " ")
      .trim(),
  );
}

/**
 * Keys of a name: names with a key in common look alike. In addition to `nameKey` they are
 * skeletons (UTS #39, section 4), in which letters of several scripts become those of one, without
 * regard to case: of the name as it is, since an upper-case I looks like l, and of its lower case,
 * in which it does not.
 */
export function lookAlikeKeys(name: string): readonly string[] {
  const visible = name.normalize("NFKC").replace(/\p{Default_Ignorable_Code_Point}/gu, "");
  return [nameKey(name), skeleton(visible), skeleton(foldCase(visible))];
}

function skeleton(text: string): string {
  return nameKey(unhomoglyph(text.normalize("NFD")));
}

const REASONS: Readonly<Record<Mistakable, string>> = {
  option: "The name starts with -, as an option does.",
  group: "The name starts with # or group:, as the name of a group does.",
  account: "The name looks like an account id: 16 or more of a to z and 2 to 7 and nothing else.",
};

/** A typed name as it is stored: NFC, trimmed, single spaces. Throws name-invalid. */
export function typedName(text: string): string {
  const name = cleanName(text);
  if (name === undefined)
    throw new SottoError(
      "name-invalid",
      "The name is empty, too long or contains invisible characters.",
    );
  return name;
}

/** Whether a name looks like the word by which screens name this node's user. */
export function looksLikeYou(name: string): boolean {
  return lookAlikeKeys(name).includes("you");
}

/**
 * A name that the user chose for this node or a contact, as it is stored. Throws name-invalid, also
 * for one that contacts would have to change (`usableName`), or that reads as the user's own.
 */
export function chosenName(text: string): string {
  const name = typedName(text);
  const kind = mistakable(name);
  if (kind !== undefined) throw new SottoError("name-invalid", REASONS[kind]);
  if (looksLikeYou(name))
    throw new SottoError("name-invalid", "The name looks like you, which marks your own messages.");
  return name;
}
