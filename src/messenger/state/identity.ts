/** The identity of this node: account and device keys, created once and stored. */
import {
  type AccountId,
  accountId,
  type DeviceId,
  deviceId,
  SottoError,
  wipe,
} from "../../base/index.ts";
import {
  accountFromEntropy,
  type CryptoProvider,
  certify,
  type DhKeyPair,
  entropyToWords,
} from "../../crypto/index.ts";
import type { Clock, Store, StoreOp } from "../../ports/index.ts";
import { chosenName } from "../model/name-keys.ts";
import { decodeRow, encodeRow, put, rowKey } from "../model/rows.ts";

export interface Identity {
  readonly account: AccountId;
  /** Ed25519 account public key, 32 bytes. */
  readonly accountKey: Uint8Array;
  readonly deviceId: DeviceId;
  readonly device: DhKeyPair;
  /** Signed by the account key (crypto/account). */
  readonly certificate: Uint8Array;
  readonly name: string;
}

interface IdentityRow {
  /** 32 bytes: the root of the account, and what the 24 words will spell. */
  readonly entropy: Uint8Array;
  readonly deviceSecret: Uint8Array;
  readonly certificate: Uint8Array;
  readonly name: string;
}

const key = rowKey("identity");

/** Whether the store has an account. */
export async function hasAccount(store: Store): Promise<boolean> {
  return (await store.get(key)) !== undefined;
}

/** What an account is made of. */
export interface AccountOptions {
  readonly name: string;
  /** 32 bytes that an account is recovered from; fresh chance if absent. */
  readonly entropy?: Uint8Array;
  /** The people that it knew: rows that come with it. */
  readonly rows?: readonly StoreOp[];
}

/**
 * Makes the account and this device's key, and keeps both, with the rows that come with it, in one
 * batch: all of it or nothing. Throws account-exists, name-invalid.
 */
export async function createAccount(
  { crypto, store, clock }: { crypto: CryptoProvider; store: Store; clock: Clock },
  options: AccountOptions,
): Promise<{ readonly account: AccountId }> {
  if (await hasAccount(store))
    throw new SottoError("account-exists", "There is already an account in this home directory.");
  const name = chosenName(options.name);
  const entropy = options.entropy ?? crypto.random(32);
  const account = accountFromEntropy(crypto, entropy);
  const device = crypto.dhGenerate();
  const row: IdentityRow = {
    entropy,
    deviceSecret: device.secret,
    certificate: certify(crypto, account, device.public, clock.now()),
    name,
  };
  const value = encodeRow(row);
  wipe(account.seed, device.secret);
  if (options.entropy === undefined) wipe(entropy);
  await store.commit([put(key, value), ...(options.rows ?? [])]);
  return { account: accountId.from(account.public) };
}

/** The 24 words that the account is recovered from. Throws no-account. */
export async function recoveryWords(store: Store): Promise<string> {
  const { entropy } = await loadRow(store);
  const words = await entropyToWords(entropy);
  wipe(entropy);
  return words;
}

/** The root of the account, 32 bytes, the caller's to wipe. Throws no-account. */
export async function accountEntropy(store: Store): Promise<Uint8Array> {
  return (await loadRow(store)).entropy;
}

/** Reads the identity. Throws no-account. */
export async function loadIdentity(crypto: CryptoProvider, store: Store): Promise<Identity> {
  const row = await loadRow(store);
  const { public: accountKey, seed } = accountFromEntropy(crypto, row.entropy);
  const device = crypto.dhFromSecret(row.deviceSecret);
  wipe(seed, row.entropy, row.deviceSecret);
  return {
    account: accountId.from(accountKey),
    accountKey,
    deviceId: deviceId.from(device.public),
    device,
    certificate: row.certificate,
    name: row.name,
  };
}

async function loadRow(store: Store): Promise<IdentityRow> {
  const bytes = await store.get(key);
  if (bytes === undefined)
    throw new SottoError("no-account", "There is no account in this home directory.");
  return decodeRow<IdentityRow>(bytes);
}
