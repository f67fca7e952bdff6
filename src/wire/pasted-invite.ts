/** Finds an invite link in a pasted text: quoted, wrapped, or with other text around it. */
import { limits } from "../base/index.ts";
import { linkLength, type ParsedInvite, parseInvite } from "./invite.ts";

/** Characters without a glyph: zero-width, bidi controls, soft hyphens, byte order marks. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Cf}]/gu;
/** The marks that mail and chat programs put before each line of a quoted text. */
const QUOTE_MARKS = /^(?:[^\S\n]*>)+/gm;
/** A word from which on a text without a scheme may be a link; `c` encodes version 1. */
const BARE_START = /(?<![a-z0-9])c(?=[a-z2-7]{7})/gi;
/** A run that is longer than an account id: most of a link without its scheme. */
const BARE_DAMAGED = /(?<![a-z0-9])c[a-z0-9]{59,}/i;
/** Characters of no link: one with the most and longest hints has fewer. */
const LONGEST = 1024;
/** A second piece that is longer than a word of a language: the next line of a wrapped link. */
const WRAPPED = /^[a-z0-9]+\s+[a-z0-9]{16}/i;

/**
 * The first intact invite in a text, else what is wrong with the first damaged one; also of a link
 * without `sotto:`. Refuses as `invite-malformed` a text that contains no link, or that is longer
 * than `limits.pastedInvite` characters.
 */
export function findInvite(text: string): ParsedInvite {
  const none: ParsedInvite = { kind: "refused", why: "invite-malformed" };
  if (text.length > limits.pastedInvite) return none;
  const clean = text.replace(INVISIBLE, "").replace(QUOTE_MARKS, "");
  let damaged: ParsedInvite | undefined;
  for (const { 0: scheme, index } of clean.matchAll(/sotto:(?:\/\/)?/gi)) {
    const parsed = linkIn(clean.slice(index + scheme.length));
    if (parsed.kind === "invite") return parsed;
    damaged ??= parsed;
  }
  for (const { index } of clean.matchAll(BARE_START)) {
    const parsed = linkIn(clean.slice(index));
    if (parsed.kind === "invite") return parsed;
  }
  const bare = BARE_DAMAGED.exec(clean);
  return damaged ?? (bare === null ? none : linkIn(clean.slice(bare.index)));
}

/** The invite whose link, without its scheme, is at the start of the text. */
function linkIn(text: string): ParsedInvite {
  const unbroken = parseBody(/^[a-z0-9]*/i.exec(text)?.[0] ?? "");
  if (unbroken.kind === "invite") return unbroken;
  const joined = parseBody(joinPieces(text));
  return joined.kind === "invite" || WRAPPED.test(text) ? joined : unbroken;
}

/** The link at the start of the text without the space in it. It ends where its length says. */
function joinPieces(text: string): string {
  let body = "";
  let length = LONGEST;
  for (const [piece] of text.matchAll(/\s*([a-z0-9]+)/giy)) {
    if (body.length >= length) break;
    body += piece.trimStart();
    length = linkLength(body) ?? length;
    if (length > LONGEST) break;
  }
  return body;
}

/** A run that continues after the end of the link has a character too many. */
function parseBody(body: string): ParsedInvite {
  const parsed = parseInvite(`sotto:${body}`);
  const malformed = parsed.kind === "refused" && parsed.why === "invite-malformed";
  return malformed ? { kind: "refused", why: "invite-mistyped" } : parsed;
}
