/**
 * The file of a backup: `sottobak` ‖ version 1 ‖ length of the sealed body 4 ‖ salt 32 ‖ id 16 ‖
 * sealed body ‖ CRC-32 4. The checksum only tells damage from a wrong recovery phrase; the seal
 * protects the content.
 */
import { concat, equal, isZero, limits, readU32, u32, utf8 } from "../base/index.ts";
import { checksum } from "./crc32.ts";

const MAGIC = utf8("sottobak");
const VERSION = 1;
const LENGTH_AT = MAGIC.length + 1;
const SALT_AT = LENGTH_AT + 4;
const ID_AT = SALT_AT + 32;
const SEALED_AT = ID_AT + 16;
const CHECKSUM = 4;
/** The tag of ChaCha20-Poly1305. */
const TAG = 16;
/** The smallest body: enough for about fifty contacts. */
const SMALLEST = 16 * 1024;

export interface BackupParts {
  /** 61 bytes: everything before the sealed body, which is bound to it. */
  readonly head: Uint8Array;
  /** 32 bytes. */
  readonly salt: Uint8Array;
  /** 16 bytes by which the holder of a recovery phrase can see that it belongs to this file. */
  readonly id: Uint8Array;
  readonly sealed: Uint8Array;
}

export type BackupRefusal = "malformed" | "truncated" | "damaged" | "newer";

export type PartedBackup =
  | ({ readonly kind: "parts" } & BackupParts)
  | { readonly kind: "refused"; readonly why: BackupRefusal };

/** The head of a file whose body has `length` bytes before it is sealed. */
export function backupHead(length: number, salt: Uint8Array, id: Uint8Array): Uint8Array {
  return concat(MAGIC, Uint8Array.of(VERSION), u32(length + TAG), salt, id);
}

/** The whole file. */
export function joinBackup(head: Uint8Array, sealed: Uint8Array): Uint8Array {
  const body = concat(head, sealed);
  return concat(body, checksum(body));
}

/** The parts of a file, as copies. Without a key it can only detect damage. */
export function partBackup(file: Uint8Array): PartedBackup {
  const start = file.subarray(0, MAGIC.length);
  if (!equal(start, MAGIC.subarray(0, start.length)) || start.length === 0)
    return { kind: "refused", why: "malformed" };
  const version = file[MAGIC.length];
  if (version !== undefined && version > VERSION) return newerOrDamaged(file);
  if (version === 0) return { kind: "refused", why: "damaged" };
  if (file.length < SEALED_AT) return { kind: "refused", why: "truncated" };
  const length = readU32(file, LENGTH_AT);
  const end = SEALED_AT + length;
  if (length > limits.backupBytes) return { kind: "refused", why: "damaged" };
  if (file.length < end + CHECKSUM) return { kind: "refused", why: "truncated" };
  if (file.length > end + CHECKSUM || !whole(file)) return { kind: "refused", why: "damaged" };
  return {
    kind: "parts",
    head: file.slice(0, SEALED_AT),
    salt: file.slice(SALT_AT, ID_AT),
    id: file.slice(ID_AT, SEALED_AT),
    sealed: file.slice(SEALED_AT, end),
  };
}

/** Every version keeps the magic, the version and the checksum. */
function newerOrDamaged(file: Uint8Array): PartedBackup {
  return { kind: "refused", why: whole(file) ? "newer" : "damaged" };
}

function whole(file: Uint8Array): boolean {
  const end = file.length - CHECKSUM;
  return end >= 0 && equal(checksum(file.subarray(0, end)), file.subarray(end));
}

/**
 * Length u32 ‖ JSON ‖ zeros: 16 KiB or the next power of two, so that the size reveals little about
 * the number of contacts.
 */
export function padBackup(json: Uint8Array): Uint8Array {
  let size = SMALLEST;
  while (size < 4 + json.length) size *= 2;
  const body = new Uint8Array(size);
  body.set(u32(json.length));
  body.set(json, 4);
  return body;
}

/** The JSON of a body, or `undefined`. */
export function unpadBackup(body: Uint8Array): Uint8Array | undefined {
  if (body.length < 4) return undefined;
  const end = 4 + readU32(body);
  if (end > body.length || !isZero(body.subarray(end))) return undefined;
  return body.slice(4, end);
}
