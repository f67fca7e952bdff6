/** What this machine can do, and tests that are skipped aloud where it cannot. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { noSmallDisk } from "./disk.ts";

/** A reason why not; `undefined` where it can be done. */
export type Missing = string | undefined;

function tries(reason: string, command: string, ...args: string[]): Missing {
  try {
    execFileSync(command, args, { stdio: "ignore", timeout: 10_000 });
    return undefined;
  } catch {
    return reason;
  }
}

/** Tampering with system calls of a process that runs already. */
export const noTracer = (): Missing =>
  tries("no strace here", "strace", "-V") ??
  tries(
    "this machine lets us trace no process",
    "sh",
    "-c",
    "sleep 5 & strace -o /dev/null -e trace=none -p $! & tracer=$!; sleep 0.5; kill -0 $tracer && kill $tracer",
  );

const libraries = ["x86_64-linux-gnu", "aarch64-linux-gnu", "."].map(
  (place) => `/usr/lib/${place}/faketime/libfaketimeMT.so.1`,
);

/** The library that gives a process a clock of its own. */
export const fakeClock = (): string | undefined => libraries.find((path) => existsSync(path));
export const noFakeClock = (): Missing =>
  fakeClock() === undefined ? "no libfaketime here" : undefined;

export const noDisk = noSmallDisk;

/** Network namespaces with TUN devices between them, and a program that carries the packets. */
export const noLossyLink = (): Missing =>
  tries("no python3 here to carry packets", "python3", "-c", "import fcntl") ??
  tries(
    "this machine lets us make no TUN device in a network namespace",
    "unshare",
    "-rn",
    "sh",
    "-c",
    "test -c /dev/net/tun && ip tuntap add dev t0 mode tun",
  );

/** Like `it`, where nothing is missing; a skipped test says the reason in its title. */
export function itWhere(
  missing: Missing,
  title: string,
  body: (this: Mocha.Context) => Promise<void>,
): void {
  if (missing === undefined) it(title, body);
  else it.skip(`${title} (skipped: ${missing})`);
}
