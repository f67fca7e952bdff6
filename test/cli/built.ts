/** The real program, compiled once, run as processes of its own in temporary homes. */
import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const LOOPBACK = "/ip4/127.0.0.1/tcp/0";

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface Program {
  /** The compiled entry, for tests that start it by other means. */
  readonly bin: string;
  /** What a process of this home is given as its environment. */
  env(home: string): NodeJS.ProcessEnv;
  /** A new home below the temporary directory. */
  home(name: string): string;
  run(home: string, args: readonly string[], input?: string): Promise<Ran>;
  /** Runs and is killed (SIGKILL) after so many ms, unless it has ended by then. */
  killed(home: string, args: readonly string[], delay: number): Promise<void>;
  /** Starts a node, or a bootstrap host, and waits until it is ready. */
  up(home: string, ...args: string[]): Promise<ChildProcess & { readonly first: string }>;
  /** Ends what still runs, by its id, and removes everything. */
  clear(): Promise<void>;
}

/**
 * Compiles the sources as they are, whatever the type checker says elsewhere, once in a run of the
 * tests. @returns the directory of the program, which a run of a suite names and removes.
 */
function compiled(): string {
  const given = process.env.SOTTO_TEST_PROGRAM;
  const directory = given ?? join(tmpdir(), `sotto-program-${process.pid}`);
  if (existsSync(directory)) return directory;
  if (given === undefined)
    process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
  const draft = mkdtempSync(`${directory}-`);
  const compiler = join(root, "node_modules/.bin/tsc");
  const options = ["-p", join(root, "tsconfig.build.json"), "--outDir", join(draft, "dist")];
  try {
    execFileSync(compiler, [...options, "--declaration", "false", "--noCheck"], { stdio: "pipe" });
    symlinkSync(join(root, "node_modules"), join(draft, "node_modules"));
    copyFileSync(join(root, "package.json"), join(draft, "package.json"));
    // Some tests run it as another user.
    chmodSync(draft, 0o755);
    renameSync(draft, directory);
  } catch (error) {
    rmSync(draft, { recursive: true });
    // Another process of the same run may have compiled it first.
    if (!existsSync(directory)) throw error;
  }
  return directory;
}

/** The compiled program, with new homes in a directory of their own. */
export function build(): Program {
  const program = compiled();
  const directory = mkdtempSync(join(tmpdir(), "sotto-cli-"));
  const bin = join(program, "dist/bin/sotto.js");
  const contract = pathToFileURL(join(program, "dist/src/api/contract.js")).href;
  const checks = new URL("../support/check-results.mjs", import.meta.url).href;
  const children = new Set<ChildProcess>();

  const envOf = (home: string) => {
    const { SOTTO_PROFILE, SOTTO_SOCKET, SOTTO_LOG, XDG_RUNTIME_DIR, NO_COLOR, ...env } =
      process.env;
    return {
      ...env,
      SOTTO_HOME: home,
      NODE_OPTIONS: [env.NODE_OPTIONS ?? "", `--import=${checks}`].join(" ").trim(),
      SOTTO_TEST_CONTRACT: contract,
    };
  };
  return {
    bin,
    env: envOf,
    home: (name) => join(directory, name),
    run: (home, args, input = "") =>
      new Promise((resolve) => {
        // Without a time limit of its own: the test's ends it, by `clear`.
        const child = execFile(
          process.execPath,
          [bin, ...args],
          { env: envOf(home) },
          (error, out, err) => {
            children.delete(child);
            const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
            resolve({ code, out, err });
          },
        );
        children.add(child);
        // A program that refuses a long input does not read all of it.
        child.stdin?.on("error", () => undefined);
        child.stdin?.end(input);
      }),
    killed: (home, args, delay) =>
      new Promise((resolve) => {
        const child = spawn(process.execPath, [bin, ...args], {
          env: envOf(home),
          stdio: "ignore",
        });
        const timer = setTimeout(() => child.kill("SIGKILL"), delay);
        child.once("close", () => {
          clearTimeout(timer);
          resolve();
        });
      }),
    up(home, ...args) {
      const network = args[0] === "bootstrap" ? [] : ["--no-mdns"];
      const command = args[0] === "bootstrap" ? args : ["up", ...args];
      const child = spawn(
        process.execPath,
        [bin, ...command, ...network, "--listen", LOOPBACK, "--json"],
        { env: envOf(home), stdio: ["ignore", "pipe", "pipe"] },
      );
      children.add(child);
      child.once("close", () => children.delete(child));
      return new Promise((resolve, reject) => {
        let said = "";
        let complaint = "";
        child.stderr.on("data", (text) => {
          complaint += text;
        });
        child.stdout.on("data", (text) => {
          said += text;
          if (said.includes("\n")) resolve(Object.assign(child, { first: said }));
        });
        child.once("close", (code) => reject(new Error(`ended with ${code}: ${complaint}`)));
      });
    },
    async clear() {
      await Promise.all([...children].map((child) => ended(child, "SIGKILL")));
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Sends a signal and gives the exit code. */
export function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  return new Promise((resolve) => {
    child.once("close", resolve);
    child.kill(signal);
  });
}
