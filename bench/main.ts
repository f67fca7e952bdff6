/**
 * Runs benches, each in a process of its own so that none warms or litters the other's heap:
 * `npm run bench`, or `npm run bench -- ratchet link` for some of them.
 */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { arch, availableParallelism, cpus, platform } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const SUFFIX = ".bench.ts";
const known = readdirSync(here)
  .filter((name) => name.endsWith(SUFFIX))
  .map((name) => name.slice(0, -SUFFIX.length))
  .sort();

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`no bench ${unknown.join(", ")}; there are ${known.join(", ")}\n`);
  process.exit(2);
}

process.stdout.write(
  `Node ${process.version}, ${platform()} ${arch()}, ${availableParallelism()} × ${cpus()[0]?.model ?? "unknown"}\n`,
);
let failed = 0;
for (const name of wanted.length > 0 ? wanted : known) {
  const { status } = spawnSync(
    process.execPath,
    ["--expose-gc", "--import", "tsx", join(here, name + SUFFIX)],
    { stdio: "inherit" },
  );
  if (status !== 0) {
    process.stderr.write(`the bench ${name} failed\n`);
    failed++;
  }
}
process.exitCode = failed > 0 ? 1 : 0;
