/** A file of the person's own: for its owner alone, and under its name only when it is whole. */
import { existsSync } from "node:fs";
import { type FileHandle, link, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { concat, SottoError, utf8 } from "../../base/index.ts";

/** Bytes that are gathered before they go to the disk together. */
const GATHERED = 256 * 1024;

export interface NewFile {
  /** Adds to the draft. */
  write(part: string | Uint8Array): Promise<void>;
}

/**
 * Writes a file (0600) beside its place, and gives it its name once `job` is done and everything is
 * on the disk. Throws `file-exists` before anything is done where it is there already and `force`
 * is not set; `file-write-failed`; and what `job` throws. No draft is left behind, but by a crash.
 */
export async function writeNewFile(
  path: string,
  force: boolean,
  job: (file: NewFile) => Promise<void>,
): Promise<void> {
  const place = resolve(path);
  refuseExisting(place, force);
  const draft = `${place}.${process.pid}.part`;
  const handle = await blamed(place, open(draft, "wx", 0o600));
  try {
    try {
      const draftFile = gathering(handle);
      await job({ write: (part) => blamed(place, draftFile.write(part)) });
      await blamed(place, draftFile.flush());
      await blamed(place, handle.sync());
    } finally {
      await handle.close();
    }
    await blamed(place, force ? rename(draft, place) : name(draft, place));
  } finally {
    await rm(draft, { force: true });
  }
}

/** Makes a directory (0700) where there is none. Throws `file-write-failed`. */
export async function makeDirectory(path: string): Promise<void> {
  await blamed(path, mkdir(path, { recursive: true, mode: 0o700 }));
}

function refuseExisting(path: string, force: boolean): void {
  if (!force && existsSync(path))
    throw new SottoError("file-exists", `There is a file ${path} already.`);
}

/**
 * Never over another file, however late it came; but some file systems (those of USB sticks) have
 * no links.
 */
async function name(draft: string, path: string): Promise<void> {
  try {
    await link(draft, path);
  } catch (error) {
    refuseExisting(path, false);
    if (!isErrno(error, "EPERM", "ENOSYS", "ENOTSUP", "EOPNOTSUPP")) throw error;
    await rename(draft, path);
  }
  const directory = await open(dirname(path), "r");
  // Not every file system can do this to a directory, and the file itself is on the disk.
  await directory.sync().catch(() => undefined);
  await directory.close();
}

function gathering(handle: FileHandle) {
  let parts: Uint8Array[] = [];
  let size = 0;
  const flush = async (): Promise<void> => {
    const together = concat(...parts);
    parts = [];
    size = 0;
    if (together.length > 0) await handle.appendFile(together);
  };
  return {
    flush,
    async write(part: string | Uint8Array): Promise<void> {
      const bytes = typeof part === "string" ? utf8(part) : part;
      parts.push(bytes);
      size += bytes.length;
      if (size >= GATHERED) await flush();
    },
  };
}

async function blamed<Result>(path: string, work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (cause) {
    if (cause instanceof SottoError) throw cause;
    const why = isErrno(cause, "ENOSPC", "EDQUOT") ? ": there is no room left" : "";
    throw new SottoError("file-write-failed", `${path} cannot be written${why}.`, { cause });
  }
}

function isErrno(error: unknown, ...names: readonly string[]): boolean {
  return error instanceof Error && "code" in error && names.includes(String(error.code));
}
