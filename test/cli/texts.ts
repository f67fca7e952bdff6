/** Collects the texts that a user can see: help, tables, and every string of the source. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { contactCauses, errorTable, holeFailures, nodeFindings } from "../../src/base/index.ts";
import { commands } from "../../src/cli/commands.ts";
import type { Context } from "../../src/cli/runtime/context.ts";
import { stringsOf } from "../architecture/scan.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

export interface Text {
  /** The command, the row of a table, or the file and line. */
  readonly where: string;
  readonly text: string;
}

/** The help of every command and subcommand, as `--help` prints it. */
export async function helpTexts(): Promise<Text[]> {
  const program = new Command("sotto");
  for (const { name, summary, load } of commands)
    (await load()).define(program.command(name).description(summary), {} as Context);
  return [program, ...program.commands.flatMap((command) => [command, ...below(command)])].map(
    (command) => ({ where: `sotto ${pathOf(command)} --help`, text: helpOf(command) }),
  );
}

function below(command: Command): Command[] {
  return command.commands.flatMap((child) => [child, ...below(child)]);
}

function pathOf(command: Command): string {
  const { parent } = command;
  return parent === null ? "" : `${pathOf(parent)} ${command.name()}`.trim();
}

function helpOf(command: Command): string {
  let text = "";
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
  });
  command.outputHelp();
  return text;
}

/** The texts of errors, findings, causes and failed hole punches. */
export function tableTexts(): Text[] {
  const tables = { errorTable, nodeFindings, contactCauses, holeFailures };
  return Object.entries(tables).flatMap(([table, rows]) =>
    Object.entries(rows as Record<string, Record<string, string>>).flatMap(([code, row]) =>
      Object.entries(row).map(([field, text]) => ({ where: `${table} ${code} ${field}`, text })),
    ),
  );
}

/** Every string and template of the source, without comments. */
export function sourceTexts(): Text[] {
  const files = ["src", "bin"].flatMap((top) =>
    readdirSync(join(root, top), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /(?<!\.pb)\.ts$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  return files.flatMap((path) =>
    stringsOf(readFileSync(path, "utf8")).map(({ text, line }) => ({
      where: `${relative(root, path)}:${line}`,
      text,
    })),
  );
}
