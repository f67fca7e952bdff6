#!/usr/bin/env node
/** The executable: checks the version of Node and runs the command line. */
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(
    `✗ Sotto needs Node.js 20.19 or newer; this is ${process.versions.node}.\n` +
      "→ Install a newer one from https://nodejs.org\n",
  );
  process.exitCode = 1;
} else {
  const { main } = await import("../src/cli/main.ts");
  process.exitCode = await main(process.argv.slice(2));
}

export {};
