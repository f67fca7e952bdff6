/** A directory that is filled before something is measured in it. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export interface Filled {
  /** `import.meta.url` of the bench, which is started once more to fill. */
  readonly bench: string;
  readonly fill: (directory: string) => Promise<void>;
  readonly measure: (directory: string) => Promise<void>;
}

/**
 * Fills in a process of its own, so that nothing of it lies in the caches and the heap that are
 * measured.
 */
export async function runFilled({ bench, fill, measure }: Filled): Promise<void> {
  const filling = process.argv[2];
  if (filling !== undefined) return fill(filling);
  const directory = mkdtempSync(join(tmpdir(), "sotto-bench-"));
  try {
    const started = performance.now();
    const { status } = spawnSync(
      process.execPath,
      ["--import", "tsx", fileURLToPath(bench), directory],
      { stdio: "inherit" },
    );
    if (status !== 0) throw new Error("the store could not be filled");
    const taken = (performance.now() - started) / 1000;
    process.stdout.write(`filled in ${taken.toFixed(1)} s\n`);
    await measure(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

export function bytesIn(directory: string): number {
  return readdirSync(directory)
    .map((name) => statSync(join(directory, name)))
    .reduce((sum, file) => sum + file.size, 0);
}
