/**
 * Keeps inputs of the fuzzers for good: one that was found, or each target's own good ones.
 *
 *     node --import tsx test/corpus/add.ts <target> <hex>
 *     node --import tsx test/corpus/add.ts seeds
 */
import { fromHex } from "../../src/base/index.ts";
import { keep } from "../properties/fuzz/corpus.ts";
import { targets } from "../properties/fuzz/targets.ts";

/** Larger inputs say nothing that smaller ones do not. */
const LARGEST = 4096;

const [target, hex] = process.argv.slice(2);
const input = fromHex(hex ?? "");
if (target === "seeds") {
  for (const { name, seeds } of targets)
    for (const seed of seeds)
      if (seed.length <= LARGEST) process.stdout.write(`${keep(name, seed)}\n`);
} else if (input === undefined || !targets.some(({ name }) => name === target)) {
  process.stderr.write(
    `A target (${targets.map(({ name }) => name).join(", ")}) and its input in hex.\n`,
  );
  process.exitCode = 1;
} else process.stdout.write(`${keep(target as string, input)}\n`);
