/**
 * The lock of a home: one node for each data directory. The file holds the pid and, on Linux, the
 * time at which that process was started, so that a pid which another program has after a kill -9
 * or a reboot does not lock a home forever. LevelDB's own lock decides in the end: this one gives a
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
/** A taker holds the others up for a few file operations: these, and pauses (ms), are plenty. */
const ATTEMPTS = 40;
const RETRY_DELAY = 25;
/** Tells apart the drafts of one process. */
let drafts = 0;

interface Holder {
  readonly pid: number;
  /** Boot id and start time; empty where the system does not tell. */
  readonly started: string;
}

export interface Lock {
  /** Gives the directory free. Safe to call twice. */
  release(): Promise<void>;
}

/**
 * Takes the directory, which must exist. A lock whose process has died is taken over.
 * Throws `node-already-running`, naming the pid; `disk-full` or `store-write-failed`.
 */
export async function acquireLock(directory: string): Promise<Lock> {
  const path = join(directory, FILE);
  const mine = `${process.pid} ${await startedAt(process.pid)}\n`;
  // Written whole under another name, then linked: link fails where the name exists (as O_EXCL
  // does), and nobody ever reads half a lock.
  const draft = `${path}.${process.pid}.${drafts++}`;
  try {
    await writeFile(draft, mine, { mode: 0o600, flush: true });
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (await linked(draft, path)) {
        // A draft that stays does no harm.
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
    // On a read-only disk this fails as well, and the first failure is the one to tell. A draft
    // that stays harms nobody.
    await unlink(draft).catch(() => undefined);
  }
  throw new SottoError("node-already-running", "Another node is starting in this home directory.");
}

/** The pid of the living node that holds the directory, if any. */
export async function lockHolder(directory: string): Promise<number | undefined> {
  const holder = parse(await readIfExists(join(directory, FILE)));
  return holder && (await isAlive(holder)) ? holder.pid : undefined;
}

/**
 * Removes a stale lock. One taker at a time, held apart by a lock of their own: otherwise a slow
 * one, which saw the stale lock, would remove the fresh one that a fast one has just put in its
 * place.
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

/** Removes the drafts of processes that died while they took the lock. */
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
    // EPERM: it lives, and belongs to somebody else.
    if (!hasCode(error, "EPERM")) return false;
  }
  const now = await startedAt(pid);
  return started === "" || now === "" || started === now;
}

/**
 * proc(5): the boot, and field 22 of stat, counted behind the command's name, which may hold
 * anything.
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
