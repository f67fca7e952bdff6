/** The home of an account: its key, its store, and whoever lives in it. */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { SottoError, wipe } from "../../base/index.ts";
import type { CryptoProvider } from "../../crypto/index.ts";
import {
  type AccountOptions,
  createAccount,
  dropSessions,
  hasAccount,
} from "../../messenger/index.ts";
import type { Log, SteadyClock } from "../../ports/index.ts";
import {
  createKeyring,
  type DiskStore,
  memoryStore,
  openStore,
  type Protection,
  readProtection,
  unlockKeyring,
} from "../../store/index.ts";

export interface HomeParts {
  readonly directory: string;
  readonly crypto: CryptoProvider;
  readonly clock: SteadyClock;
  readonly log: Log;
  /** Whether the store is read whole before it is opened. */
  readonly thorough?: boolean;
  /** Told once of damage that a read finds while the store is open. */
  readonly onDamage?: (damage: SottoError) => void;
}

/** An account that is to be made. */
export interface NewAccount extends AccountOptions {
  readonly protection: Protection;
}

export interface OpenHome {
  readonly store: DiskStore;
  readonly protection: Protection["kind"];
  /** The account was made by this opening. */
  readonly fresh: boolean;
}

/**
 * How the opening gets what only the person knows; each is asked at most once, and only where it is
 * needed.
 */
export interface Answers {
  /** Of a store that is guarded by one; `undefined` where nobody can tell it. */
  passphrase(): Promise<string | undefined>;
  /** Where there is no account yet; `undefined` where none is to be made. */
  account(): Promise<NewAccount | undefined>;
}

/**
 * Opens the store of a home, and makes the account where there is none and one is wanted. The
 * caller holds the home's lock. Throws `no-account`, `name-invalid`, `passphrase-needed`,
 * `passphrase-wrong`, and what `openStore` throws.
 */
export async function openHome(parts: HomeParts, answers: Answers): Promise<OpenHome> {
  const { directory, crypto, log } = parts;
  const guarded = await readProtectionOf(directory);
  if (guarded === undefined) {
    const wanted = await wantedAccount(parts, answers);
    const key = await createKeyring(directory, wanted.protection, crypto);
    const store = await openWith(parts, key);
    await closingOnFailure(store, () => createAccount({ ...parts, store }, wanted));
    return { store, protection: wanted.protection.kind, fresh: true };
  }
  const passphrase = guarded === "passphrase" ? await answers.passphrase() : undefined;
  const key = await unlockKeyring(directory, passphrase, crypto, log);
  const store = await openWith(parts, key);
  const fresh = await closingOnFailure(store, async () => {
    // Sessions of an older copy were used beyond what they say: to use them again would repeat
    // keys.
    if (store.rolledBack) log("store.sessions-dropped", { count: await dropSessions(store) });
    // A crash between the key and the account leaves a store without one.
    if (await hasAccount(store)) return false;
    await createAccount({ ...parts, store }, await wantedAccount(parts, answers));
    return true;
  });
  return { store, protection: guarded, fresh };
}

/**
 * What guards the store of a home; `undefined` where there is none yet. Throws `store-key-missing`
 * where there is a store whose keyring is gone: a new one would never open it.
 */
export async function readProtectionOf(directory: string): Promise<Protection["kind"] | undefined> {
  const kind = await readProtection(directory);
  if (kind === undefined && existsSync(join(directory, "db")))
    throw new SottoError("store-key-missing", "The file keyring is missing.");
  return kind;
}

/** Makes the directory of a home, for its owner alone. */
export async function makeHome(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new SottoError("store-write-failed", `Cannot create the directory ${directory}.`, {
      cause,
    });
  }
}

/** What was asked for, tried on a store in memory first: a bad name leaves nothing on the disk. */
async function wantedAccount(parts: HomeParts, answers: Answers): Promise<NewAccount> {
  const wanted = await answers.account();
  if (wanted === undefined)
    throw new SottoError("no-account", "There is no account in this home directory.");
  await createAccount({ ...parts, store: memoryStore() }, wanted);
  return wanted;
}

async function openWith(parts: HomeParts, key: Uint8Array): Promise<DiskStore> {
  const { directory, crypto, log, thorough = false, onDamage = () => undefined } = parts;
  try {
    return await openStore({ directory, key, crypto, log, thorough, onDamage });
  } finally {
    wipe(key);
  }
}

async function closingOnFailure<Result>(
  store: DiskStore,
  job: () => Promise<Result>,
): Promise<Result> {
  try {
    return await job();
  } catch (error) {
    await store.close();
    throw error;
  }
}
