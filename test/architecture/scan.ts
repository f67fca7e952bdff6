/**
 * Reads the imports of a TypeScript text without a parser: comments, string contents and regular
 * expressions are blanked first, so that only code is searched.
 */

export type ImportKind = "static" | "type" | "dynamic" | "require";

export interface Import {
  readonly kind: ImportKind;
  /** The specifier, or `undefined` where it is computed and nobody can check it. */
  readonly specifier: string | undefined;
  /** Line of the specifier, from 1. */
  readonly line: number;
}

const REGEX_AFTER_WORD =
  /\b(?:return|typeof|case|in|of|delete|void|throw|new|else|do|await|yield|instanceof)$/;

/** Whether a slash after this code starts a regular expression rather than a division. */
function startsRegex(before: string): boolean {
  const code = before.trimEnd();
  return code === "" || /[([{=,;:!&|?+\-*%~^<>]$/.test(code) || REGEX_AFTER_WORD.test(code);
}

/** The end (exclusive) of a regular expression literal that starts at `from`. */
function regexEnd(source: string, from: number): number {
  let inClass = false;
  let at = from + 1;
  for (; at < source.length; at++) {
    const character = source[at];
    if (character === "\\") at++;
    else if (character === "[") inClass = true;
    else if (character === "]") inClass = false;
    else if (character === "\n") break;
    else if (character === "/" && !inClass) return at + 1;
  }
  return at;
}

/** The end (exclusive) of a quoted string that starts at `from`. */
function stringEnd(source: string, from: number): number {
  const quote = source[from];
  for (let at = from + 1; at < source.length; at++) {
    if (source[at] === "\\") at++;
    else if (source[at] === quote) return at + 1;
    else if (source[at] === "\n") return at;
  }
  return source.length;
}

const blank = (text: string) => text.replace(/[^\n]/g, " ");

/**
 * The code of a source: as long as it, line by line, with comments, the contents of strings and
 * templates, and regular expressions turned into spaces. Quotes stay; code inside `${}` stays.
 * @param onString gets the place of each string, and of each piece of a template.
 */
export function codeOf(
  source: string,
  onString: (from: number, to: number) => void = () => undefined,
): string {
  let code = "";
  /** For each open template: how deep in braces its `${` is. */
  const templates: number[] = [];
  let depth = 0;
  let at = 0;

  const skipTo = (end: number) => {
    code += blank(source.slice(at, end));
    at = end;
  };
  const template = () => {
    const from = at;
    while (at < source.length) {
      if (source[at] === "\\") skipTo(at + 2);
      else if (source[at] === "`") {
        onString(from, at);
        code += "`";
        at++;
        return;
      } else if (source.startsWith("${", at)) {
        onString(from, at);
        code += "  ";
        at += 2;
        templates.push(depth);
        return;
      } else skipTo(at + 1);
    }
  };

  while (at < source.length) {
    const character = source[at] as string;
    if (source.startsWith("//", at)) {
      const end = source.indexOf("\n", at);
      skipTo(end < 0 ? source.length : end);
    } else if (source.startsWith("/*", at)) {
      const end = source.indexOf("*/", at + 2);
      skipTo(end < 0 ? source.length : end + 2);
    } else if (character === '"' || character === "'") {
      const end = stringEnd(source, at);
      onString(at + 1, end - 1);
      code += character + blank(source.slice(at + 1, end - 1)) + source.slice(end - 1, end);
      at = end;
    } else if (character === "`") {
      code += "`";
      at++;
      template();
    } else if (character === "/" && startsRegex(code)) {
      skipTo(regexEnd(source, at));
    } else if (character === "}" && templates.at(-1) === depth) {
      templates.pop();
      code += " ";
      at++;
      template();
    } else {
      if (character === "{") depth++;
      if (character === "}") depth--;
      code += character;
      at++;
    }
  }
  return code;
}

/** A string of a source, or a piece of a template, as it is written there. */
export interface SourceString {
  readonly text: string;
  /** From 1. */
  readonly line: number;
}

/** Every string of a source, specifiers of imports included. */
export function stringsOf(source: string): SourceString[] {
  const found: SourceString[] = [];
  codeOf(source, (from, to) => {
    const line = source.slice(0, from).split("\n").length;
    found.push({ text: source.slice(from, to), line });
  });
  return found;
}

const FROM =
  /\b(?:import|export)\b\s*(type\b(?!\s*,|\s*from\s*["'])\s*)?[\w$*{},\s]*?\bfrom\s*["']/g;
const BARE = /\bimport\s*["']/g;
const CALL = /\b(import|require)\s*\(\s*(["'`])?/g;

/** Every import and re-export of a source, `import type` and `import()` included. */
export function importsOf(source: string, code = codeOf(source)): Import[] {
  const found = new Map<number, Import>();
  /** @param quote place of the opening quote of the specifier. */
  const add = (quote: number, kind: ImportKind) => {
    const end = stringEnd(source, quote);
    const specifier = source.slice(quote + 1, end - 1);
    const line = source.slice(0, quote).split("\n").length;
    const computed = source[quote] === "`" && specifier.includes("${");
    found.set(quote, { kind, specifier: computed ? undefined : specifier, line });
  };
  for (const match of code.matchAll(FROM))
    add(match.index + match[0].length - 1, match[1] === undefined ? "static" : "type");
  for (const match of code.matchAll(BARE)) add(match.index + match[0].length - 1, "static");
  for (const match of code.matchAll(CALL)) {
    if (/[.#]/.test(code[match.index - 1] ?? "")) continue;
    const end = match.index + match[0].length;
    if (match[2] !== undefined) add(end - 1, match[1] === "import" ? "dynamic" : "require");
    else if (match[1] === "import") {
      const line = source.slice(0, match.index).split("\n").length;
      found.set(match.index, { kind: "dynamic", specifier: undefined, line });
    }
  }
  return [...found.entries()].sort(([a], [b]) => a - b).map(([, one]) => one);
}
