/** Encrypts and decrypts each row under the key that belongs to its name (key-groups.ts). */
import { wipe } from "../../base/index.ts";
import { groupOf } from "./key-groups.ts";
import type { GroupKeys } from "./key-vault.ts";
import { damagedRow, type RowCipher } from "./row-encryption.ts";

/**
 * Decrypts rows with the group keys of one moment: a snapshot of the database from then can be
 * read even if the keys are rotated later. Returns `undefined` if a row cannot be decrypted.
 * `pageKey` is for rows of keyed pages.
 */
export type Opener = (
  name: Uint8Array,
  sealed: Uint8Array,
  pageKey?: Uint8Array,
) => Uint8Array | undefined;

export class RowKeys {
  readonly #cipher: RowCipher;
  readonly #storeKey: Uint8Array;
  #groups: GroupKeys;

  constructor(cipher: RowCipher, storeKey: Uint8Array, groups: GroupKeys) {
    this.#cipher = cipher;
    this.#storeKey = storeKey;
    this.#groups = groups;
  }

  /**
   * Sets the group keys. While some are rotated, rows are decrypted under the old or the next key
   * and encrypted under the old one.
   */
  set groups(groups: GroupKeys) {
    this.#groups = groups;
  }

  seal(name: Uint8Array, value: Uint8Array, pageKey?: Uint8Array): Uint8Array {
    return this.#cipher.seal(pageKey ?? this.#keyOf(name, this.#groups), name, value);
  }

  /** Encrypts a row outside pages under the next key of its group. */
  sealRotated(name: Uint8Array, value: Uint8Array): Uint8Array {
    const key = this.#groups.next.get(groupOf(name) ?? -1);
    return this.#cipher.seal(key ?? this.#keyOf(name, this.#groups), name, value);
  }

  /** The value. Throws `store-damaged`, naming the table. */
  open(name: Uint8Array, sealed: Uint8Array, pageKey?: Uint8Array): Uint8Array {
    return orDamaged(name, this.opener()(name, sealed, pageKey));
  }

  opener(): Opener {
    const groups = this.#groups;
    return (name, sealed, pageKey) => {
      const value = this.#cipher.open(pageKey ?? this.#keyOf(name, groups), name, sealed);
      if (value || groups.next.size === 0) return value;
      const next = pageKey ? undefined : groups.next.get(groupOf(name) ?? -1);
      return next && this.#cipher.open(next, name, sealed);
    };
  }

  #keyOf(name: Uint8Array, { keys }: GroupKeys): Uint8Array {
    const group = groupOf(name);
    return group === undefined ? this.#storeKey : (keys[group] as Uint8Array);
  }
}

/** Whether a row can be decrypted. Overwrites its value. */
export function opens(open: Opener, ...row: Parameters<Opener>): boolean {
  const value = open(...row);
  if (value) wipe(value);
  return value !== undefined;
}

/**
 * The value that an opener returned. Throws `store-damaged`, naming the table, if there is none.
 */
export function orDamaged(name: Uint8Array, value: Uint8Array | undefined): Uint8Array {
  if (!value) throw damagedRow(name);
  return value;
}
