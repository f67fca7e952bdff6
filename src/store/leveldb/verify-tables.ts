/**
 * Verifies LevelDB's tables against their own checksums before LevelDB reads them: LevelDB does not
 * check them itself, and some damaged bytes make it end the whole process. It does check manifests
 * and logs.
 */
import { open } from "node:fs/promises";
import { join } from "node:path";
import { equal, limits, SottoError } from "../../base/index.ts";
import { varint } from "./file-reader.ts";
import { liveTables } from "./manifest.ts";

/** After each block: kind of compression (1) ‖ masked checksum of block and kind (4). */
const TRAILER = 5;
/** At the end of a table: handles of its index blocks, padded to 40 ‖ magic number (8). */
const FOOTER = 48;
const MAGIC = Uint8Array.of(0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb);

/**
 * Checks the tables that the database consists of; all of their blocks if `thorough` is set or
 * their total size is small (`limits.verifyBytes`), and otherwise their indexes. Throws
 * `store-damaged`, naming the file.
 */
export async function verifyTables(path: string, thorough: boolean): Promise<void> {
  const live = await liveTables(path);
  const size = live.reduce((sum, { bytes }) => sum + bytes, 0);
  const all = thorough || size <= limits.verifyBytes;
  for (const { file } of live) await verifyTable(path, file, all);
}

async function verifyTable(path: string, name: string, all: boolean): Promise<void> {
  const damaged = (cause?: unknown): SottoError =>
    new SottoError("store-damaged", `The file db/${name} is corrupted.`, { cause });
  const file = await open(join(path, name), "r").catch((error: unknown) => {
    throw damaged(error);
  });
  try {
    const { size } = await file.stat();
    const read = async (at: number, length: number): Promise<Buffer> => {
      if (at < 0 || length < 0 || at + length > size) throw damaged();
      const bytes = Buffer.alloc(length);
      await file.read(bytes, 0, length, at);
      return bytes;
    };
    const block = async ({ at, length }: Handle): Promise<Buffer> => {
      const bytes = await read(at, length + TRAILER);
      const body = bytes.subarray(0, length + 1);
      if (maskedCrc(crc32c(body)) !== bytes.readUInt32LE(length + 1)) throw damaged();
      return bytes.subarray(0, length);
    };
    const footer = await read(size - FOOTER, FOOTER);
    const meta = handleAt(footer, 0);
    const index = meta && handleAt(footer, meta.end);
    if (!index || !equal(footer.subarray(FOOTER - MAGIC.length), MAGIC)) throw damaged();
    for (const handle of handlesIn(await block(index))) if (all) await block(handle);
  } finally {
    await file.close();
  }
}

interface Handle {
  readonly at: number;
  readonly length: number;
}

function handleAt(bytes: Uint8Array, from: number): (Handle & { end: number }) | undefined {
  const at = varint(bytes, from);
  const length = at && varint(bytes, at.end);
  return length && { at: at.value, length: length.value, end: length.end };
}

/**
 * The handles of an index, which has entries like those of any block, followed by the offsets of
 * restart points and their count.
 */
function* handlesIn(index: Buffer): Generator<Handle> {
  const end = index.length - 4 - 4 * index.readUInt32LE(index.length - 4);
  for (let at = 0; at < end; ) {
    const shared = varint(index, at);
    const own = shared && varint(index, shared.end);
    const size = own && varint(index, own.end);
    const handle = size && handleAt(index, size.end + own.value);
    if (!handle) return;
    yield handle;
    at = size.end + own.value + size.value;
  }
}

/**
 * CRC-32C (Castagnoli, RFC 3720 appendix B.4), as in LevelDB's files. It detects accidents, not
 * attacks.
 */
const table = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  return crc;
});

export function crc32c(bytes: Uint8Array): number {
  let crc = -1;
  // By index and with integers: several times as fast as an iterator.
  for (let i = 0; i < bytes.length; i++)
    crc = (crc >>> 8) ^ (table[(crc ^ (bytes[i] as number)) & 0xff] as number);
  return (crc ^ 0xffffffff) >>> 0;
}

/**
 * The stored form of a checksum: rotated and shifted, because a CRC over bytes that contain their
 * own CRC is weak.
 */
function maskedCrc(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
