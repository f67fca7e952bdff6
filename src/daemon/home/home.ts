/** Opens the home directory of an account: the database key, the store, and the account. */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { SottoError, systemError, wipe } from "../../base/index.ts";
import type { CryptoProvider } from "../../crypto/index.ts";
import {
  type AccountOptions,
  createAccount,
  hasAccount,
  reconcileOlderCopy,
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
  /** Whether the whole store is read before it is opened. */
  readonly thorough?: boolean;
  /** Called once for damage that a read finds while the store is open. */
  readonly onDamage?: (damage: SottoError) => void;
}

/** An account to create. */
export interface NewAccount extends AccountOptions {
  readonly protection: Protection;
}

export interface OpenHome {
  readonly store: DiskStore;
  readonly protection: Protection["kind"];
  /** The account was created by this opening. */
  readonly fresh: boolean;
}

/** What only the user knows; each is asked at most once, and only if needed. */
export interface Answers {
  /** The passphrase of the database key; `undefined` if the user cannot be asked. */
  passphrase(): Promise<string | undefined>;
  /** The account to create if there is none; `undefined`: do not create one. */
  account(): Promise<NewAccount | undefined>;
}

/**
 * Opens the store of a home, and creates the account if there is none and one is wanted. Requires
 * the lock of the home. Throws `no-account`, `name-invalid`, `passphrase-needed`,
 * `passphrase-wrong`, and what `openStore` throws.
 */
export async function openHome(parts: HomeParts, answers: Answers): Promise<OpenHome> {
  const { directory, crypto, log } = parts;
  const protection = await readProtectionOf(directory);
  if (protection === undefined) {
    const wanted = await wantedAccount(parts, answers);
    const key = await createKeyring(directory, wanted.protection, crypto);
    const store = await openWith(parts, key);
    await closingOnFailure(store, () => createAccount({ ...parts, store }, wanted));
    return { store, protection: wanted.protection.kind, fresh: true };
  }
  const passphrase = protection === "passphrase" ? await answers.passphrase() : undefined;
  const key = await unlockKeyring(directory, passphrase, crypto, log);
  const store = await openWith(parts, key);
  const fresh = await closingOnFailure(store, async () => {
    // Sessions of an older copy were used since: using them again would repeat keys.
    if (store.rolledBack) log("store.sessions-dropped", { count: await reconcileOlderCopy(store) });
    // A crash between the key and the account leaves a store without an account.
    if (await hasAccount(store)) return false;
    await createAccount({ ...parts, store }, await wantedAccount(parts, answers));
    return true;
  });
  return { store, protection, fresh };
}

/**
 * The protection of the database key; `undefined` if there is no store. Throws `store-key-missing`
 * for a store without its keyring, which a new one could not open.
 */
export async function readProtectionOf(directory: string): Promise<Protection["kind"] | undefined> {
  const kind = await readProtection(directory);
  if (kind === undefined && existsSync(join(directory, "db")))
    throw new SottoError("store-key-missing", "The file keyring is missing.");
  return kind;
}

/** Creates the home directory with mode 0700. */
export async function makeHome(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
  } catch (cause) {
    const what = `Cannot create the directory ${directory}`;
    throw systemError(cause, what) ?? new SottoError("store-write-failed", `${what}.`, { cause });
  }
}

/** The account to create, tried in memory first: a bad name leaves nothing on disk. */
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
