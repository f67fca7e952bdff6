/**
 * Makes vault and database consistent when a store is opened. The generation tells what belongs
 * together: the batch that encrypts rows under next keys stores the generation of the vault that no
 * longer has the old ones (docs/decisions/0013).
 */
import { SottoError } from "../../base/index.ts";
import type { CryptoProvider } from "../../crypto/index.ts";
import type { Log } from "../../ports/index.ts";
import { rotates } from "../encryption/key-groups.ts";
import { rotated, type VaultState } from "../encryption/key-vault.ts";
import {
  readVaults,
  same,
  Vault,
  type VaultFile,
  type VaultLocation,
  wipeVaults,
} from "../encryption/key-vault-files.ts";
import type { RowCipher } from "../encryption/row-encryption.ts";
import { opens, RowKeys } from "../encryption/row-keys.ts";
import { rootRanges, tableName } from "../layout/row-names.ts";
import type { StoreKeys } from "../layout/schema.ts";
import { type Database, ROW_SUMS_KEY, scan, type Write, writeRows } from "../leveldb/database.ts";
import { COUNTER_FILE, Counter, makeCounter, readCounter } from "./rollback-counter.ts";
import { encodeRowSums, marker, type RowSums, toggle } from "./row-sums.ts";

export interface ReconcileOptions {
  readonly directory: string;
  readonly database: Database;
  readonly crypto: CryptoProvider;
  readonly keys: StoreKeys;
  readonly cipher: RowCipher;
  readonly log: Log;
}

export interface Reconciled {
  readonly vault: Vault;
  readonly counter: Counter;
  readonly rowKeys: RowKeys;
  readonly rowSums: RowSums;
  /** Whether the database is an older copy. */
  readonly rolledBack: boolean;
  /** Whether keys were being rotated when the last process ended. */
  readonly interrupted: boolean;
}

/**
 * Reads the files next to the database, whose rows fit `rowSums`, repairs what can be repaired, and
 * logs what it found. Throws `store-damaged` if no file has the keys of the database,
 * `store-version`, and what writing throws.
 */
export async function reconcileVault(
  parts: ReconcileOptions,
  rowSums: RowSums,
): Promise<Reconciled> {
  const { directory, crypto, keys } = parts;
  const files = await readVaults({ directory, crypto, key: keys.vault });
  let kept: VaultState | undefined;
  try {
    const reconciled = await reconcile(parts, rowSums, files);
    kept = reconciled.vault.state;
    return reconciled;
  } finally {
    wipeVaults(files, kept);
  }
}

async function reconcile(
  parts: ReconcileOptions,
  rowSums: RowSums,
  files: readonly VaultFile[],
): Promise<Reconciled> {
  const { directory, crypto, keys, log } = parts;
  const location = { directory, crypto, key: keys.vault };
  const counterLocation = { directory, crypto, key: keys.count };
  const counted = await readCounter(counterLocation);
  for (const { file, found } of files)
    if (found.kind !== "whole") log("store.file-damaged", { file, state: found.kind });
  if (typeof counted === "string")
    log("store.file-damaged", { file: COUNTER_FILE, state: counted });

  const states = files.flatMap(({ found }) => (found.kind === "whole" ? [found.state] : []));
  const generation = Math.max(rowSums.generation, ...states.map((state) => state.generation));
  const lastKnown = Math.max(
    ...states.map(({ commits }) => commits),
    typeof counted === "number" ? counted : 0,
  );
  const source = sourceOf(states, rowSums.generation);
  const { keys: groups } = source.generation < rowSums.generation ? rotated(source) : source;
  const commits = Math.max(lastKnown, rowSums.commits);
  const state: VaultState = { generation, commits, keys: groups, next: new Map() };
  const vault = await renewed(location, files, source, state);
  const rowKeys = new RowKeys(parts.cipher, keys.seal, state);
  const current =
    generation > rowSums.generation
      ? await catchUp(parts, rowKeys, { ...rowSums, generation })
      : rowSums;
  const number = typeof counted === "number" ? counted : rowSums.commits;
  if (counted !== number) await makeCounter(counterLocation, number);
  const rolledBack = rowSums.commits < lastKnown;
  if (rolledBack)
    log("store.rolled-back", { commits: rowSums.commits, count: lastKnown - rowSums.commits });
  return {
    vault,
    counter: new Counter(counterLocation, number),
    rowKeys,
    // Counting continues from the greatest number, so that the first commit ends the warning.
    rowSums: { ...current, commits: Math.max(rowSums.commits, lastKnown) },
    rolledBack,
    interrupted: states.some(({ next }) => next.size > 0),
  };
}

/**
 * The vault state that has the keys of a database of this generation, or else the newest.
 * Throws `store-damaged`.
 */
function sourceOf(states: readonly VaultState[], generation: number): VaultState {
  const [newest, other] = states.toSorted((a, b) => b.generation - a.generation);
  if (!newest)
    throw new SottoError(
      "store-damaged",
      "The key vault is damaged: neither the file vault nor vault.copy can be used.",
    );
  // After a crash the batch may be written while the vault still has both old and new keys.
  const justBefore = newest.generation + 1 === generation && newest.next.size > 0;
  if (newest.generation < generation && !justBefore)
    throw new SottoError(
      "store-damaged",
      "The key vault is older than the database. Copy both from the same backup.",
    );
  return other?.generation === generation ? other : newest;
}

/** The vault, after both files were written again if they differ from `state`. */
async function renewed(
  location: VaultLocation,
  files: readonly VaultFile[],
  source: VaultState,
  state: VaultState,
): Promise<Vault> {
  const stateIn = ({ found }: VaultFile): VaultState | undefined =>
    found.kind === "whole" ? found.state : undefined;
  const current = { ...state, commits: source.commits };
  const isRight = (found: VaultState | undefined): boolean => !!found && same(found, current);
  if (files.every((file) => isRight(stateIn(file)))) return new Vault(location, current);
  const vault = new Vault(location, state);
  // The file that has the keys is written last: until then it must be complete.
  const order = files.toSorted(
    (a, b) => Number(stateIn(a) === source) - Number(stateIn(b) === source),
  );
  await vault.write(
    state,
    order.map(({ file }) => file),
  );
  return vault;
}

/**
 * Brings a database that is older than its vault to the vault's generation. Deletes sessions whose
 * keys were destroyed: they must not be used again anyway. Throws `store-damaged` if other rows are
 * encrypted under such keys.
 */
async function catchUp(
  { database, crypto, keys }: ReconcileOptions,
  rowKeys: RowKeys,
  rowSums: RowSums,
): Promise<RowSums> {
  const mark = marker(crypto, keys.sums);
  const open = rowKeys.opener();
  const sum = rowSums.sum.slice();
  const writes: Write[] = [];
  for (const range of rootRanges)
    for await (const rows of scan(database, range))
      for (const [name, sealed] of rows) {
        if (opens(open, name, sealed)) continue;
        if (!rotates(name))
          throw new SottoError(
            "store-damaged",
            `The database is older than its key vault, which has no keys for rows of the table ` +
              `"${tableName(name)}". Copy both from the same backup.`,
          );
        toggle(sum, mark(name, sealed));
        writes.push({ key: name, sealed: undefined });
      }
  const caught: RowSums = { ...rowSums, rows: rowSums.rows - writes.length, sum };
  const row = { key: ROW_SUMS_KEY, sealed: rowKeys.seal(ROW_SUMS_KEY, encodeRowSums(caught)) };
  await writeRows(database, [...writes, row], { sync: true });
  return caught;
}
