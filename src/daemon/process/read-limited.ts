/** Reads a file that the user named, or a file descriptor, up to a limit. */
import { close, open, read } from "node:fs";
import { promisify } from "node:util";
import { concat, SottoError, systemError } from "../../base/index.ts";

/** Bytes to read at once. */
const CHUNK = 256 * 1024;

/**
 * The bytes of a file or an open file descriptor, or `undefined` as soon as there are more than
 * `most`: a device or a pipe may have no end. Throws `file-unreadable`, with the reason of the
 * system.
 * @param source a path, or the number of a descriptor, which stays open.
 * @param name what the error calls it, at the start of a sentence.
 */
export async function readLimited(
  source: string | number,
  name: string,
  most: number,
): Promise<Uint8Array | undefined> {
  try {
    if (typeof source === "number") return await readAll(source, most);
    const fd = await promisify(open)(source, "r");
    try {
      return await readAll(fd, most);
    } finally {
      await promisify(close)(fd);
    }
  } catch (cause) {
    const what = `${name} cannot be read`;
    const { message } = systemError(cause, what) ?? { message: `${what}.` };
    throw new SottoError("file-unreadable", message, { cause });
  }
}

async function readAll(fd: number, most: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  for (let length = 0; length <= most; ) {
    const chunk = new Uint8Array(Math.min(CHUNK, most + 1 - length));
    const { bytesRead } = await promisify(read)(fd, chunk, 0, chunk.length, null);
    if (bytesRead === 0) return concat(...chunks);
    chunks.push(chunk.subarray(0, bytesRead));
    length += bytesRead;
  }
  return undefined;
}
