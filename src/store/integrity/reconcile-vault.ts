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
  type VaultPlace,
  wipeVaults,
} from "../encryption/key-vault-files.ts";
import type { RowCipher } from "../encryption/row-encryption.ts";
import { opens, RowKeys } from "../encryption/row-keys.ts";
import { rootRanges, tableName } from "../layout/row-names.ts";
import type { StoreKeys } from "../layout/schema.ts";
import { type Database, scan, TALLY_KEY, type Write, writeRows } from "../leveldb/database.ts";
import { COUNTER_FILE, Counter, makeCounter, readCounter } from "./rollback-counter.ts";
import { encodeRowSums, marker, type RowSums, toggle } from "./row-sums.ts";

export interface ReconcileOptions {
  readonly directory: string;
  readonly database: Database;
  readonly crypto: CryptoProvider;
  readonly keys: StoreKeys;
  readonly seals: RowCipher;
  readonly log: Log;
}

export interface Reconciled {
  readonly vault: Vault;
  readonly counter: Counter;
  readonly seals: RowKeys;
  readonly tally: RowSums;
  /** The database is a copy from before. */
  readonly rolledBack: boolean;
  /** Keys were being thrown away when the last process ended. */
  readonly interrupted: boolean;
}

/**
 * Reads the files next to the database, whose rows were found to fit `tally`, repairs what can be
 * repaired, and logs what it found. Throws `store-damaged` where no file has the keys of the
 * database, `store-version`, and what writing throws.
 */
export async function reconcileVault(parts: ReconcileOptions, tally: RowSums): Promise<Reconciled> {
  const { directory, crypto, keys } = parts;
  const files = await readVaults({ directory, crypto, key: keys.vault });
  let kept: VaultState | undefined;
  try {
    const reconciled = await reconcile(parts, tally, files);
    kept = reconciled.vault.state;
    return reconciled;
  } finally {
    wipeVaults(files, kept);
  }
}

async function reconcile(
  parts: ReconcileOptions,
  tally: RowSums,
  files: readonly VaultFile[],
): Promise<Reconciled> {
  const { directory, crypto, keys, log } = parts;
  const place = { directory, crypto, key: keys.vault };
  const counterPlace = { directory, crypto, key: keys.count };
  const counted = await readCounter(counterPlace);
  for (const { file, found } of files)
    if (found.kind !== "whole") log("store.file-damaged", { file, state: found.kind });
  if (typeof counted === "string")
    log("store.file-damaged", { file: COUNTER_FILE, state: counted });

  const states = files.flatMap(({ found }) => (found.kind === "whole" ? [found.state] : []));
  const generation = Math.max(tally.generation, ...states.map((state) => state.generation));
  const mirror = Math.max(
    ...states.map(({ commits }) => commits),
    typeof counted === "number" ? counted : 0,
  );
  const source = sourceOf(states, tally.generation);
  const { keys: groups } = source.generation < tally.generation ? rotated(source) : source;
  const commits = Math.max(mirror, tally.commits);
  const state: VaultState = { generation, commits, keys: groups, next: new Map() };
  const vault = await renewed(place, files, source, state);
  const seals = new RowKeys(parts.seals, keys.seal, state);
  const settled =
    generation > tally.generation ? await catchUp(parts, seals, { ...tally, generation }) : tally;
  const number = typeof counted === "number" ? counted : tally.commits;
  if (counted !== number) await makeCounter(counterPlace, number);
  const rolledBack = tally.commits < mirror;
  if (rolledBack)
    log("store.rolled-back", { commits: tally.commits, count: mirror - tally.commits });
  return {
    vault,
    counter: new Counter(counterPlace, number),
    seals,
    // Counting continues from the greatest number, so that the first commit ends the warning.
    tally: { ...settled, commits: Math.max(tally.commits, mirror) },
    rolledBack,
    interrupted: states.some(({ next }) => next.size > 0),
  };
}

/**
 * Of the vault's files the one that has the keys of a database of this generation; or else the
 * newest.
 */
function sourceOf(states: readonly VaultState[], generation: number): VaultState {
  const [newest, other] = states.toSorted((a, b) => b.generation - a.generation);
  if (!newest)
    throw new SottoError(
      "store-damaged",
      "The key vault is damaged: neither the file vault nor vault.copy can be used.",
    );
  // After a crash the batch may be written, and the vault still have both old and new keys.
  const justBefore = newest.generation + 1 === generation && newest.next.size > 0;
  if (newest.generation < generation && !justBefore)
    throw new SottoError(
      "store-damaged",
      "The key vault is older than the database. Copy both from the same backup.",
    );
  return other?.generation === generation ? other : newest;
}

/** The vault, with both files as they should be. */
async function renewed(
  place: VaultPlace,
  files: readonly VaultFile[],
  source: VaultState,
  state: VaultState,
): Promise<Vault> {
  const stateIn = ({ found }: VaultFile): VaultState | undefined =>
    found.kind === "whole" ? found.state : undefined;
  const settled = { ...state, commits: source.commits };
  const isRight = (found: VaultState | undefined): boolean => !!found && same(found, settled);
  if (files.every((file) => isRight(stateIn(file)))) return new Vault(place, settled);
  const vault = new Vault(place, state);
  // The one that has the keys comes last: until then it must be whole.
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
 * Has a database that is older than its vault go on from there. Sessions whose keys have been
 * thrown away are dropped: they were not to be used again anyway. Throws `store-damaged` where
 * other rows were sealed under such keys.
 */
async function catchUp(
  { database, crypto, keys }: ReconcileOptions,
  seals: RowKeys,
  tally: RowSums,
): Promise<RowSums> {
  const mark = marker(crypto, keys.tally);
  const open = seals.opener();
  const sum = tally.sum.slice();
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
  const caught: RowSums = { ...tally, rows: tally.rows - writes.length, sum };
  const row = { key: TALLY_KEY, sealed: seals.seal(TALLY_KEY, encodeRowSums(caught)) };
  await writeRows(database, [...writes, row], { sync: true });
  return caught;
}
