/** "Did you mean": the most similar of some names. */
import type { Contact } from "../../api/index.ts";
import { limits } from "../../base/index.ts";

/** Damerau-Levenshtein distance (optimal string alignment). */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const at = (di: number, dj: number) => (di === 0 ? row : rows[i - di])?.[j - dj] ?? 0;
      let cost = Math.min(at(1, 0) + 1, at(0, 1) + 1, at(1, 1) + (a[i - 1] === b[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, at(2, 2) + 1);
      row.push(cost);
    }
    rows.push(row);
  }
  return rows[a.length]?.[b.length] ?? 0;
}

/** The most similar name, or `undefined`: at most one error for every three letters. */
export function nearest(typed: string, names: readonly string[]): string | undefined {
  const word = typed.slice(0, 64).toLowerCase();
  let best: { name: string; far: number } | undefined;
  for (const name of names) {
    const far = distance(word, name.toLowerCase());
    if (far < (best?.far ?? Math.ceil(Math.max(word.length, name.length) / 3) + 1))
      best = { name, far };
  }
  return best?.name;
}

const PLAIN = /^[ -~]*$/;

/**
 * The contact that a user may have meant by an unknown name: what to type for it. Contacts whose
 * name looks like another one's are left out; a name of other letters than those that were typed,
 * which may look like them, is given with the start of its account id.
 */
export function suggestedContact(typed: string, contacts: readonly Contact[]): string | undefined {
  const known = contacts.filter(
    ({ pairing, looksLike }) => pairing !== "requested" && looksLike === undefined,
  );
  const name = nearest(
    typed,
    known.map((contact) => contact.name),
  );
  const found = known.find((contact) => contact.name === name);
  if (found === undefined || name === undefined) return undefined;
  const start = found.account.slice(0, limits.accountStart);
  return PLAIN.test(name) || !PLAIN.test(typed) ? name : `${name} (account ${start})`;
}
