/**
 * Crypto-shredding: destroys the keys of deleted and replaced rows, which LevelDB and the disk
 * may keep for an unknown time. First pages of which something was deleted get new keys, then the
 * groups that encrypt old rows, among them the rows that contain old page keys. docs/decisions/0013
 * explains the order.
 */
import { wipe } from "../../base/index.ts";
import type { CryptoProvider } from "../../crypto/index.ts";
import {
  groupOf,
  groupsIn,
  hasDeletionGroups,
  hasGroup,
  rangesOf,
} from "../encryption/key-groups.ts";
import { rotated, wipeKeys } from "../encryption/key-vault.ts";
import type { Vault } from "../encryption/key-vault-files.ts";
import type { RowKeys } from "../encryption/row-keys.ts";
import { keyedPages, rowsOf } from "../layout/row-names.ts";
import { type Change, type Database, scan } from "../leveldb/database.ts";
import { PAGE_KEY_BYTES, type PageRow, readPageRow } from "./page-row.ts";
import type { Shredding, SumLedger } from "./sum-ledger.ts";

/** Approximate maximum of bytes that one batch encrypts again, to bound memory. */
const BATCH_BYTES = 8 * 1024 * 1024;

export interface ShredderParts {
  readonly database: Database;
  readonly rowKeys: RowKeys;
  readonly ledger: SumLedger;
  readonly vault: Vault;
  readonly random: CryptoProvider["random"];
  /** Writes changes with their checksums in one batch, synced. */
  readonly write: (changes: readonly Change[], shredding: Shredding) => Promise<void>;
  /** Calls back when no reader uses the old keys any more. */
  readonly retire: (wipe: () => void) => void;
  /** Runs a write to another file; its failure stops all writing. */
  readonly failStop: (write: () => Promise<void>) => Promise<void>;
}

/** Whether there is anything to shred. */
export function isDue(ledger: SumLedger): boolean {
  return ledger.root.due.some((byte) => byte !== 0);
}

/**
 * Shreds what is due. Requires that nothing else writes; reads continue. Returns the pages whose
 * rows were encrypted again.
 */
export async function shred(parts: ShredderParts): Promise<Uint8Array[]> {
  const pages = await duePages(parts);
  await rotatePages(parts, pages);
  wipe(...pages.flatMap(({ row }) => row.key ?? []));
  await rotateGroups(parts);
  return pages.map(({ page }) => page);
}

interface DuePage {
  readonly page: Uint8Array;
  readonly row: PageRow;
}

async function duePages({ database, rowKeys, ledger }: ShredderParts): Promise<DuePage[]> {
  const { due } = ledger.root;
  if (!hasDeletionGroups(due)) return [];
  const isPageDue = (page: Uint8Array): boolean => hasGroup(due, groupOf(page) ?? -1);
  const open = rowKeys.opener();
  const pages: DuePage[] = [];
  for (const range of keyedPages)
    for await (const rows of scan(database, range))
      for (const [page, sealed] of rows) {
        const row = isPageDue(page) ? readPageRow(open, page, sealed) : undefined;
        if (row?.due) pages.push({ page, row });
        else if (row?.key) wipe(row.key);
      }
  return pages;
}

/** Rotates page keys. Earlier rows of pages hold the old ones until their groups are rotated. */
async function rotatePages(parts: ShredderParts, due: readonly DuePage[]): Promise<void> {
  let changes: Change[] = [];
  let pages: { page: Uint8Array; key: Uint8Array }[] = [];
  let bytes = 0;
  const flush = async (): Promise<void> => {
    if (pages.length > 0) await parts.write(changes, { pages });
    changes = [];
    pages = [];
    bytes = 0;
  };
  for (const { page, row } of due) {
    const key = parts.random(PAGE_KEY_BYTES);
    pages.push({ page, key });
    const open = parts.rowKeys.opener();
    for await (const rows of scan(parts.database, rowsOf(page)))
      for (const [name, sealed] of rows) {
        // A damaged row stays as it is.
        const value = open(name, sealed, row.key);
        if (!value) continue;
        changes.push({ key: name, sealed: parts.rowKeys.seal(name, value, key), shreds: false });
        wipe(value);
        bytes += sealed.length;
      }
    if (bytes >= BATCH_BYTES) await flush();
  }
  await flush();
}

async function rotateGroups(parts: ShredderParts): Promise<void> {
  const due = groupsIn(parts.ledger.root.due);
  const sizes = new Map<number, number>();
  for await (const [name, sealed] of rowsIn(parts.database, due)) {
    const group = groupOf(name) ?? -1;
    sizes.set(group, (sizes.get(group) ?? 0) + sealed.length);
  }
  let some: number[] = [];
  let bytes = 0;
  for (const group of due) {
    some.push(group);
    bytes += sizes.get(group) ?? 0;
    if (bytes < BATCH_BYTES && group !== due.at(-1)) continue;
    await rotate(parts, some);
    some = [];
    bytes = 0;
  }
}

/**
 * Rotates the keys of some groups: writes the vault with old and next keys, then the rows in one
 * batch that also stores the vault's next generation, then the vault with only the next keys. After
 * a crash the generation tells which keys count (reconcile-vault.ts).
 */
async function rotate(parts: ShredderParts, groups: readonly number[]): Promise<void> {
  const { database, rowKeys, ledger, vault, random, failStop } = parts;
  const next = new Map(groups.map((group) => [group, random(PAGE_KEY_BYTES)]));
  await failStop(() => vault.write({ ...vault.state, commits: ledger.root.commits, next }));
  rowKeys.groups = vault.state;
  const open = rowKeys.opener();
  const changes: Change[] = [];
  for await (const [name, sealed] of rowsIn(database, groups)) {
    const value = next.has(groupOf(name) ?? -1) ? open(name, sealed) : undefined;
    if (!value) continue;
    changes.push({ key: name, sealed: rowKeys.sealRotated(name, value), shreds: false });
    wipe(value);
  }
  await parts.write(changes, { groups });
  const { generation, commits } = ledger.root;
  const before = vault.state;
  await failStop(() => vault.write({ ...rotated(before), generation, commits }));
  rowKeys.groups = vault.state;
  parts.retire(() => wipeKeys(before, vault.state));
}

/** Every row of some groups, and rows of others. */
async function* rowsIn(
  database: Database,
  groups: readonly number[],
): AsyncGenerator<[Uint8Array, Uint8Array]> {
  for (const range of rangesOf(groups)) for await (const rows of scan(database, range)) yield* rows;
}
