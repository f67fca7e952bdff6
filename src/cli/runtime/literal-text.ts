/** Finds where the text of a command begins: nothing in it is an option, whatever it looks like. */

/** A command with a text after its first argument, which the user types as it is. */
export interface LiteralText {
  /** Its options that have a value of their own, which is not the argument before the text. */
  readonly valued: readonly string[];
  /** Only these subcommands have the text. */
  readonly subcommands?: readonly string[];
  /**
   * The text is one argument, such as a name: options may come after it, and these, like the global
   * ones, in its place.
   */
  readonly single?: { readonly options: readonly string[] };
}

const GLOBAL_OPTIONS = ["--json", "--quiet", "--no-color"];

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
  const name = nextArgument(args, 0, []);
  const text = name === undefined ? undefined : textOf(args[name] as string);
  if (name === undefined || text === undefined) return args;
  const command = text.subcommands === undefined ? name : nextArgument(args, name + 1, []);
  if (command === undefined) return args;
  if (text.subcommands?.includes(args[command] as string) === false) return args;
  const first = nextArgument(args, command + 1, text.valued);
  if (first === undefined) return args;
  const start = first + 1;
  if (start >= args.length || args[start] === "--") return args;
  if (text.single !== undefined && !isSingleText(args.slice(start), text.single.options))
    return args;
  return [...args.slice(0, start), "--", ...args.slice(start)];
}

/** Whether the last argument looks like an option and is the text. */
function isSingleText([text = "", ...more]: readonly string[], options: readonly string[]) {
  return (
    more.length === 0 && text.startsWith("-") && ![...GLOBAL_OPTIONS, ...options].includes(text)
  );
}

/** The position of the first argument that is no option; `undefined` if `--` comes before it. */
function nextArgument(
  args: readonly string[],
  from: number,
  valued: readonly string[],
): number | undefined {
  for (let at = from; at < args.length; at++) {
    const arg = args[at] as string;
    if (arg === "--") return undefined;
    if (!arg.startsWith("-") || arg === "-") return at;
    if (valued.includes(arg)) at++;
  }
  return undefined;
}

/** The note on an option that was typed in the text, or `undefined`. */
export function optionInText(
  words: readonly string[],
  options: readonly { readonly long?: string | undefined }[],
): string | undefined {
  const typed = words.find((word) => options.some(({ long }) => long === word));
  return typed && `${typed} was taken as text. Options belong before the first argument.`;
}
