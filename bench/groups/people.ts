/** Accounts with their devices and member keys, for the benches of groups. */
import { type CryptoProvider, certify, type SigningKeyPair } from "../../src/crypto/index.ts";
import { makeEntry } from "../../src/group/entry.ts";
import { keyPackageHash, keysOf, newKeyPackage } from "../../src/group/key-package.ts";
import type { GroupEntry } from "../../src/wire/index.ts";

export interface NewPerson {
  readonly account: SigningKeyPair;
  readonly memberKey: SigningKeyPair;
  /** The founder's entry, without consent. */
  entry(): GroupEntry;
}

export function newPerson(crypto: CryptoProvider, name: string): NewPerson {
  const account = crypto.signingFromSeed(crypto.random(32));
  const memberKey = crypto.signingFromSeed(crypto.random(32));
  const certificate = certify(crypto, account, crypto.dhGenerate().public, 0);
  const hash = keyPackageHash(crypto, keysOf(newKeyPackage(crypto, 1)));
  return {
    account,
    memberKey,
    entry: () => makeEntry(crypto, { account, certificate, memberKey, package: hash, name }),
  };
}
