/**
 * Runs benches, each in a process of its own so that none warms or litters the other's heap: `npm
 * run bench`, or `npm run bench -- ratchet link` for some of them; with `--write` the tables go to
 * docs/BENCHMARKS.md too.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { arch, availableParallelism, cpus, platform, totalmem } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { mergeReport, type Section } from "./lib/report.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
const page = fileURLToPath(new URL("../docs/BENCHMARKS.md", import.meta.url));
const SUFFIX = ".bench.ts";
const known = readdirSync(here)
  .filter((name) => name.endsWith(SUFFIX))
  .map((name) => name.slice(0, -SUFFIX.length))
  .sort();

const args = process.argv.slice(2);
const write = args.includes("--write");
const wanted = args.filter((name) => name !== "--write");
const unknown = wanted.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`no bench ${unknown.join(", ")}; there are ${known.join(", ")}\n`);
  process.exit(2);
}

const processor = cpus()[0]?.model.trim() || "unknown processor";
const machine = `Node ${process.version}, ${platform()} ${arch()}, ${availableParallelism()} × ${processor}, ${Math.round(totalmem() / 2 ** 30)} GB`;
process.stdout.write(`${machine}\n`);

/** Shows what a bench prints while it runs, and gives it. */
async function run(file: string): Promise<string | undefined> {
  const child = spawn(process.execPath, ["--expose-gc", "--import", "tsx", file], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let printed = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    printed += text;
    process.stdout.write(text);
  });
  const [status] = await once(child, "close");
  return status === 0 ? printed : undefined;
}

/** The comment at the head of a bench says what it measures; the page repeats it. */
function aboutOf(file: string): string {
  const comment = /^\/\*\*(.*?)\*\//s.exec(readFileSync(file, "utf8"))?.[1] ?? "";
  return comment.replace(/^\s*\*? ?/gm, "").trim();
}

const sections: Section[] = [];
let failed = 0;
for (const name of wanted.length > 0 ? wanted : known) {
  const file = join(here, name + SUFFIX);
  const printed = await run(file);
  if (printed === undefined) {
    process.stderr.write(`the bench ${name} failed\n`);
    failed++;
    continue;
  }
  const measured = `${new Date().toISOString().slice(0, 10)}; ${machine}`;
  sections.push({ name, about: aboutOf(file), measured, tables: printed.trim() });
}
if (write && sections.length > 0)
  writeFileSync(page, mergeReport(existsSync(page) ? readFileSync(page, "utf8") : "", sections));
process.exitCode = failed > 0 ? 1 : 0;
