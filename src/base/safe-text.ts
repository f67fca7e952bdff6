/**
 * Text for a terminal that consists of literals of this program and of sanitised parts. Printers
 * accept only this type, so that no command can print the text of a peer as it arrived.
 */
import { displayLine, displayText } from "./display.ts";

const content = Symbol("content");

/**
 * Text that cannot control a terminal. Only the functions of this file make it. An ordinary
 * template turns it into a string, which is sanitised again: colors and line ends are lost.
 */
export interface SafeText {
  readonly [content]: string;
  toString(): string;
}

/** What a template accepts: a string is shown on one line, without control characters. */
export type Part = SafeText | string | number;

const made = (text: string): SafeText => ({ [content]: text, toString: () => text });

/** The text to write to a terminal. */
export function written(part: Part): string {
  return typeof part === "object" ? part[content] : displayLine(String(part));
}

/** A template whose literals are used as they are, and whose strings are sanitised. */
export function safe(literals: TemplateStringsArray, ...parts: readonly Part[]): SafeText {
  return made(String.raw({ raw: literals }, ...parts.map(written)));
}

/** A text of several lines, sanitised. */
export function safeLines(text: string): SafeText {
  return made(displayText(text));
}

/** The parts with a separator between two. */
export function joined(parts: readonly Part[], separator: string): SafeText {
  return made(parts.map(written).join(displayText(separator)));
}

/** One part a line; `none` if there is no part. */
export function listed(parts: readonly Part[], none: Part): SafeText {
  return joined(parts.length > 0 ? parts : [none], "\n");
}

/** Number of UTF-16 units, as `padded` counts them. */
export function widthOf(part: Part): number {
  return written(part).length;
}

/** The part with spaces after it, up to `width` units. */
export function padded(part: Part, width: number): SafeText {
  return made(written(part).padEnd(width));
}

/** The text with `columns` spaces before each line but the first. */
export function indented(text: SafeText, columns: number): SafeText {
  return made(written(text).replaceAll("\n", `\n${" ".repeat(columns)}`));
}
