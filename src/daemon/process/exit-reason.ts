/**
 * Why the last node of a home ended in a fault of its store, for whoever asks when it is gone. Room
 * for these words is taken while the disk still has some.
 */
import { open, readFile, unlink } from "node:fs/promises";
import { join } from "node:path";
import { errorTable, SottoError } from "../../base/index.ts";

const FILE = "node.fault";
const BYTES = 512;

export interface ExitReason {
  /** As far as the disk lets us. */
  say(fault: SottoError): Promise<void>;
  /** Leaves the words that were said, or nothing. */
  close(): Promise<void>;
}

/** Forgets the words of the node before, and takes room for ours. */
export async function reserveExitReason(directory: string): Promise<ExitReason> {
  const path = join(directory, FILE);
  const file = await open(path, "w", 0o600);
  await file.write(" ".repeat(BYTES), 0);
  let said = false;
  return {
    async say({ code, message }) {
      said = true;
      await file.write(JSON.stringify({ code, message }).slice(0, BYTES), 0).catch(() => undefined);
    },
    async close() {
      await file.close();
      if (!said) await unlink(path);
    },
  };
}

/** The fault in which the last node ended, if it did. */
export async function readExitReason(directory: string): Promise<SottoError | undefined> {
  try {
    const { code, message } = JSON.parse(await readFile(join(directory, FILE), "utf8"));
    if (!Object.hasOwn(errorTable, code) || typeof message !== "string") return undefined;
    return new SottoError(code, message);
  } catch {
    // None were said, or they were cut short.
    return undefined;
  }
}
