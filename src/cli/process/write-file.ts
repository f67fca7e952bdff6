/** Writes a file with mode 0600 that appears under its name only when it is complete. */
import { existsSync } from "node:fs";
import { type FileHandle, link, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { concat, hasCode, SottoError, systemError, utf8 } from "../../base/index.ts";

/** Bytes to buffer before a write. */
const BUFFER_BYTES = 256 * 1024;

export interface NewFile {
  /** Adds to the draft. */
  write(part: string | Uint8Array): Promise<void>;
}

/**
 * Writes a draft (0600) in the same directory, and renames it when `job` is done and the data is on
 * disk. Throws `file-exists` before anything else if the file exists and `force` is not set;
 * `file-write-failed`; and what `job` throws. A failure removes the draft; a crash leaves it, and
 * the next call for the same path removes it.
 */
export async function writeNewFile(
  path: string,
  force: boolean,
  job: (file: NewFile) => Promise<void>,
): Promise<void> {
  const place = await withWriteError(path, absolute(path));
  refuseExisting(place, force);
  const draft = `${place}.${process.pid}.part`;
  await withWriteError(place, removeStaleDrafts(place));
  const handle = await withWriteError(place, open(draft, "wx", 0o600));
  try {
    try {
      const draftFile = buffered(handle);
      await job({ write: (part) => withWriteError(place, draftFile.write(part)) });
      await withWriteError(place, draftFile.flush());
      await withWriteError(place, handle.sync());
    } finally {
      await handle.close();
    }
    await withWriteError(place, force ? rename(draft, place) : name(draft, place));
  } finally {
    await rm(draft, { force: true });
  }
}

/** The absolute path of a file; rejects if the current directory was deleted. */
const absolute = async (path: string): Promise<string> => resolve(path);

/** Removes drafts of a file by processes that died; this process has none of it yet. */
async function removeStaleDrafts(path: string): Promise<void> {
  const prefix = `${basename(path)}.`;
  for (const name of await readdir(dirname(path))) {
    const [, pid] = name.startsWith(prefix)
      ? (/^(\d{1,10})\.part$/.exec(name.slice(prefix.length)) ?? [])
      : [];
    if (pid !== undefined && isStale(Number(pid)))
      await rm(join(dirname(path), name), { force: true });
  }
}

function isStale(pid: number): boolean {
  if (pid === process.pid) return true;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    // EPERM: the process is alive and belongs to another user.
    return !hasCode(error, "EPERM");
  }
}

/** Creates a directory (0700) if it does not exist. Throws `file-write-failed`. */
export async function makeDirectory(path: string): Promise<void> {
  await withWriteError(path, mkdir(path, { recursive: true, mode: 0o700 }));
}

function refuseExisting(path: string, force: boolean): void {
  if (!force && existsSync(path))
    throw new SottoError("file-exists", `The file ${path} already exists.`);
}

/** Never replaces an existing file; file systems without hard links (USB sticks) use a rename. */
async function name(draft: string, path: string): Promise<void> {
  try {
    await link(draft, path);
  } catch (error) {
    refuseExisting(path, false);
    if (!hasCode(error, "EPERM", "ENOSYS", "ENOTSUP", "EOPNOTSUPP")) throw error;
    await rename(draft, path);
  }
  const directory = await open(dirname(path), "r");
  // Not every file system can sync a directory; the file itself is on disk.
  await directory.sync().catch(() => undefined);
  await directory.close();
}

function buffered(handle: FileHandle) {
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
      if (size >= BUFFER_BYTES) await flush();
    },
  };
}

async function withWriteError<Result>(path: string, work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (cause) {
    if (cause instanceof SottoError) throw cause;
    const what = `Cannot write ${path}`;
    const message = systemError(cause, what)?.message ?? `${what}.`;
    throw new SottoError("file-write-failed", message, { cause });
  }
}
