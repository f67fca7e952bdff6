/** Creates an account without starting a node. */
import { requirePassphrase, SottoError } from "../../base/index.ts";
import { entropyToWords, nodeCrypto, wordsToEntropy } from "../../crypto/index.ts";
import { silent } from "../../ports/index.ts";
import type { Protection } from "../../store/index.ts";
import { createCleanup } from "../process/cleanup.ts";
import { systemClock } from "../process/system-clock.ts";
import { keepNoHistory } from "../settings/config.ts";
import { makeHome, openHome } from "./home.ts";
import { lockHome } from "./lock-home.ts";

export interface InitOptions {
  readonly home: string;
  readonly name: string;
  /** A passphrase for the database key; without one it is kept in a key file. */
  readonly passphrase?: string;
  /** The recovery phrase of an account to recover. */
  readonly words?: string;
  /** Path of the settings file, to turn history off. */
  readonly noHistory?: string;
}

export interface Initialized {
  /** The 24-word recovery phrase. */
  readonly words: string;
}

/**
 * Throws `account-exists`, `name-invalid`, `words-invalid`, `passphrase-weak`, and
 * `node-already-running` while a node runs there.
 */
export async function initHome(options: InitOptions): Promise<Initialized> {
  const crypto = nodeCrypto();
  const entropy =
    options.words === undefined ? crypto.random(32) : await wordsToEntropy(options.words);
  const { passphrase } = options;
  if (passphrase !== undefined) requirePassphrase(passphrase);
  const protection: Protection =
    passphrase === undefined ? { kind: "key-file" } : { kind: "passphrase", passphrase };
  await makeHome(options.home);
  const cleanup = createCleanup();
  try {
    const { home, noHistory: config } = options;
    const lock = await lockHome({ home, ...(config !== undefined && { config }) }, crypto);
    cleanup.take(() => lock.release());
    const { store, fresh } = await openHome(
      { directory: options.home, crypto, clock: systemClock, log: silent },
      {
        passphrase: async () => passphrase,
        account: async () => ({ name: options.name, entropy, protection }),
      },
    );
    cleanup.take(() => store.close());
    if (!fresh)
      throw new SottoError("account-exists", "There is already an account in this home directory.");
    if (options.noHistory !== undefined) await keepNoHistory(options.noHistory);
    return { words: await entropyToWords(entropy) };
  } finally {
    await cleanup.all();
  }
}
