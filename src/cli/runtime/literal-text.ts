/** Finds where the text of a command begins: nothing in it is an option, whatever it looks like. */

/** A command whose last arguments are a text that the user types as it is. */
export interface LiteralText {
  /** Its options that have a value of their own, which is not the argument before the text. */
  readonly valued: readonly string[];
}

/**
 * The arguments with `--` before the text: `send bob -h` becomes `send bob -- -h`. Options of the
 * command and global options belong before its first argument.
 * @param args all arguments of the program.
 * @param textOf the text of the command with this name, or `undefined` if it has none.
 */
export function markText(
  args: readonly string[],
  textOf: (command: string) => LiteralText | undefined,
): readonly string[] {
  const name = args.findIndex((arg) => !arg.startsWith("-"));
  const text = name < 0 ? undefined : textOf(args[name] as string);
  if (text === undefined) return args;
  let at = name + 1;
  for (; at < args.length; at++) {
    const arg = args[at] as string;
    if (arg === "--") return args;
    if (!arg.startsWith("-") || arg === "-") break;
    if (text.valued.includes(arg)) at++;
  }
  const start = at + 1;
  if (start >= args.length || args[start] === "--") return args;
  return [...args.slice(0, start), "--", ...args.slice(start)];
}

/** The note on an option that was typed in the text, or `undefined`. */
export function optionInText(
  words: readonly string[],
  options: readonly { readonly long?: string | undefined }[],
): string | undefined {
  const typed = words.find((word) => options.some(({ long }) => long === word));
  return typed && `${typed} was taken as text. Options belong before the first argument.`;
}
