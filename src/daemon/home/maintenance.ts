/** Maintenance of a home whose node does not run. Each function takes the lock of the home. */
import { join } from "node:path";
import type { NewKeyProtection, StoreReport } from "../../api/index.ts";
import { requirePassphrase, SottoError, wipe } from "../../base/index.ts";
import { nodeCrypto } from "../../crypto/index.ts";
import { reconcileAfterRepair, recoveryWords, recreatedTables } from "../../messenger/index.ts";
import { silent } from "../../ports/index.ts";
import {
  changeProtection,
  type DiskStore,
  type Repaired,
  repairStore,
  unlockKeyring,
} from "../../store/index.ts";
import { systemClock } from "../process/system-clock.ts";
import { openHome, readProtectionOf } from "./home.ts";
import { lockHome } from "./lock-home.ts";

export interface MaintenanceOptions {
  /** Directory of the account. */
  readonly home: string;
  /** The passphrase, if one protects the database key. */
  readonly passphrase?: string | undefined;
}

/** Throws `no-account`, `node-already-running`, and what `changeProtection` throws. */
export async function protectHome(options: {
  readonly home: string;
  readonly current: string | undefined;
  readonly next: NewKeyProtection;
}): Promise<void> {
  const { home, current, next } = options;
  if (next.kind === "passphrase") requirePassphrase(next.passphrase);
  await locked(home, () => changeProtection(home, nodeCrypto(), current, next));
}

/**
 * The recovery phrase of the account. Throws `no-account`, `node-already-running`, and what
 * `openHome` throws.
 */
export function readWords(at: MaintenanceOptions): Promise<{ readonly words: string }> {
  return withStore(at, async (store) => ({ words: await recoveryWords(store) }));
}

/**
 * Reads every row; reports a store that cannot be opened. Throws what `openHome` throws otherwise.
 */
export async function checkHome(at: MaintenanceOptions): Promise<StoreReport> {
  try {
    return await withStore(at, (store) => store.check(), true);
  } catch (error) {
    if (!(error instanceof SottoError) || error.code !== "store-damaged") throw error;
    return { rows: 0, damaged: ["store"], why: error.message };
  }
}

export interface RepairedHome extends Repaired {
  /** Directory of the damaged files. */
  readonly aside: string;
}

/**
 * Writes a new store from the intact rows and keeps the damaged files in a directory. Throws
 * `no-account`, `node-already-running`, and what `unlockKeyring`, `repairStore` and `reconcile`
 * throw; then nothing is changed.
 */
export async function repairHome({ home, passphrase }: MaintenanceOptions): Promise<RepairedHome> {
  return locked(home, async () => {
    const crypto = nodeCrypto();
    const key = await unlockKeyring(home, passphrase, crypto);
    const moment = new Date(systemClock.now()).toISOString().replaceAll(/[:.]/g, "-");
    const aside = `damaged-${moment}`;
    try {
      const options = {
        directory: home,
        key,
        crypto,
        log: silent,
        aside,
        reconcile: reconcileAfterRepair,
      };
      const repaired = await repairStore({ ...options, leaveOut: recreatedTables });
      return { ...repaired, aside: join(home, aside) };
    } finally {
      wipe(key);
    }
  });
}

/** Opens the store of an existing account for one job. */
async function withStore<Result>(
  { home, passphrase }: MaintenanceOptions,
  job: (store: DiskStore) => Promise<Result>,
  thorough = false,
): Promise<Result> {
  return locked(home, async () => {
    const { store } = await openHome(
      { directory: home, crypto: nodeCrypto(), clock: systemClock, log: silent, thorough },
      { passphrase: async () => passphrase, account: async () => undefined },
    );
    try {
      return await job(store);
    } finally {
      await store.close();
    }
  });
}

async function locked<Result>(home: string, job: () => Promise<Result>): Promise<Result> {
  // Before the lock, whose file needs the directory.
  if ((await readProtectionOf(home)) === undefined)
    throw new SottoError("no-account", "There is no account in this home directory.");
  const lock = await lockHome({ home }, nodeCrypto());
  try {
    return await job();
  } finally {
    await lock.release();
  }
}
