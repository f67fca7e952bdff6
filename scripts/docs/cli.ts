/** The reference of commands in docs/CLI.md, from the definitions of the commands themselves. */
import type { Argument, Command, Option } from "commander";
import { type ErrorCode, errorTable } from "../../src/base/index.ts";
import { createProgram } from "../../src/cli/main.ts";
import { createContext } from "../../src/cli/runtime/context.ts";
import { exit, exitCodeOf } from "../../src/cli/runtime/exit-codes.ts";
import { createPrinter, flagsOf } from "../../src/cli/runtime/print.ts";
import { table } from "./generated.ts";

/** Nothing of the machine that generates the page may show in it. */
const environment = { env: {}, home: "/", temporary: "/tmp", uid: 0, current: "/" };

export async function cliPart(): Promise<string> {
  const context = createContext(environment, createPrinter(flagsOf([], {})), false);
  const program = await createProgram(context, () => true);
  return [
    ...["## Exit codes", "", ...exitTable(), "", "## Options of every command", ""],
    ...optionTable(program),
    ...["", "## Commands", ""],
    ...table(
      ["command", "what it does"],
      program.commands.map((command) => [
        `[\`sotto ${command.name()}\`](#sotto-${command.name()})`,
        command.summary(),
      ]),
    ),
    ...program.commands.flatMap((command) => commandLines(command, "sotto")),
  ].join("\n");
}

const meanings: Readonly<Record<keyof typeof exit, string>> = {
  ok: "success",
  failure: "failure",
  usage: "wrong usage",
  notRunning: "the node is not running",
  keyChanged: "the contact's account key has changed",
  timedOut: "the wait timed out",
  notFound: "not found",
  locked: "the store is locked or in use",
  interrupted: "interrupted with ^C",
};

/** Exit codes, each with the codes of errors (docs/ERRORS.md) that lead to it. */
function exitTable(): readonly string[] {
  const errors = Object.keys(errorTable) as ErrorCode[];
  const rows = (Object.keys(exit) as (keyof typeof exit)[]).map((name) => {
    const these = errors.filter((code) => exitCodeOf(code) === exit[name]);
    const codes = name === "failure" ? "every other error" : these.map((each) => `\`${each}\``);
    return [String(exit[name]), meanings[name], [codes].flat().join(", ")];
  });
  return table(["code", "meaning", "[errors](ERRORS.md)"], rows);
}

/** A command under its heading; subcommands follow in a table, or under headings of their own. */
function commandLines(command: Command, parent: string): string[] {
  const name = `${parent} ${command.name()}`;
  const children = command.commands;
  return [
    ...["", `${"#".repeat(name.split(" ").length + 1)} ${name}`, ""],
    sentence(command.description()),
    ...["", "```", ...usageLines(command, parent), "```"],
    ...argumentLines(command),
    ...optionLines(command),
    ...noteLines(command),
    ...(children.length === 0 ? [] : ["", ...childTable(command, name)]),
    ...children.filter(hasMore).flatMap((child) => commandLines(child, name)),
  ];
}

/** Whether there is more to say of a subcommand than its usage and description. */
const hasMore = (command: Command): boolean =>
  [command.commands, optionLines(command), argumentLines(command), noteLines(command)].some(
    ({ length }) => length > 0,
  );

/** Commander keeps the name of the subcommand that runs if none is named to itself. */
const defaultOf = (command: Command): unknown => Reflect.get(command, "_defaultCommandName");

function childTable(command: Command, name: string): readonly string[] {
  const rows = command.commands.map((child) => {
    const also = child.name() === defaultOf(command) ? ` (also: \`${name}\`)` : "";
    return [`\`${usage(child, name)}\``, `${child.description()}${also}`];
  });
  return table(["subcommand", "what it does"], rows);
}

function usageLines(command: Command, parent: string): string[] {
  if (command.commands.length === 0) return [usage(command, parent)];
  const group = `${parent} ${command.name()} SUBCOMMAND`;
  return defaultOf(command) === undefined || command.options.length === 0
    ? [group]
    : [usage(command, parent), group];
}

function usage(command: Command, parent: string): string {
  const argument = (each: Argument): string => {
    const text = `${each.name()}${each.variadic ? "..." : ""}`;
    return each.required ? `<${text}>` : `[${text}]`;
  };
  return [
    parent,
    command.name(),
    ...(command.options.length === 0 ? [] : ["[options]"]),
    ...command.registeredArguments.map(argument),
  ].join(" ");
}

function argumentLines(command: Command): string[] {
  const described = command.registeredArguments.filter(({ description }) => description !== "");
  if (described.length === 0) return [];
  const rows = described.map((each) => [
    `\`${each.name()}\``,
    withDefault(each.description, each.defaultValue),
  ]);
  return ["", ...table(["argument", ""], rows)];
}

const optionLines = (command: Command): readonly string[] =>
  command.options.length === 0 ? [] : ["", ...optionTable(command)];

function optionTable(command: Command): readonly string[] {
  const row = (option: Option) => [
    `\`${option.flags}\``,
    withDefault(option.description, option.negate ? undefined : option.defaultValue),
  ];
  return table(["option", ""], command.options.filter(({ hidden }) => !hidden).map(row));
}

const withDefault = (text: string, value: unknown) =>
  value === undefined ? text : `${text} (default: \`${String(value)}\`)`;

/** What a command's help adds below its options. */
function noteLines(command: Command): string[] {
  const help: string[] = [];
  command.configureOutput({ writeOut: (text) => help.push(text) });
  command.outputHelp();
  const notes = help.join("").slice(command.helpInformation().length).trim();
  return notes === "" ? [] : ["", "```text", ...notes.split("\n"), "```"];
}

const sentence = (text: string) =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.?!)]$/.test(text) ? "" : "."}`;
