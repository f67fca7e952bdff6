/**
 * The lock of a home: one node for each data directory. The file holds the pid, its own inode, and,
 * where the system provides them, the boot id and the time at which that process was started. So a
 * pid which another program has after a kill -9 or a reboot does not lock a home forever, nor does
 * the lock in a copy of a home. LevelDB's own lock is decisive: this one provides a clear message
 * before anything is opened.
 */
import { link, open, readdir, readFile, unlink } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { hasCode, SottoError, systemError } from "../base/index.ts";
import { writeError } from "./leveldb/errors.ts";

const FILE = "node.lock";
/** `node.lock.PID.N`: the lock of a process that is taking it. */
const DRAFT = /^node\.lock\.(\d{1,10})\.\d+$/;
/** Attempts, and the delay (ms) between them: removing a stale lock needs few file operations. */
const ATTEMPTS = 40;
const RETRY_DELAY = 25;
/** Distinguishes the drafts of one process. */
let drafts = 0;

/** A process as its lock describes it. */
interface Holder {
  readonly pid: number;
  /** The boot in which it was started, and when; `UNKNOWN` if the system did not say. */
  readonly boot: string;
  readonly start: string;
  /** The user that wrote the lock. */
  readonly owner: number | undefined;
}

const UNKNOWN = "-";

/** The contents of a lock file, and its holder unless it is no lock or the copy of one. */
interface LockFile {
  readonly text: string;
  readonly holder: Holder | undefined;
}

export interface Lock {
  /** Whether the directory still has this lock: not if it was deleted, moved or replaced. */
  isHeld(): Promise<boolean>;
  /** Releases the directory. Safe to call twice. */
  release(): Promise<void>;
}

/**
 * Locks the directory, which must exist. Replaces a lock whose process has died.
 * Throws `node-already-running`, naming the pid; `disk-full` or `store-write-failed`.
 */
export async function acquireLock(directory: string): Promise<Lock> {
  const path = join(directory, FILE);
  // Written completely under another name, then linked: link fails if the name exists (as O_EXCL
  // does), and no process ever reads half a lock.
  const draft = `${path}.${process.pid}.${drafts++}`;
  try {
    const mine = await writeDraft(draft);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (await linked(draft, path)) {
        // A remaining draft does no harm.
        await removeDeadDrafts(directory).catch(() => undefined);
        return { isHeld: () => isHeld(path, mine), release: () => release(path, mine) };
      }
      const found = await readLock(path);
      if (found?.holder && (await isAlive(found.holder))) throw running(found.holder.pid);
      if (found !== undefined) await removeStale(path, draft, found.text);
    }
  } catch (error) {
    // What the user can change, unlike a failing disk, is named.
    if (hasCode(error, "EACCES", "EPERM", "EROFS"))
      throw systemError(error, `Cannot write to the home directory ${directory}`);
    throw writeError(error);
  } finally {
    // On a read-only disk this fails as well; the first failure is the one to report.
    await unlink(draft).catch(() => undefined);
  }
  throw new SottoError("node-already-running", "Another node is starting in this home directory.");
}

/** The pid of the running node that holds the directory, if any. */
export async function lockHolder(directory: string): Promise<number | undefined> {
  const holder = (await readLock(join(directory, FILE)))?.holder;
  return holder && (await isAlive(holder)) ? holder.pid : undefined;
}

/** Writes a lock of this process and returns its contents. */
async function writeDraft(path: string): Promise<string> {
  const file = await open(path, "w", 0o600);
  try {
    const { ino } = await file.stat();
    const start = (await processOf(process.pid))?.start ?? UNKNOWN;
    const text = `${process.pid} ${await bootId()} ${start} ${ino}\n`;
    await file.writeFile(text);
    await file.sync();
    return text;
  } finally {
    await file.close();
  }
}

/**
 * Removes a stale lock. A second lock admits one process at a time: otherwise a slow process that
 * saw the stale lock would remove the new one that a fast process has just written.
 */
async function removeStale(path: string, draft: string, stale: string): Promise<void> {
  const taking = `${path}.taking`;
  if (await linked(draft, taking)) {
    try {
      if ((await readIfExists(path)) === stale) await ignoreMissing(unlink(path));
    } finally {
      await ignoreMissing(unlink(taking));
    }
    return;
  }
  const taker = await readLock(taking);
  if (taker?.holder && (await isAlive(taker.holder))) await sleep(RETRY_DELAY);
  else if (taker !== undefined) await ignoreMissing(unlink(taking));
}

/** Removes the drafts of processes that died while acquiring the lock. */
async function removeDeadDrafts(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const [, pid] = DRAFT.exec(name) ?? [];
    const holder = { pid: Number(pid), boot: UNKNOWN, start: UNKNOWN, owner: undefined };
    if (pid !== undefined && !(await isAlive(holder)))
      await ignoreMissing(unlink(join(directory, name)));
  }
}

async function isHeld(path: string, mine: string): Promise<boolean> {
  // A file that cannot be read now, such as without a free file descriptor, is still there.
  return (await readIfExists(path).catch(() => mine)) === mine;
}

async function release(path: string, mine: string): Promise<void> {
  if ((await readIfExists(path)) === mine) await ignoreMissing(unlink(path));
}

function running(pid: number): SottoError {
  return new SottoError(
    "node-already-running",
    `A node already runs in this home directory: process ${pid}.`,
  );
}

async function readLock(path: string): Promise<LockFile | undefined> {
  const file = await open(path, "r").catch((error: unknown) => {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  });
  if (file === undefined) return undefined;
  try {
    const { ino, uid } = await file.stat();
    const text = await file.readFile("utf8");
    const [, pid, boot = UNKNOWN, start = UNKNOWN, inode] =
      /^(\d{1,10}) (\S+) (\S+) (\d+)\n$/.exec(text) ?? [];
    const isLock = Number(pid) > 0 && Number(inode) === ino;
    const holder = { pid: Number(pid), boot, start, owner: uid };
    return { text, holder: isLock ? holder : undefined };
  } finally {
    await file.close();
  }
}

async function isAlive({ pid, boot, start, owner }: Holder): Promise<boolean> {
  const bootNow = await bootId();
  if (boot !== UNKNOWN && bootNow !== UNKNOWN && boot !== bootNow) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!hasCode(error, "EPERM")) return false;
    // The process belongs to another user, whom the file then would belong to. This needs no /proc,
    // which may hide the processes of other users.
    if (owner !== undefined && owner === process.geteuid?.()) return false;
  }
  const now = await processOf(pid);
  if (now === undefined) return true;
  return !now.isDefunct && (start === UNKNOWN || start === now.start);
}

async function bootId(): Promise<string> {
  return (await readIfExists("/proc/sys/kernel/random/boot_id"))?.trim() || UNKNOWN;
}

/**
 * A process by proc(5): fields 3 (state) and 22 (start time) of stat, counted after the command's
 * name, which may contain any character; `undefined` if the system hides it or has no /proc.
 */
async function processOf(
  pid: number,
): Promise<{ readonly isDefunct: boolean; readonly start: string } | undefined> {
  const stat = await readIfExists(`/proc/${pid}/stat`);
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ") ?? [];
  const [state = ""] = fields;
  const start = fields[19];
  return start === undefined ? undefined : { isDefunct: /^[ZX]/.test(state), start };
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    throw error;
  }
}

async function readIfExists(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT", "ESRCH")) return undefined;
    throw error;
  }
}

async function ignoreMissing(removal: Promise<void>): Promise<void> {
  await removal.catch((error: unknown) => {
    if (!hasCode(error, "ENOENT")) throw error;
  });
}
