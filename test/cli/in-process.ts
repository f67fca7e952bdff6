/** Runs command lines within the process of the test: the same as the program, but faster. */
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
