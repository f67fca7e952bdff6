/** The entry point of the command line: parses the arguments, runs one command, reports errors. */
import type { Command } from "commander";
import { version } from "../api/index.ts";
import { errorTable, SottoError, systemError } from "../base/index.ts";
import { commands } from "./commands.ts";
import { type Context, createContext, type Running } from "./runtime/context.ts";
import { readEnvironment } from "./runtime/environment.ts";
import { exit, exitCodeOf, Interrupted } from "./runtime/exit-codes.ts";
import { markText } from "./runtime/literal-text.ts";
import { createPrinter, flagsOf, type Printer } from "./runtime/print.ts";

/**
 * Runs the command that the arguments name. Never throws.
 * @param typed the arguments after the program's name.
 * @returns the exit code.
 */
export async function main(typed: readonly string[]): Promise<number> {
  const args = markText(typed, (name) => commands.find((each) => each.name === name)?.text);
  const around = readEnvironment();
  const context = createContext(around, createPrinter(flagsOf(args, around.env)));
  reportFailedOutput(context.out);
  try {
    await run(args, context);
    return context.exitCode();
  } catch (error) {
    return report(error, context);
  } finally {
    await context.close();
  }
}

async function run(args: readonly string[], context: Running): Promise<void> {
  const named = args.find((arg) => !arg.startsWith("-"));
  const program = await createProgram(
    context,
    (name) => name === named || (named === "help" && args.includes(name)),
  );
  if (args.length === 0) {
    program.outputHelp({ error: true });
    context.exit(exit.usage);
    return;
  }
  await program.parseAsync(args, { from: "user" });
}

/**
 * The program with its global options and every command by name and summary.
 * @param wanted the commands whose arguments, options and actions are loaded too.
 */
export async function createProgram(
  context: Context,
  wanted: (name: string) => boolean,
): Promise<Command> {
  // Loaded here, so that the library, which only needs the socket, does not load it.
  const { Command } = await import("commander");
  const program = new Command("sotto")
    .description("A messenger with no server between two people.")
    .version(version)
    .option("--json", "print data as JSON, streams as one object per line")
    .option("--quiet", "print data only")
    .option("--no-color", "print without color")
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
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

function report(error: unknown, { out }: Running): number {
  if (isCommander(error)) {
    if (error.exitCode === 0) return exit.ok;
    // A group without its subcommand: commander has printed the help already.
    if (error.code === "commander.help") return exit.usage;
    const message = error.message
      .replace(/^error: /, "")
      .replace(/\s*\n\((Did you mean .*\?)\)$/, ". $1")
      .replace(/\s*\n\s*/g, " ");
    out.error({ code: "usage", message: sentence(message), remedy: errorTable.usage.remedy });
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

const sentence = (text: string) =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.?!)]$/.test(text) ? "" : "."}`;

function isCommander(error: unknown): error is Error & { code: string; exitCode: number } {
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
function reportFailedOutput(out: Printer): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(exit.ok);
    const what = "Standard output cannot be written";
    const { message } = systemError(error, what) ?? { message: `${what}.` };
    const code = "file-write-failed";
    out.error({ code, message, remedy: "Check where the output goes. It is incomplete." });
    process.exit(exit.failure);
  });
  process.stderr.on("error", () => undefined);
}
