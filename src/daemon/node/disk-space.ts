/** The space on the disk of an account's directory. */
import { statfs } from "node:fs/promises";
import type { DiskSpace } from "../../messenger/index.ts";

/** Bytes that a user without privileges may still use, and bytes of the file system. */
export async function diskSpaceOf(directory: string): Promise<DiskSpace> {
  const { bavail, blocks, bsize } = await statfs(directory);
  return { free: bavail * bsize, size: blocks * bsize };
}
