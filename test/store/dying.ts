/** A process that dies in the middle of what it writes, at each moment of it. */
import fs, { type FileHandle } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";

/**
 * Runs a job whose process dies at one of its changes to the disk: that one and every later one
 * fail, and what was being written is written half. @returns whether the job came so far.
 */
export async function dyingAt(
  step: number,
  job: (alive: () => void) => Promise<unknown>,
): Promise<boolean> {
  const kept = { open: fs.open, rename: fs.rename, rm: fs.rm, unlink: fs.unlink };
  let steps = 0;
  const alive = (): void => {
    if (++steps >= step) throw new Error("killed");
  };
  const dying = <Args extends unknown[], Result>(call: (...args: Args) => Promise<Result>) =>
    async function (this: unknown, ...args: Args): Promise<Result> {
      alive();
      return call.apply(this, args);
    };
  const handle = (file: FileHandle): FileHandle => {
    const half = (bytes: Uint8Array): Promise<unknown> =>
      keptWrite(bytes.subarray(0, 16), 0, 16, 0);
    const keptWrite = file.write.bind(file) as (...args: unknown[]) => Promise<unknown>;
    const writeFile = file.writeFile.bind(file) as (...args: unknown[]) => Promise<void>;
    const torn =
      (call: (...args: unknown[]) => Promise<unknown>) =>
      async (...args: unknown[]): Promise<unknown> => {
        if (steps + 1 === step) await half(args[0] as Uint8Array);
        alive();
        return call(...args);
      };
    return Object.assign(file, {
      write: torn(keptWrite),
      writeFile: torn(writeFile),
      sync: dying(file.sync),
    });
  };
  fs.open = (async (...args: Parameters<typeof fs.open>) => {
    alive();
    return handle(await kept.open(...args));
  }) as typeof fs.open;
  fs.rename = dying(kept.rename);
  fs.rm = dying(kept.rm);
  fs.unlink = dying(kept.unlink);
  syncBuiltinESMExports();
  try {
    await job(alive).catch(() => undefined);
  } finally {
    Object.assign(fs, kept);
    syncBuiltinESMExports();
  }
  return steps >= step;
}
