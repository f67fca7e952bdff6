/** Output of a command: data on standard output, everything else on standard error. */
import {
  displayJson,
  displayText,
  type Part,
  type SafeText,
  safe,
  written,
} from "../../base/index.ts";

/** The global output options. */
export interface Flags {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly color: boolean;
}

type Paint = (text: Part) => SafeText;

/** Text styles of one stream; without color each returns its text. */
export interface Style {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  readonly red: Paint;
}

/**
 * The only way to standard output and standard error. It prints only `SafeText` as it is; a string,
 * whatever it contains, is sanitised and printed on one line. So no command can forget it.
 */
export interface Printer {
  readonly flags: Flags;
  /** The styles of standard output. */
  readonly style: Style;
  /** The command's result: text, or with --json one line of JSON. */
  data(text: Part, value: unknown): void;
  /** Additional information; not printed with --quiet or --json. */
  say(text: Part): void;
  /** A warning, also with --quiet. */
  warn(text: Part): void;
  /** An error: what happened, then the next step; each on one line. */
  error(fault: { readonly code: string; readonly message: string; readonly remedy: string }): void;
  /** Complete lines of a log, or of what another process wrote to its standard error. */
  log(lines: string): void;
  /**
   * The help or the version: on standard output if it was asked for. On standard error, where a
   * command is missing, there is an error object instead with --json.
   */
  help(text: string, asked: boolean): void;
}

const SGR = { bold: 1, dim: 2, green: 32, yellow: 33, red: 31 } as const;

function styleOf(colored: boolean): Style {
  const paint =
    (code: number): Paint =>
    (text) =>
      colored ? safe`\u001b[${code}m${text}\u001b[0m` : safe`${text}`;
  return {
    bold: paint(SGR.bold),
    dim: paint(SGR.dim),
    green: paint(SGR.green),
    yellow: paint(SGR.yellow),
    red: paint(SGR.red),
  };
}

/** Flags may be anywhere before `--`; `NO_COLOR` (any value) and `TERM=dumb` disable color too. */
export function flagsOf(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Flags {
  const end = args.indexOf("--");
  const before = end < 0 ? args : args.slice(0, end);
  return {
    json: before.includes("--json"),
    quiet: before.includes("--quiet"),
    color: !before.includes("--no-color") && !env.NO_COLOR && env.TERM !== "dumb",
  };
}

/** A stream to print to. */
export interface Stream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export function createPrinter(
  flags: Flags,
  stdout: Stream = process.stdout,
  stderr: Stream = process.stderr,
): Printer {
  const style = styleOf(flags.color && stdout.isTTY === true);
  const errorStyle = styleOf(flags.color && stderr.isTTY === true);
  const print = (stream: Stream, text: Part) => stream.write(`${written(text)}\n`);
  return {
    flags,
    style,
    data(text, value) {
      if (flags.json) stdout.write(`${displayJson(value)}\n`);
      else print(stdout, text);
    },
    say(text) {
      if (!flags.quiet && !flags.json) print(stderr, text);
    },
    warn(text) {
      print(stderr, safe`${errorStyle.yellow("!")} ${text}`);
    },
    error({ code, message, remedy }) {
      if (flags.json) stderr.write(`${displayJson({ error: { code, message, remedy } })}\n`);
      else print(stderr, safe`${errorStyle.red("✗")} ${message}\n→ ${remedy}`);
    },
    log(lines) {
      const readable = stderr.isTTY === true && !flags.json;
      stderr.write(displayText(readable ? lines.split("\n").map(logText).join("\n") : lines));
    },
    help(text, asked) {
      if (asked) stdout.write(displayText(text));
      else if (!flags.json) stderr.write(displayText(text));
    },
  };
}

/** A JSON line of the log for a reader: time, level, event, fields. Any other line as it is. */
function logText(line: string): string {
  if (!line.startsWith('{"')) return line;
  let entry: Readonly<Record<string, unknown>>;
  try {
    entry = JSON.parse(line);
  } catch {
    return line;
  }
  const { time, level, event, ...fields } = entry;
  const parts = Object.entries(fields).map(([name, value]) => `${name}=${displayJson(value)}`);
  const clock = typeof time === "string" ? time.slice(11, 19) : "";
  return [clock, level, event, ...parts].filter(Boolean).join("  ");
}
