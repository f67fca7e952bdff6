/**
 * The store fault that ended the last node of a home, kept for the next command. Its disk space is
 * reserved at the start, because the disk may be full later.
 */
import { open, readFile, unlink } from "node:fs/promises";
import { join } from "node:path";
import { errorTable, SottoError } from "../../base/index.ts";

const FILE = "node.fault";
const BYTES = 512;

export interface ExitReason {
  /** Writes the reason, as far as the disk permits. */
  write(fault: SottoError): Promise<void>;
  /** Keeps the file if a reason was written; otherwise removes it. */
  close(): Promise<void>;
}

/** Removes the reason of the previous node and reserves space for ours. */
export async function reserveExitReason(directory: string): Promise<ExitReason> {
  const path = join(directory, FILE);
  const file = await open(path, "w", 0o600);
  await file.write(" ".repeat(BYTES), 0);
  let written = false;
  return {
    async write({ code, message }) {
      written = true;
      await file.write(JSON.stringify({ code, message }).slice(0, BYTES), 0).catch(() => undefined);
    },
    async close() {
      await file.close();
      if (!written) await unlink(path);
    },
  };
}

/** The fault that ended the last node, if there was one. */
export async function readExitReason(directory: string): Promise<SottoError | undefined> {
  try {
    const { code, message } = JSON.parse(await readFile(join(directory, FILE), "utf8"));
    if (!Object.hasOwn(errorTable, code) || typeof message !== "string") return undefined;
    return new SottoError(code, message);
  } catch {
    // There is none, or it is incomplete.
    return undefined;
  }
}
