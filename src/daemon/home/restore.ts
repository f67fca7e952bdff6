/** Restores an account from a backup and its recovery phrase, in a home without an account. */
import type { Paths } from "../../api/index.ts";
import { requirePassphrase, SottoError, wipe } from "../../base/index.ts";
import { nodeCrypto, wordsToEntropy } from "../../crypto/index.ts";
import { checkBackup, openBackup, restoredRows } from "../../messenger/index.ts";
import { silent } from "../../ports/index.ts";
import type { Protection } from "../../store/index.ts";
import { createCleanup } from "../process/cleanup.ts";
import { systemClock } from "../process/system-clock.ts";
import { changeBootstrap } from "../settings/bootstrap-setting.ts";
import { makeHome, openHome } from "./home.ts";
import { lockHome } from "./lock-home.ts";
import { openOffline } from "./offline-store.ts";

export interface RestoreOptions {
  readonly paths: Pick<Paths, "home" | "config">;
  /** The bytes of the backup. */
  readonly file: Uint8Array;
  /** The recovery phrase of its account. */
  readonly words: string;
  /** A passphrase for the database key; without one it is kept in a key file. */
  readonly passphrase?: string;
}

export interface Restored {
  readonly name: string;
  /** When the backup was made, ms since 1970. */
  readonly madeAt: number;
  readonly contacts: number;
}

/**
 * Checks a backup as far as possible without the recovery phrase. Throws `backup-malformed`,
 * `backup-damaged`, `backup-newer`.
 */
export { checkBackup };

/**
 * Throws `account-exists`, or `node-already-running`, if that can be found out without a
 * passphrase.
 */
export async function requireNoAccount(paths: RestoreOptions["paths"]): Promise<void> {
  try {
    const opened = await openOffline(paths, undefined);
    await opened.close();
  } catch (error) {
    const code = error instanceof SottoError ? error.code : undefined;
    if (code === "no-account" || code === "passphrase-needed") return;
    throw error;
  }
  throw accountExists();
}

function accountExists(): SottoError {
  return new SottoError("account-exists", "There is already an account in this home directory.");
}

/**
 * Restores the account with a new device key, and its contacts. Writes nothing before the recovery
 * phrase has decrypted the backup, then everything in one batch: a crash leaves either no account
 * or the complete one.
 *
 * Throws `words-invalid`, `passphrase-weak`, `backup-foreign`, what `checkBackup` throws,
 * `account-exists`, and `node-already-running` while a node runs there.
 */
export async function restoreHome(options: RestoreOptions): Promise<Restored> {
  const { paths, passphrase } = options;
  const crypto = nodeCrypto();
  checkBackup(options.file);
  if (passphrase !== undefined) requirePassphrase(passphrase);
  const entropy = await wordsToEntropy(options.words);
  const backup = openBackup(crypto, entropy, options.file);
  const protection: Protection =
    passphrase === undefined ? { kind: "key-file" } : { kind: "passphrase", passphrase };
  await makeHome(paths.home);
  const cleanup = createCleanup();
  try {
    const lock = await lockHome(paths, crypto);
    cleanup.take(() => lock.release());
    const { store, fresh } = await openHome(
      { directory: paths.home, crypto, clock: systemClock, log: silent },
      {
        passphrase: async () => passphrase,
        account: async () => {
          await addBootstraps(paths.config, backup.bootstrap);
          const rows = restoredRows(crypto, backup);
          return { name: backup.name, entropy, protection, rows };
        },
      },
    );
    cleanup.take(() => store.close());
    if (!fresh) throw accountExists();
  } finally {
    wipe(entropy);
    await cleanup.all();
  }
  return {
    name: backup.name,
    madeAt: backup.madeAt,
    contacts: backup.contacts.length,
  };
}

/** Skips addresses that the settings do not accept: the account does not depend on them. */
async function addBootstraps(path: string, addresses: readonly string[]): Promise<void> {
  for (const address of addresses)
    await changeBootstrap(path, "add", address).catch((error: unknown) => {
      if (!(error instanceof SottoError && error.code === "address-invalid")) throw error;
    });
}
