/**
 * strace as a saboteur: system calls of a running daemon, or of one that starts, are made to fail.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { User } from "./user.ts";

/** A system call that fails from the n-th time on that any one thread makes it. */
export interface Sabotage {
  readonly call: "fdatasync" | "fsync" | "write" | "rename" | "openat" | "read";
  readonly error: "EIO" | "ENOSPC" | "EROFS";
  /** As strace takes it: 3 for the third one, 3+ for all from then on. */
  readonly when: string;
  /** Only calls about these paths: sockets and pipes write, too. */
  readonly paths?: readonly string[];
}

const args = ({ call, error, when, paths = [] }: Sabotage): string[] => [
  "-f",
  ...["-o", "/dev/null", "-e", "signal=none", "-e", `trace=${call}`],
  ...paths.flatMap((path) => ["-P", path]),
  ...["-e", `inject=${call}:error=${error}:when=${when}`],
];

/** Goes before a command that is to be sabotaged from its first moment. */
export const through = (sabotage: Sabotage): string[] => ["strace", "-D", ...args(sabotage)];

/** Files of the database, those that are there and those that it will make next. */
export function filesOf(home: string): { readonly logs: string[]; readonly manifests: string[] } {
  const directory = join(home, "db");
  const numbers = readdirSync(directory).map((file) => Number(/\d+/.exec(file)?.[0] ?? 0));
  const near = Array.from({ length: 12 }, (_, i) => Math.max(0, Math.max(...numbers) - 4 + i));
  const names = near.map((number) => String(number).padStart(6, "0"));
  return {
    logs: names.map((name) => join(directory, `${name}.log`)),
    manifests: [
      ...names.map((name) => join(directory, `MANIFEST-${name}`)),
      join(directory, "CURRENT"),
    ],
  };
}

/** Begins to sabotage a daemon that runs. @returns once it has hold of every thread. */
export async function sabotage(user: User, what: Sabotage): Promise<ChildProcess> {
  const pid = String(user.daemon?.pid);
  const tracer = spawn("strace", ["-p", pid, ...args(what)], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  await new Promise<void>((resolve, reject) => {
    tracer.stderr.setEncoding("utf8").on("data", (text: string) => {
      if (text.includes("attached")) resolve();
    });
    tracer.once("close", () => reject(new Error("the tracer did not get hold of the node")));
  });
  return tracer;
}
