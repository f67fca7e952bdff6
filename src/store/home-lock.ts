/**
 * The lock of a home: one node for each data directory. The file holds the pid and, on Linux, the
 * time at which that process was started, so that a pid which another program has after a kill -9
 * or a reboot does not lock a home forever. LevelDB's own lock is decisive: this one provides a
 * clear message before anything is opened.
 */
import { link, readdir, readFile, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { SottoError } from "../base/index.ts";
import { writeError } from "./leveldb/errors.ts";

const FILE = "node.lock";
/** `node.lock.PID.N`: the lock of a process that is taking it. */
const DRAFT = /^node\.lock\.(\d{1,10})\.\d+$/;
/** Attempts, and the delay (ms) between them: removing a stale lock needs few file operations. */
const ATTEMPTS = 40;
const RETRY_DELAY = 25;
/** Distinguishes the drafts of one process. */
let drafts = 0;

interface Holder {
  readonly pid: number;
  /** Boot id and start time; empty where the system does not provide them. */
  readonly started: string;
}

export interface Lock {
  /** Releases the directory. Safe to call twice. */
  release(): Promise<void>;
}

/**
 * Locks the directory, which must exist. Replaces a lock whose process has died.
 * Throws `node-already-running`, naming the pid; `disk-full` or `store-write-failed`.
 */
export async function acquireLock(directory: string): Promise<Lock> {
  const path = join(directory, FILE);
  const mine = `${process.pid} ${await startedAt(process.pid)}\n`;
  // Written completely under another name, then linked: link fails if the name exists (as O_EXCL
  // does), and no process ever reads half a lock.
  const draft = `${path}.${process.pid}.${drafts++}`;
  try {
    await writeFile(draft, mine, { mode: 0o600, flush: true });
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (await linked(draft, path)) {
        // A remaining draft does no harm.
        await removeDeadDrafts(directory).catch(() => undefined);
        return { release: () => release(path, mine) };
      }
      const text = await readIfExists(path);
      const holder = parse(text);
      if (holder && (await isAlive(holder))) throw running(holder.pid);
      if (text !== undefined) await removeStale(path, draft, text);
    }
  } catch (error) {
    throw writeError(error);
  } finally {
    // On a read-only disk this fails as well; the first failure is the one to report.
    await unlink(draft).catch(() => undefined);
  }
  throw new SottoError("node-already-running", "Another node is starting in this home directory.");
}

/** The pid of the running node that holds the directory, if any. */
export async function lockHolder(directory: string): Promise<number | undefined> {
  const holder = parse(await readIfExists(join(directory, FILE)));
  return holder && (await isAlive(holder)) ? holder.pid : undefined;
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
  const text = await readIfExists(taking);
  const taker = parse(text);
  if (taker && (await isAlive(taker))) await sleep(RETRY_DELAY);
  else if (text !== undefined) await ignoreMissing(unlink(taking));
}

/** Removes the drafts of processes that died while acquiring the lock. */
async function removeDeadDrafts(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const [, pid] = DRAFT.exec(name) ?? [];
    if (pid !== undefined && !(await isAlive({ pid: Number(pid), started: "" })))
      await ignoreMissing(unlink(join(directory, name)));
  }
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

function parse(text: string | undefined): Holder | undefined {
  const [, pid, started] = /^(\d{1,10}) (\S*)\n$/.exec(text ?? "") ?? [];
  return pid === undefined || Number(pid) === 0
    ? undefined
    : { pid: Number(pid), started: started ?? "" };
}

async function isAlive({ pid, started }: Holder): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: the process is alive and belongs to another user.
    if (!hasCode(error, "EPERM")) return false;
  }
  const now = await startedAt(pid);
  return started === "" || now === "" || started === now;
}

/**
 * Boot id and start time by proc(5): field 22 of stat, counted after the command's name, which may
 * contain any character.
 */
async function startedAt(pid: number): Promise<string> {
  const boot = await readIfExists("/proc/sys/kernel/random/boot_id");
  const stat = await readIfExists(`/proc/${pid}/stat`);
  const start = stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  return boot && start ? `${boot.trim()}:${start}` : "";
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
    if (hasCode(error, "ENOENT") || hasCode(error, "ESRCH")) return undefined;
    throw error;
  }
}

async function ignoreMissing(removal: Promise<void>): Promise<void> {
  await removal.catch((error: unknown) => {
    if (!hasCode(error, "ENOENT")) throw error;
  });
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
