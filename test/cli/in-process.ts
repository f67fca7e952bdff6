/**
 * Runs command lines within the process of the test: the same as the program, but faster, because
 * nothing is loaded again. For commands that end by themselves and read no standard input.
 */
import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { runCommandLine } from "../../src/cli/main.ts";
import type { Ran } from "./built.ts";

/** Runs a command that asks nothing. @param home its SOTTO_HOME. */
export async function runHere(home: string, args: readonly string[]): Promise<Ran> {
  const printed = { out: "", err: "" };
  const into = (name: "out" | "err") => ({
    write(text: string) {
      printed[name] += text;
    },
  });
  const environment = {
    env: { SOTTO_HOME: home },
    home,
    temporary: tmpdir(),
    uid: process.getuid?.() ?? 0,
    current: process.cwd(),
  };
  const code = await runCommandLine(args, environment, {
    stdin: {},
    stdout: into("out"),
    stderr: into("err"),
  });
  return { code, ...printed };
}

/** Runs a command with --json, which must succeed. @returns the value that it printed. */
export async function printedJson(home: string, ...args: readonly string[]) {
  const ran = await runHere(home, ["--json", ...args]);
  assert.equal(ran.code, 0, `${args[0]}: ${ran.err}`);
  return JSON.parse(ran.out);
}
