/** Edits of one member of a JSON object as text, which leave the rest of the text as it is. */

interface Member {
  readonly name: string;
  /** Offset of the name's opening quote. */
  readonly start: number;
  /** Offset of the value. */
  readonly value: number;
  /** Offset after the value. */
  readonly end: number;
}

const SPACE = /\s/;

/**
 * The text with this member replaced, added at the end, or removed where `value` is `undefined`. Of
 * a repeated name the last one counts, as in `JSON.parse`: it is replaced, and all are removed.
 * @param text a JSON object.
 */
export function withMember(text: string, name: string, value: unknown): string {
  const members = membersOf(text);
  const found = members.filter((member) => member.name === name);
  const last = found.at(-1);
  if (value === undefined) return found.reduceRight((rest) => withoutOne(rest, name), text);
  if (last === undefined) return withAdded(text, members, name, value);
  return text.slice(0, last.value) + written(value, indentOf(text, last)) + text.slice(last.end);
}

function withAdded(text: string, members: readonly Member[], name: string, value: unknown): string {
  const last = members.at(-1);
  const key = JSON.stringify(name);
  if (last === undefined)
    return text.replace(/\{\s*\}/, () => `{\n  ${key}: ${written(value, "  ")}\n}`);
  const before = members.at(-2)?.end;
  const gap =
    before === undefined
      ? text.slice(text.indexOf("{") + 1, last.start)
      : text.slice(text.indexOf(",", before) + 1, last.start);
  const colon = SPACE.test(text[last.value - 1] ?? "") ? ": " : ":";
  const added = `,${gap}${key}${colon}${written(value, indentOf(text, last))}`;
  return text.slice(0, last.end) + added + text.slice(last.end);
}

function withoutOne(text: string, name: string): string {
  const members = membersOf(text);
  const index = members.findIndex((member) => member.name === name);
  const member = members[index];
  if (member === undefined) return text;
  const previous = members[index - 1];
  const next = members[index + 1];
  const from = previous?.end ?? (next === undefined ? text.indexOf("{") + 1 : member.start);
  const to = previous === undefined && next !== undefined ? next.start : member.end;
  return text.slice(0, from) + text.slice(to);
}

/** The space before a member that begins a line; `undefined` where the line has more before it. */
function indentOf(text: string, { start }: Member): string | undefined {
  return /\n([ \t]*)$/.exec(text.slice(0, start))?.[1];
}

function written(value: unknown, indent: string | undefined): string {
  if (indent === undefined) return JSON.stringify(value);
  return JSON.stringify(value, null, 2).replaceAll("\n", `\n${indent}`);
}

function membersOf(text: string): Member[] {
  const members: Member[] = [];
  let at = afterSpace(text, text.indexOf("{") + 1);
  while (text[at] === '"') {
    const start = at;
    at = afterString(text, at);
    const name: string = JSON.parse(text.slice(start, at));
    const value = afterSpace(text, afterSpace(text, at) + 1);
    const end = afterValue(text, value);
    members.push({ name, start, value, end });
    at = afterSpace(text, end);
    if (text[at] === ",") at = afterSpace(text, at + 1);
  }
  return members;
}

function afterSpace(text: string, from: number): number {
  let at = from;
  while (SPACE.test(text[at] ?? "")) at++;
  return at;
}

function afterString(text: string, quote: number): number {
  let at = quote + 1;
  while (text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at + 1;
}

function afterValue(text: string, from: number): number {
  let at = from;
  let depth = 0;
  do {
    const letter = text[at] ?? "";
    if (letter === '"') at = afterString(text, at);
    else {
      if (letter === "[" || letter === "{") depth++;
      if (letter === "]" || letter === "}") depth--;
      at++;
    }
  } while (depth > 0 || !/^[\s,}]?$/.test(text[at] ?? ""));
  return at;
}
