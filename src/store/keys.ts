/**
 * Names of rows as bytes: table (1) ‖ blinded owner (16) ‖ place (8, most significant first). LevelDB sorts
 * by bytes, so the rows of one owner lie together in order of `at`, and the disk shows no id.
 */
import { concat, u64, utf8 } from "../base/index.ts";
import type { CryptoProvider } from "../crypto/index.ts";
import type { RowKey, Table } from "../ports/index.ts";

/** Part of the format: a number, once given, is never given to another table. 0 is the store's own. */
const tableByte: Readonly<Record<Table, number>> = {
  meta: 1,
  identity: 2,
  contact: 3,
  session: 4,
  invite: 5,
  message: 6,
  "message-id": 7,
  outbox: 8,
  peer: 9,
};

/** The byte of the rows that the store keeps about itself. */
export const OWN_TABLE = 0;
/** Bytes of a row's name. */
export const KEY_BYTES = 25;

const BLIND_BYTES = 16;
/** Blinded owners that are remembered: a node speaks with fewer people than this at one time. */
const REMEMBERED = 4096;

/** Throws a RangeError for a key that no store can order: the caller's mistake. */
export function checkKey(key: RowKey): void {
  if (!Number.isSafeInteger(key.at) || key.at < 0)
    throw new RangeError("a row's place is a whole number from 0 to 2^53 - 1");
}

/** The name of the row at `at` among the store's own rows. */
export function ownKey(at: number): Uint8Array {
  return concat(Uint8Array.of(OWN_TABLE), new Uint8Array(BLIND_BYTES), u64(at));
}

/** The table that a row's name says, as text for messages to people. */
export function tableName(key: Uint8Array): string {
  const known = Object.entries(tableByte).find(([, byte]) => byte === key[0]);
  return known?.[0] ?? "store";
}

export interface KeyNames {
  /** 25 bytes. Throws a RangeError where `at` is no whole number. */
  of(key: RowKey): Uint8Array;
  /** Smallest and largest name of the rows of a table, both inclusive. */
  table(table: Table): { readonly gte: Uint8Array; readonly lte: Uint8Array };
}

/** Names rows under a blinding key (32 bytes): without it nobody can tell whose row a row is. */
export function keyNames(crypto: Pick<CryptoProvider, "hmac">, blindKey: Uint8Array): KeyNames {
  const remembered = new Map<string, Uint8Array>();

  const prefix = (table: Table, of: string): Uint8Array => {
    const name = `${tableByte[table]} ${of}`;
    const known = remembered.get(name);
    if (known) return known;
    const byte = Uint8Array.of(tableByte[table]);
    const blinded = crypto.hmac(blindKey, concat(byte, utf8(of))).subarray(0, BLIND_BYTES);
    const made = concat(byte, blinded);
    if (remembered.size >= REMEMBERED) remembered.clear();
    remembered.set(name, made);
    return made;
  };

  return {
    of(key) {
      checkKey(key);
      return concat(prefix(key.table, key.of), u64(key.at));
    },
    table(table) {
      const byte = Uint8Array.of(tableByte[table]);
      const rest = KEY_BYTES - 1;
      return {
        gte: concat(byte, new Uint8Array(rest)),
        lte: concat(byte, new Uint8Array(rest).fill(0xff)),
      };
    },
  };
}
