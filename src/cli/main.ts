/** The entry point of the command line: parses the arguments, runs one command, reports errors. */
import type { Command, OutputConfiguration } from "commander";
import { type Environment, version } from "../api/index.ts";
import { errorTable, SottoError, systemError } from "../base/index.ts";
import { commands } from "./commands.ts";
import { type Context, createContext } from "./runtime/context.ts";
import { readEnvironment } from "./runtime/environment.ts";
import { exit, exitCodeOf, Interrupted } from "./runtime/exit-codes.ts";
import { reportUncaughtException } from "./runtime/last-resort.ts";
import { markText } from "./runtime/literal-text.ts";
import { createPrinter, flagsOf, type Printer, type Stream } from "./runtime/print.ts";
import { nearest } from "./runtime/suggest.ts";

/**
 * Runs the command that the arguments name. Never throws.
 * @param typed the arguments after the program's name.
 * @returns the exit code.
 */
export function main(typed: readonly string[]): Promise<number> {
  reportFailedOutput();
  reportUncaughtException();
  return runCommandLine(typed, readEnvironment(), process);
}

/** Where a command line reads and writes. */
export interface Terminal {
  readonly stdin: { readonly isTTY?: boolean };
  readonly stdout: Stream;
  readonly stderr: Stream;
}

/**
 * Runs one command. Never throws.
 * @returns the exit code.
 */
export async function runCommandLine(
  typed: readonly string[],
  environment: Environment,
  { stdin, stdout, stderr }: Terminal,
): Promise<number> {
  const args = markText(typed, (name) => commands.find((each) => each.name === name)?.text);
  const out = createPrinter(flagsOf(args, environment.env), stdout, stderr);
  const interactive = stdin.isTTY === true && stderr.isTTY === true && !out.flags.json;
  const context = createContext(environment, out, interactive);
  try {
    const named = args.find((arg) => !arg.startsWith("-"));
    const wanted = (name: string) => name === named || (named === "help" && args.includes(name));
    const program = await createProgram(context, wanted, {
      writeOut: (text) => out.help(text, true),
      writeErr: (text) => out.help(text, false),
    });
    await program.parseAsync(args, { from: "user" }).catch((error: unknown) => {
      throw unknownSubcommand(error, args, program) ?? error;
    });
    return context.exitCode();
  } catch (error) {
    return report(error, out);
  } finally {
    await context.close();
  }
}

/**
 * The program with its global options and every command by name and summary.
 * @param wanted the commands whose arguments, options and actions are loaded too.
 * @param output receives help and version; by default the streams of the process.
 */
export async function createProgram(
  context: Context,
  wanted: (name: string) => boolean,
  output: OutputConfiguration = {},
): Promise<Command> {
  // Loaded here, so that the library, which only needs the socket, does not load it.
  const { Command } = await import("commander");
  const program = new Command("sotto")
    .description("A messenger with no server between people.")
    .version(version)
    .option("--json", "print data as JSON, streams as one object per line")
    .option("--quiet", "print data only")
    .option("--no-color", "print without color")
    .exitOverride()
    .configureOutput({ ...output, outputError: () => undefined })
    .showSuggestionAfterError()
    .addHelpText("after", FIRST_STEPS);
  for (const { name, summary, load } of commands) {
    const command = program.command(name).summary(summary).description(summary);
    if (wanted(name)) (await load()).define(command, context);
  }
  return program;
}

const FIRST_STEPS = `
First steps:
  sotto up                   start your node and get an invite to share
  sotto add sotto:…          add a contact by the invite you received
  sotto send alice "hello"   send a message

Exit codes: 0 ok, 1 failure, 2 usage, 3 node not running, 4 key changed, 5 timed out,
6 not found, 7 store locked or in use, 130 interrupted`;

/**
 * The error for a word in place of a subcommand. A group with a default subcommand takes it for an
 * argument of that one, and reports that there are too many.
 */
function unknownSubcommand(
  error: unknown,
  args: readonly string[],
  program: Command,
): SottoError | undefined {
  if (!isCommander(error) || error.code !== "commander.excessArguments") return undefined;
  let command = program;
  for (const word of args.filter((arg) => !arg.startsWith("-"))) {
    const next = command.commands.find((each) => each.name() === word);
    if (next !== undefined) {
      command = next;
      continue;
    }
    if (command.commands.length === 0) return undefined;
    const meant = nearest(
      word,
      command.commands.map((each) => each.name()),
    );
    const guess = meant === undefined ? "" : ` Did you mean ${meant}?`;
    return new SottoError("usage", `Unknown command '${command.name()} ${word}'.${guess}`);
  }
  return undefined;
}

/** Prints the error of a command. @returns the exit code. */
function report(error: unknown, out: Printer): number {
  if (isCommander(error)) {
    if (error.exitCode === 0) return exit.ok;
    const { remedy } = errorTable.usage;
    if (error.code !== "commander.help")
      out.error({ code: "usage", message: usageMessage(error), remedy });
    // Without a command commander prints the help, which is no JSON.
    else if (out.flags.json) out.error({ code: "usage", message: "No command was given.", remedy });
    return exit.usage;
  }
  if (error instanceof SottoError) {
    out.error({ code: error.code, message: error.message, remedy: error.remedy });
    return exitCodeOf(error.code);
  }
  if (error instanceof Interrupted) {
    if (error.message !== "") out.say(error.message);
    return exit.interrupted;
  }
  const fault =
    systemError(error) ??
    new SottoError("internal", error instanceof Error ? error.message : String(error));
  out.error({ code: fault.code, message: fault.message, remedy: fault.remedy });
  return exit.failure;
}

/** What is wrong with the arguments, as sentences. */
function usageMessage({ code, message }: CommanderError): string {
  const text = message
    .replace(/^error: /, "")
    .replace(/\s*\n\((Did you mean .*\?)\)$/, ". $1")
    .replace(/\s*\n\s*/g, " ");
  const whole = `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.?!)]$/.test(text) ? "" : "."}`;
  if (code !== "commander.unknownOption") return whole;
  return `${whole} If it is not an option, put -- before it.`;
}

type CommanderError = Error & { readonly code: string; readonly exitCode: number };

function isCommander(error: unknown): error is CommanderError {
  return (
    error instanceof Error &&
    "code" in error &&
    typeof error.code === "string" &&
    error.code.startsWith("commander.") &&
    "exitCode" in error
  );
}

/**
 * Ends the program if standard output cannot be written. The reader of a pipe may close it
 * (`sotto read alice | head`), which is not an error; a full disk is.
 */
function reportFailedOutput(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(exit.ok);
    const what = "Standard output cannot be written";
    const { message } = systemError(error, what) ?? { message: `${what}.` };
    const remedy = "Check where the output goes. It is incomplete.";
    const { argv, env } = process;
    const out = createPrinter(flagsOf(argv.slice(2), env));
    out.error({ code: "file-write-failed", message, remedy });
    process.exit(exit.failure);
  });
  process.stderr.on("error", () => undefined);
}
