/** Files that are whole or not there, also after a loss of power; and files that are to be gone. */
import { type FileHandle, open, rename, rm, unlink } from "node:fs/promises";
import { dirname } from "node:path";

/** Writes a file (0600) beside its place, syncs it, moves it there, and syncs the directory. */
export async function writeAtomically(path: string, bytes: Uint8Array): Promise<void> {
  const draft = `${path}.${process.pid}.new`;
  try {
    const file = await open(draft, "w", 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  await syncDirectory(dirname(path));
}

/**
 * Puts bytes in the place of those that a file holds, all of them, and syncs it; makes the file
 * where there is none. A crash may leave some of both: whoever uses this has another file
 * meanwhile.
 */
export async function writeInPlace(path: string, bytes: Uint8Array): Promise<void> {
  const file = await openIfThere(path);
  if (!file) return writeAtomically(path, bytes);
  try {
    await file.writeFile(bytes);
    await file.truncate(bytes.length);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A file's bytes; `undefined` where there is none. */
export async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  const file = await openIfThere(path, "r");
  if (!file) return undefined;
  try {
    // A plain copy: pooled Buffers share their memory with strangers.
    return Uint8Array.from(await file.readFile());
  } finally {
    await file.close();
  }
}

/** Moves a file over another, and syncs the directory. Both lie in it. */
export async function moveAtomically(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncDirectory(dirname(to));
}

/** What a key's file can hold, with room to spare: nothing longer is overwritten whole. */
const SHRED_BYTES = 4096;

/**
 * Overwrites a file in its place and removes it; nothing where there is none. Flash memory and file
 * systems that write elsewhere may keep the old bytes: no program can tell. Windows moves no file
 * over one that is open, so there it is only removed where it is replaced.
 * @param random as many unpredictable bytes as it is asked for.
 */
export async function shred(path: string, random: (length: number) => Uint8Array): Promise<void> {
  const file = await openIfThere(path);
  if (!file) return;
  try {
    // Another name for the same bytes is somebody's backup.
    if ((await file.stat()).nlink <= 1) await overwrite(file, random);
  } finally {
    await file.close();
  }
  await unlink(path);
  await syncDirectory(dirname(path));
}

/**
 * Lets another file take this one's name, then overwrites the bytes that it had before, if it can.
 */
export async function shredReplaced(
  path: string,
  replace: () => Promise<void>,
  random: (length: number) => Uint8Array,
): Promise<void> {
  // By what is open and not by name: whatever goes wrong, the bytes that have the name now are left
  // alone.
  const old = process.platform === "win32" ? undefined : await openIfThere(path);
  try {
    await replace();
    if (old && (await old.stat()).nlink === 0) await overwrite(old, random).catch(() => undefined);
  } finally {
    await old?.close();
  }
}

async function openIfThere(path: string, flags = "r+"): Promise<FileHandle | undefined> {
  try {
    return await open(path, flags);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

async function overwrite(file: FileHandle, random: (length: number) => Uint8Array): Promise<void> {
  const { size } = await file.stat();
  await file.write(random(Math.min(size, SHRED_BYTES)), 0, null, 0);
  await file.sync();
}

export async function syncDirectory(path: string): Promise<void> {
  // Windows cannot open a directory; its rename is on the disk without this.
  if (process.platform === "win32") return;
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
