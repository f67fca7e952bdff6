#!/usr/bin/env node
/** The executable: checks the version of Node and runs the command line. */
/**
 * To process 1, such as that of a container, the kernel delivers only signals that it handles. So
 * these end it from the start, until a node is there, which handles them itself and stops in order.
 */
if (process.pid === 1)
  for (const [signal, number] of [
    ["SIGHUP", 1],
    ["SIGINT", 2],
    ["SIGTERM", 15],
  ] as const)
    process.on(signal, () => {
      if (process.listenerCount(signal) === 1) process.exit(128 + number);
    });

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(
    `✗ Sotto needs Node.js 20.19 or newer; this is ${process.versions.node}.\n` +
      "→ Install a newer one from https://nodejs.org\n",
  );
  process.exitCode = 1;
} else {
  const main = await load();
  process.exitCode = main === undefined ? 1 : await main(process.argv.slice(2));
}

/** The command line; `undefined`, with an error on the terminal, if its files cannot be read. */
async function load(): Promise<((args: readonly string[]) => Promise<number>) | undefined> {
  try {
    return (await import("../src/cli/main.ts")).main;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const full = code === "EMFILE" || code === "ENFILE";
    process.stderr.write(
      full
        ? "✗ Sotto cannot be loaded: too many open files.\n" +
            "→ Raise the limit of open files (ulimit -n 4096), or close other programs.\n"
        : `✗ Sotto cannot be loaded: ${message}\n→ Install it again.\n`,
    );
    return undefined;
  }
}

export {};
