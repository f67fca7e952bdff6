/**
 * Writes the files test/vectors/sotto-*.json, out of seeded chance:
 *
 * node --import tsx test/vectors/generate-sotto.ts
 *
 * The form is described in docs/VECTORS.md. These fix the bytes: a change of them changes the
 * protocol.
 */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { nobleCrypto } from "../../src/crypto/index.ts";
import { chapters } from "./chapters.ts";
import type { Fields, Json } from "./notation.ts";
import { operations, queue } from "./operations.ts";

export interface Vector {
  readonly name: string;
  readonly operation: string;
  readonly in: Fields;
  readonly out: Json;
}

export interface VectorFile {
  readonly about: string;
  readonly vectors: readonly Vector[];
}

/** Name of the file, without its folder, to what stands in it. */
export async function recordFiles(): Promise<ReadonlyMap<string, VectorFile>> {
  const files = new Map<string, VectorFile>();
  for (const { file, about, cases } of chapters) {
    const vectors: Vector[] = [];
    for (const { name, operation, given, expected } of cases) {
      const run = operations[operation];
      assert.ok(run, operation);
      const out = await run((chance) => nobleCrypto(queue(chance)), given);
      // What a case is there to show stands with it; the code only fills in the bytes.
      if (expected !== undefined) assert.deepEqual(out, expected, `${file}: ${name}`);
      vectors.push({ name, operation, in: given, out });
    }
    files.set(`sotto-${file}.json`, { about, vectors });
  }
  return files;
}

/** As the file has it. */
export function printed({ about, vectors }: VectorFile): string {
  const lines = vectors.map((vector) => `  ${JSON.stringify(vector)}`);
  return `{\n "about": ${JSON.stringify(about)},\n "vectors": [\n${lines.join(",\n")}\n ]\n}\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  void recordFiles().then((files) => {
    for (const [name, file] of files) writeFileSync(new URL(name, import.meta.url), printed(file));
  });
