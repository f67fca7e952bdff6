/** A process that dies at a chosen step of what it writes. */
import fs, { type FileHandle } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";

/** The pid of the process that dies: above every pid that Linux gives, so no process has it. */
const DEAD_PID = 2 ** 22 + 1;

/**
 * Runs a job whose process dies at one of its changes to the disk: that change and every later one
 * fail, and a write is done half. The job sees another pid than the test, so that a draft which it
 * leaves is not replaced by accident. @returns whether the job had that many steps.
 */
export async function dyingAt(
  step: number,
  job: (alive: () => void) => Promise<unknown>,
): Promise<boolean> {
  const { open, rename, rm, rmdir, unlink, writeFile, link, mkdir, cp } = fs;
  const kept = { open, rename, rm, rmdir, unlink, writeFile, link, mkdir, cp };
  const pid = Object.getOwnPropertyDescriptor(process, "pid") ?? {};
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
      keptWrite(bytes.subarray(0, bytes.length >> 1), 0, bytes.length >> 1, 0);
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
      truncate: dying(file.truncate),
    });
  };
  for (const [name, call] of Object.entries(kept))
    Object.assign(fs, { [name]: dying(call as (...args: unknown[]) => Promise<unknown>) });
  fs.writeFile = (async (path: string, bytes: string | Uint8Array, options: object) => {
    const half = Buffer.from(bytes as Uint8Array);
    if (steps + 1 === step) await kept.writeFile(path, half.subarray(0, half.length >> 1), options);
    alive();
    return kept.writeFile(path, bytes, options);
  }) as typeof fs.writeFile;
  fs.open = (async (...args: Parameters<typeof fs.open>) => {
    alive();
    return handle(await kept.open(...args));
  }) as typeof fs.open;
  Object.defineProperty(process, "pid", { ...pid, value: DEAD_PID });
  syncBuiltinESMExports();
  try {
    await job(alive).catch(() => undefined);
  } finally {
    Object.assign(fs, kept);
    Object.defineProperty(process, "pid", pid);
    syncBuiltinESMExports();
  }
  return steps >= step;
}
