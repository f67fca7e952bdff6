/** Scans every byte of a directory for plaintext. */
import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { join, relative } from "node:path";
import type { Scan, Sought } from "../../api/index.ts";
import { equal } from "../../base/index.ts";

export interface Needle {
  readonly kind: Sought;
  /** At least `SHORTEST` bytes. */
  readonly bytes: Uint8Array;
}

/** Shorter texts appear in encrypted bytes by chance. */
export const SHORTEST = 5;

/**
 * Reads every regular file below `directory`; skips links, and files that are deleted in the
 * meantime.
 * @param counts how many texts of each kind the needles are for; a text may have several needles.
 */
export async function scan(
  directory: string,
  needles: readonly Needle[],
  counts: Scan["sought"],
): Promise<Scan> {
  const find = finder(needles);
  const found = new Map<string, Scan["found"][number]>();
  let files = 0;
  let bytes = 0;
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const file = relative(directory, path);
    const note = (kind: Sought) => found.set(`${kind}/${file}`, { kind, file });
    const length = await readThrough(path, find, note).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
    if (length === undefined) continue;
    files += 1;
    bytes += length;
  }
  return { files, bytes, sought: counts, found: [...found.values()] };
}

type Find = {
  readonly longest: number;
  in(bytes: Uint8Array, note: (kind: Sought) => void): void;
};

/** One pass for all needles: the first two bytes at a position select the candidates. */
function finder(needles: readonly Needle[]): Find {
  const starts: (Needle[] | undefined)[] = new Array(65_536);
  for (const needle of needles) {
    if (needle.bytes.length < SHORTEST) throw new RangeError("a needle is too short");
    const start = ((needle.bytes[0] as number) << 8) | (needle.bytes[1] as number);
    const others = starts[start];
    if (others === undefined) starts[start] = [needle];
    else others.push(needle);
  }
  return {
    longest: Math.max(0, ...needles.map(({ bytes }) => bytes.length)),
    in(bytes, note) {
      let pair = bytes[0] ?? 0;
      for (let i = 1; i < bytes.length; i++) {
        pair = ((pair & 255) << 8) | (bytes[i] as number);
        for (const needle of starts[pair] ?? [])
          if (equal(bytes.subarray(i - 1, i - 1 + needle.bytes.length), needle.bytes))
            note(needle.kind);
      }
    },
  };
}

/** Reads in pieces, each with the end of the previous one, since a match may span both. */
async function readThrough(
  path: string,
  { longest, in: look }: Find,
  note: (kind: Sought) => void,
): Promise<number> {
  let tail: Uint8Array = new Uint8Array(0);
  let length = 0;
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) {
    const bytes = Buffer.concat([tail, piece as Buffer]);
    look(bytes, note);
    tail = bytes.subarray(Math.max(0, bytes.length - longest + 1));
    length += (piece as Buffer).length;
  }
  return length;
}
