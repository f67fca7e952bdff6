/** Atomic replacement of files, and files whose bytes are overwritten when they are removed. */
import type { Dirent } from "node:fs";
import { type FileHandle, link, open, readdir, rename, rm, stat, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { hasCode } from "../../base/index.ts";

/**
 * Replaces a file (0600) so that a crash leaves the old or the new one: writes a draft next to it,
 * syncs it, renames it and syncs the directory. A process that dies leaves its draft, which
 * `removeDrafts` removes; where writing fails, the draft is overwritten and removed here.
 */
export async function writeAtomically(path: string, bytes: Uint8Array): Promise<void> {
  await writeThroughDraft(path, bytes, (draft) => rename(draft, path));
}

/**
 * Creates a file (0600) so that a crash leaves the whole file or none, and never replaces one.
 * First overwrites and removes drafts of it by dead processes. One process must not create the same
 * path twice at a time. Throws an error with the code `EEXIST` if the path exists, and what the
 * file system reports.
 * @param random returns that many unpredictable bytes.
 */
export async function createAtomically(
  path: string,
  bytes: Uint8Array,
  random: (length: number) => Uint8Array,
): Promise<void> {
  await removeDrafts(dirname(path), [basename(path)], random, isStale);
  await writeThroughDraft(path, bytes, (draft) => publish(draft, path));
}

async function writeThroughDraft(
  path: string,
  bytes: Uint8Array,
  publishDraft: (draft: string) => Promise<void>,
): Promise<void> {
  const draft = `${path}.${process.pid}.new`;
  try {
    const file = await open(draft, "w", 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await publishDraft(draft);
  } catch (error) {
    // The first failure is the one to report.
    await shred(draft, (length) => new Uint8Array(length)).catch(() => undefined);
    throw error;
  }
  await syncDirectory(dirname(path));
}

/** Names a draft; file systems without hard links (USB sticks) check first, then rename. */
async function publish(draft: string, path: string): Promise<void> {
  try {
    await link(draft, path);
  } catch (error) {
    if (!hasCode(error, "EPERM", "ENOSYS", "ENOTSUP", "EOPNOTSUPP")) throw error;
    await refuseExisting(path);
    return rename(draft, path);
  }
  await rm(draft);
}

async function refuseExisting(path: string): Promise<void> {
  const existing = await stat(path).catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
  if (existing) throw Object.assign(new Error("The file exists."), { code: "EEXIST" });
}

/** Whether a draft's process has died; this process has no draft of a file that it creates. */
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

/**
 * Overwrites and removes drafts that processes left when they died: a draft may contain a key.
 * Without `isStaleDraft`, requires a lock that keeps other processes from writing these files.
 * @param names of the files, without their directory.
 * @param random returns that many unpredictable bytes.
 */
export async function removeDrafts(
  directory: string,
  names: readonly string[],
  random: (length: number) => Uint8Array,
  isStaleDraft: (pid: number) => boolean = () => true,
): Promise<void> {
  for (const entry of await entriesOf(directory)) {
    const [, name, pid] = /^(.+)\.(\d+)\.new$/.exec(entry.name) ?? [];
    if (name === undefined || !names.includes(name) || !entry.isFile()) continue;
    if (isStaleDraft(Number(pid))) await shred(join(directory, entry.name), random);
  }
}

async function entriesOf(directory: string): Promise<Dirent[]> {
  try {
    return await readdir(directory, { withFileTypes: true });
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/**
 * Overwrites the bytes of a file in place and syncs it; creates the file if it does not exist. A
 * crash may leave a mixture of old and new: requires a second file with the same contents.
 */
export async function writeInPlace(path: string, bytes: Uint8Array): Promise<void> {
  const file = await openIfExists(path);
  if (!file) return writeAtomically(path, bytes);
  try {
    await file.writeFile(bytes);
    await file.truncate(bytes.length);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A file's bytes; `undefined` if it does not exist. */
export async function readIfExists(path: string): Promise<Uint8Array | undefined> {
  const file = await openIfExists(path, "r");
  if (!file) return undefined;
  try {
    // A plain copy: pooled Buffers share their memory with others.
    return Uint8Array.from(await file.readFile());
  } finally {
    await file.close();
  }
}

/** Renames a file to the name of another in the same directory, and syncs the directory. */
export async function moveAtomically(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncDirectory(dirname(to));
}

/** More than the size of any key file; of a longer file only the start is overwritten. */
const SHRED_BYTES = 16_384;

/**
 * Overwrites a file in place and removes it; does nothing if it does not exist. Flash memory and
 * copy-on-write file systems may keep the old bytes, which a program cannot detect.
 * @param random returns that many unpredictable bytes.
 */
export async function shred(path: string, random: (length: number) => Uint8Array): Promise<void> {
  const file = await openIfExists(path);
  if (!file) return;
  try {
    // Another name (hard link) for the same bytes is a backup of the user.
    if ((await file.stat()).nlink <= 1) await overwrite(file, random);
  } finally {
    await file.close();
  }
  await unlink(path);
  await syncDirectory(dirname(path));
}

/**
 * Runs `replace`, which renames another file to this path, then overwrites the old bytes if
 * possible. Windows cannot replace an open file, so there the old file is only removed.
 */
export async function shredReplaced(
  path: string,
  replace: () => Promise<void>,
  random: (length: number) => Uint8Array,
): Promise<void> {
  // By handle and not by name, so that the new file under this name is never overwritten.
  const old = process.platform === "win32" ? undefined : await openIfExists(path);
  try {
    await replace();
    if (old && (await old.stat()).nlink === 0) await overwrite(old, random).catch(() => undefined);
  } finally {
    await old?.close();
  }
}

async function openIfExists(path: string, flags = "r+"): Promise<FileHandle | undefined> {
  try {
    return await open(path, flags);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return hasCode(error, "ENOENT");
}

async function overwrite(file: FileHandle, random: (length: number) => Uint8Array): Promise<void> {
  const { size } = await file.stat();
  await file.write(random(Math.min(size, SHRED_BYTES)), 0, null, 0);
  await file.sync();
}

async function syncDirectory(path: string): Promise<void> {
  // Windows cannot open a directory; its rename is on the disk without this.
  if (process.platform === "win32") return;
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
